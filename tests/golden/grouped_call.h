// A Mamba1 layer with a table of scales once more in plain loops (ssm.md 1.6): the convolution,
// x_proj and the scan, every channel with the scales that painting the ranges gives it.
#pragma once

#include <cstddef>

#include "tests/golden/layer_run.h"

namespace mambasic::golden {

// Of the layers here, tiny_dims.
constexpr std::size_t kTinyInner = 96;  // six times 16 channels
constexpr std::size_t kTinyStates = 16;
constexpr std::size_t kTinyRank = 16;

/// A call, what it made, and the states that it started from (decode).
struct GroupedCall {
    const GroupedLayer& layer;
    const Prompt& prompt;
    const Options& options;
    const Outcome& run;
    const LayerState* before;

    std::size_t rows() const { return std::size_t{prompt.batch} * prompt.tokens; }
    float x_scale(std::size_t e) const { return layer.groups.x_scales[layer.groups.painted[e]]; }
    float state_scale(std::size_t e, std::size_t n) const {
        return layer.groups.state_scales[layer.groups.painted[e] * kTinyStates + n];
    }
    /// The convolution's input `back` tokens before token t of sequence s.
    float sample(std::size_t s, std::size_t t, std::size_t back, std::size_t e) const {
        if (back <= t) {
            return run.out.in_proj[(s * prompt.tokens + t - back) * 2 * kTinyInner + e];
        }
        return before == nullptr ? 0.0F : before->conv[(s * kTinyInner + e) * 4 + 4 - back];
    }
};

/// The codes of the convolution, or with an FP32 SSM input its values too.
void expect_conv(const GroupedCall& call);
/// The codes as they are, whatever their scales. Of calls of more than one row.
void expect_x_proj(const GroupedCall& call);
/// These and the scan, outputs and states, in time order.
void expect_as_written(const GroupedCall& call);

}  // namespace mambasic::golden
