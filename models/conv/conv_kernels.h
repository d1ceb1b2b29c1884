// The hot loops of the causal convolution, compiled once per instruction set. One call computes all
// tokens of a tile for one sequence and one block of channels, vectorized over the channels.
#pragma once

#include "golden/arithmetic.h"
#include "models/nonlinear/unit_eval.h"
#include "models/x_code/x_words.h"

namespace mambasic::models {

constexpr std::int64_t kConvBlock = 128;  // channels; a last block with fewer is padded
constexpr std::int64_t kConvScratchFloats = 14 * kConvBlock;

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

/// What is made of a block's channels where x is not int8.
struct ConvX {
    std::int64_t int8_first, int8_end;  // channels with int8 codes
    std::int64_t counted;               // from here on their saturation is counted: no copy's
    float* values;                      // or null
    std::int64_t value_channels;        // the first ones
    std::int64_t value_stride;
    bool decoded;          // values are decoded int8 codes
    float decoding_scale;  // of all of them; 0: what coded them
    std::int64_t coded;    // channels, the first ones, with codes of their own
    XRange range;
    bool flags_below;        // by overflow: also where the code would lie below its range
    const float* low;        // [channel]
    const float* high;       // or null: codes without flags
    const float* threshold;  // or null: flags by overflow
    std::int8_t* low_codes;  // see x_kernels.h
    std::int8_t* high_codes;
    std::uint8_t* marks;
    std::int64_t code_stride;  // between tokens, of these three
};

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
    float* scratch;      // kConvScratchFloats
    const ConvX* x_out;  // null: int8
};

struct ConvKernels {
    std::uint64_t (*run)(const ConvBlock&);  // returns the saturated codes
};

}  // namespace mambasic::models
