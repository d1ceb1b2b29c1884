// Layers whose SSM reads the convolution's FP32 values (ssm.md 8.2), run in tests.
#pragma once

#include "tests/golden/layer_run.h"

namespace mambasic::golden {

inline Options fp32_options() {
    Options options;
    options.x_code.format = traces::XFormat::Fp32;
    return options;
}

/// A prompt and the token after it, with codes and without; both steps start from the codes' state.
template <typename Layer>
struct Runs {
    explicit Runs(const Layer& layer)
        : prompt(2, 9, layer.dims, 2),
          token(2, 1, layer.dims, 3),
          usual(prefill(layer, prompt)),
          exact(prefill(layer, prompt, fp32_options())),
          usual_step(decode(layer, token, usual.state)),
          exact_step(decode(layer, token, usual.state, fp32_options())) {}
    Prompt prompt, token;
    Outcome usual, exact, usual_step, exact_step;
};

}  // namespace mambasic::golden
