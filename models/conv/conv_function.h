// Causal depthwise convolution of width 4 + SiLU + quantize: the bits. Spec: kernels.md 1.2-1.5.
#pragma once

#include "golden/arithmetic.h"
#include "models/common/counts.h"
#include "models/conv/conv_config.h"
#include "models/nonlinear/nonlinear_config.h"

namespace mambasic::models {

struct ConvShape {
    std::uint64_t sequences = 0;
    std::uint64_t tokens = 0;  // of each sequence, in this tile
    std::uint64_t channels = 0;
};

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
    float output_scale = 0;  // looked up in the scale table: one for all channels in Quamba1
    std::int8_t* output = nullptr;
    std::uint64_t output_stride = 0;
    std::uint64_t output_sequence_stride = 0;
};

Counts conv_count(const ConvShape& shape, bool per_tap_scaling);
Counts conv_compute(const ConvConfig& config, const NonlinearConfig& nonlinear,
                    const ConvTile& tile);

}  // namespace mambasic::models
