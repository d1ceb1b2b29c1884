// A Mamba2 model quantized by Quamba, as typed views into a trace. Weights keep the memory order of
// Quamba's checkpoints (FORMAT.md); every float scale is the number the checkpoint stores.
#pragma once

#include <cstdint>

#include "traces/dims.h"
#include "traces/group_table.h"
#include "traces/linear.h"
#include "traces/x_code.h"

namespace mambasic::traces {

/// Scales of one section (x, B or C) of the convolution's channels.
struct ConvSection {
    float input_scale = 0;
    float weight_scale = 0;
    float bias_scale = 0;
};

struct Mamba2Layer {
    // norm
    const std::uint16_t* norm_weight = nullptr;  // FP16 [D]
    float norm_output_scale = 0;
    Linear in_proj;  // D -> z, x, B, C, dt
    // conv1d over x, B, C
    const std::int8_t* conv_weight = nullptr;  // [E + 2GN][4], tap 3 multiplies the newest sample
    const std::int8_t* conv_bias = nullptr;    // [E + 2GN]
    ConvSection conv_x, conv_b, conv_c;
    GroupTable groups;
    XScales x_scales;                 // of a code of x other than int8
    std::uint32_t bc_scales = 1;      // G, or 1: one for all SSD groups
    const float* b_scales = nullptr;  // [bc_scales]: of the conv output B
    const float* c_scales = nullptr;
    // SSD
    const std::uint16_t* dt_bias = nullptr;  // FP16 [H], not quantized
    const std::int8_t* a_log = nullptr;      // [H]
    const std::int8_t* d = nullptr;          // [H]
    float dt_scale = 0;
    float a_scale = 0;
    float d_scale = 0;
    // gated norm: RMSNorm of y silu(z) over each SSD group's channels
    const std::uint16_t* gated_norm_weight = nullptr;  // FP16 [E]
    float z_scale = 0;
    double had_scale = 0;  // x_H_scale, a Python double: it enters a double quotient
    Linear out_proj;       // E -> D, FP16 output
};

}  // namespace mambasic::traces
