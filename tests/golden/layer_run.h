// Running whole layers in tests: prompts that own their numbers, and what came out.
#pragma once

#include <cmath>
#include <vector>

#include "golden/layer.h"
#include "tests/golden/random_layer.h"

namespace mambasic::golden {

struct Prompt {
    std::uint32_t batch, tokens;
    std::size_t width;
    std::vector<Half> hidden;
    std::vector<float> residual;
    Prompt(std::uint32_t b, std::uint32_t l, const traces::Dims& dims, std::uint32_t seed)
        : batch(b), tokens(l), width(dims.d_model) {
        std::mt19937 rng(seed);
        hidden = random_halves(rng, std::size_t{b} * l * width, 1.2F);
        residual = random_floats(rng, std::size_t{b} * l * width, 1.0F);
    }
    LayerInput input() const { return {batch, tokens, hidden.data(), residual.data(), 1e-5F}; }
    /// Tokens [first, first + count) of sequence s.
    Prompt part(std::uint32_t s, std::uint32_t first, std::uint32_t count) const {
        Prompt p(*this);
        const std::size_t begin = (std::size_t{s} * tokens + first) * width;
        p.batch = 1;
        p.tokens = count;
        p.hidden.assign(hidden.data() + begin, hidden.data() + begin + count * width);
        p.residual.assign(residual.data() + begin, residual.data() + begin + count * width);
        return p;
    }
};

struct Outcome {
    LayerTensors out;
    LayerState state;
};

/// Whatever the code of x, the SSM's input is there to compare.
inline Options keeping_ssm_input(Options options) {
    options.keep_ssm_input = true;
    return options;
}

/// Of either family.
template <typename Layer>
Outcome prefill(const Layer& layer, const Prompt& prompt, const Options& options = {}) {
    Outcome run;
    prefill_layer(layer.dims, layer.view, prompt.input(), keeping_ssm_input(options), run.out,
                  run.state);
    return run;
}

template <typename Layer>
Outcome decode(const Layer& layer, const Prompt& token, const LayerState& state,
               const Options& options = {}) {
    Outcome run;
    run.state = state;
    decode_layer(layer.dims, layer.view, token.input(), keeping_ssm_input(options), run.out,
                 run.state);
    return run;
}

/// Root-mean-square distance over that of `y`.
inline double distance(const std::vector<Half>& x, const Half* y) {
    double square = 0;
    double reference = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        const double difference = static_cast<double>(arith::from_half(x[i])) -
                                  static_cast<double>(arith::from_half(y[i]));
        square += difference * difference;
        reference += std::pow(static_cast<double>(arith::from_half(y[i])), 2);
    }
    return std::sqrt(square / reference);
}

}  // namespace mambasic::golden
