// Runs of a layer with one set of options beside another, in every phase.
#pragma once

#include <gtest/gtest.h>

#include "tests/golden/layer_run.h"

namespace mambasic::golden {

inline Options with(const traces::XCode& code,
                    traces::XProjInput x_proj_input = traces::XProjInput::Copy) {
    Options options;
    options.x_code = code;
    options.x_proj_input = x_proj_input;
    return options;
}

/// A prompt, the token after it, and a prompt of one row.
template <typename Layer, typename Check>
void in_every_phase(const Layer& layer, const Options& options, const Options& other,
                    const Check& check) {
    const Prompt prompt(2, 9, layer.dims, 2);
    const Prompt token(2, 1, layer.dims, 3);
    const Prompt one(1, 1, layer.dims, 4);
    const LayerState before = prefill(layer, prompt).state;
    check(prefill(layer, prompt, options), prefill(layer, prompt, other));
    check(decode(layer, token, before, options), decode(layer, token, before, other));
    check(prefill(layer, one, options), prefill(layer, one, other));
}

/// Of what the SSM and x_proj read, as far as there is an x_proj, and all that comes behind.
inline void expect_same_results(const Outcome& got, const Outcome& want) {
    EXPECT_EQ(got.out.ssm_input, want.out.ssm_input);
    EXPECT_EQ(got.out.x_proj, want.out.x_proj);
    EXPECT_EQ(got.out.dt_proj, want.out.dt_proj);
    EXPECT_EQ(got.out.scan, want.out.scan);
    EXPECT_EQ(got.out.carry, want.out.carry);
    EXPECT_EQ(got.out.gated_norm, want.out.gated_norm);
    EXPECT_EQ(got.out.hadamard, want.out.hadamard);
    EXPECT_EQ(got.out.out_proj, want.out.out_proj);
    EXPECT_EQ(got.state.conv, want.state.conv);
    EXPECT_EQ(got.state.ssm, want.state.ssm);
}

}  // namespace mambasic::golden
