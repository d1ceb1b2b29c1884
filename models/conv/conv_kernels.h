// The hot loops of the causal convolution, compiled once per instruction set. One call computes all
// tokens of a tile for one sequence and one block of channels, vectorized over the channels.
#pragma once

#include "golden/arithmetic.h"
#include "models/nonlinear/unit_eval.h"

namespace mambasic::models {

constexpr std::int64_t kConvBlock = 128;  // channels; a last block with fewer is padded
constexpr std::int64_t kConvScratchFloats = 13 * kConvBlock;

enum class ConvOrder {
    Sum,                   // S * sum + bias
    PerTap,                // bias, then the scaled taps
    PerTapBiasAfterFirst,  // the first scaled tap, the bias, the other taps
};

/// Channels first .. end of a block, which share their scales.
struct ConvSpan {
    std::int64_t first, end;
    float scale;  // weight scale * input scale
    float bias_scale;
};
constexpr std::int64_t kConvSpans = 3;

struct ConvBlock {
    std::int64_t tokens;
    std::int64_t channels;  // 1..kConvBlock
    ConvOrder order;
    const std::int8_t* x;  // from the block's first channel on, as every pointer here
    std::int64_t x_stride;
    std::int8_t* history;  // [channel][4], newest last
    const std::int8_t* weight;
    const std::int8_t* bias;
    ConvSpan spans[kConvSpans];  // cover the channels; what is not needed is empty
    const float* output_scales;
    UnitView silu;
    std::int8_t* output;
    std::int64_t output_stride;
    float* scratch;  // kConvScratchFloats
};

struct ConvKernels {
    std::uint64_t (*run)(const ConvBlock&);  // returns the saturated codes
};

}  // namespace mambasic::models
