// Causal depthwise convolution of width 4 + SiLU + quantize: the bits. Spec: kernels.md 1.2-1.5.
#pragma once

#include <array>

#include "golden/arithmetic.h"
#include "models/common/counts.h"
#include "models/conv/conv_config.h"
#include "models/nonlinear/nonlinear_config.h"
#include "models/x_code/x_rows.h"

namespace mambasic::models {

struct ConvShape {
    std::uint64_t sequences = 0;
    std::uint64_t tokens = 0;  // of each sequence, in this tile
    std::uint64_t channels = 0;
};

/// Channels that share their scales: x, B or C of Mamba2.
struct ConvSection {
    std::uint64_t channels = 0;
    float input_scale = 0;
    float weight_scale = 0;
    float bias_scale = 0;
};
constexpr std::size_t kConvSections = 3;

struct ConvTile {
    ConvShape shape;
    bool per_tap_scaling = false;  // decode scales every tap, prefill the sum: different roundings
    const std::int8_t* x = nullptr;
    std::uint64_t x_stride = 0;           // elements between tokens
    std::uint64_t x_sequence_stride = 0;  // elements between sequences
    std::int8_t* history = nullptr;       // [sequences][channels][4] newest last; read and replaced
    const std::int8_t* weight = nullptr;  // [channels][4]
    const std::int8_t* bias = nullptr;    // [channels]
    float input_scale = 0;
    float weight_scale = 0;
    float bias_scale = 0;
    const float* output_scales = nullptr;  // [channels], looked up in the scale table
    std::int8_t* output = nullptr;
    std::uint64_t output_stride = 0;
    std::uint64_t output_sequence_stride = 0;
    /// Where any of them has channels, they cover the tile's in order and their scales take the
    /// place of the three above.
    std::array<ConvSection, kConvSections> sections{};
    bool bias_after_first_tap = false;  // per-tap scaling only: Mamba2's decode
    /// Where x is not int8: then `output` gets its int8 copy, or nothing for it, and B's and C's
    /// codes where these are int8.
    XOutput x_out;
};

/// From shape, sections and order; needs no data.
Counts conv_count(const ConvTile& tile);
Counts conv_compute(const ConvConfig& config, const NonlinearConfig& nonlinear,
                    const ConvTile& tile);

}  // namespace mambasic::models
