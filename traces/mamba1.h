// A Mamba1 model quantized by Quamba, as typed views into a trace. Weights keep the memory
// order of Quamba's checkpoints (FORMAT.md); every float scale is the number the checkpoint stores.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "traces/dims.h"
#include "traces/group_table.h"
#include "traces/linear.h"
#include "traces/x_code.h"

namespace mambasic::traces {

struct Mamba1Layer {
    // norm
    const std::uint16_t* norm_weight = nullptr;  // FP16 [D]
    float norm_output_scale = 0;
    Linear in_proj;  // D -> 2E: x first, then z
    // conv1d
    const std::int8_t* conv_weight = nullptr;  // [E][4], tap 3 multiplies the newest sample
    const std::int8_t* conv_bias = nullptr;    // [E]
    float conv_weight_scale = 0;
    float conv_bias_scale = 0;
    float conv_input_scale = 0;
    float conv_output_scale = 0;  // zero where there are groups
    /// Scales of the conv output, which is the scan's u, and of the state, by cell. Without it, one
    /// of each for all channels: conv_output_scale, u_scale, ssm_state_scale.
    std::optional<GroupTable> groups;
    XScales x_scales;  // of a code of x other than int8
    Linear x_proj;  // E -> R + 2N: dt, B, C; with groups, weights that hold the scales of the input
    Linear dt_proj;  // R -> E
    // selective scan
    const std::int8_t* dt_bias = nullptr;  // [E]
    const std::int8_t* a_log = nullptr;    // [E][N]
    const std::int8_t* d = nullptr;        // [E]
    float dt_bias_scale = 0;
    float a_scale = 0;
    float d_scale = 0;
    float u_scale = 0;  // zero where there are groups
    float dt_scale = 0;
    float b_scale = 0;
    float c_scale = 0;
    float z_scale = 0;
    float ssm_state_scale = 0;  // zero where there are groups
    double had_scale = 0;       // x_H_scale, a Python double: it enters a double quotient
    Linear out_proj;            // E -> D, FP16 output
};

/// Both ends of a model, of either family.
struct Head {
    const std::int8_t* embedding_weight = nullptr;    // [vocab][D]; W4: the codes u - 8
    const std::uint16_t* embedding_scales = nullptr;  // FP16 [vocab]
    const std::uint16_t* norm_f_weight = nullptr;     // FP16 [D]
    float norm_f_output_scale = 0;
    Linear lm_head;  // D -> vocab, FP16 output
    /// W4: keeps embedding_weight alive.
    std::shared_ptr<const void> owner = nullptr;
};

}  // namespace mambasic::traces
