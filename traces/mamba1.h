// A Mamba1 model quantized by Quamba1 W8A8, as typed views into a trace. Weights keep the memory
// order of Quamba's checkpoints (FORMAT.md); every float scale is the number the checkpoint stores.
#pragma once

#include <cstdint>
#include <vector>

#include "traces/tensor.h"

namespace mambasic::traces {

struct Mamba1Dims {
    std::uint32_t d_model = 0;
    std::uint32_t d_inner = 0;  // E = 2 d_model
    std::uint32_t d_state = 0;  // N
    std::uint32_t d_conv = 0;   // 4
    std::uint32_t dt_rank = 0;  // R
    std::uint32_t n_layer = 0;  // layers of the whole model; a trace may hold fewer
    std::uint32_t vocab = 0;

    std::uint32_t x_proj_width() const { return dt_rank + 2 * d_state; }
};

/// An int8 linear with one scale per tensor: y = epilogue(sum_k x[k] w[n][k]).
struct LinearW8A8 {
    const std::int8_t* weight = nullptr;  // [n_padded][k], k contiguous
    std::uint32_t n = 0;                  // output channels in use
    std::uint32_t n_padded = 0;           // n rounded up to 16; padded rows are zero
    std::uint32_t k = 0;
    float a = 0;      // input scale, over the output scale where the output is int8
    float b = 0;      // weight scale
    float alpha = 0;  // the single factor of the one-row (GEMV) path
};

struct Mamba1Layer {
    // norm
    const std::uint16_t* norm_weight = nullptr;  // FP16 [D]
    float norm_output_scale = 0;
    LinearW8A8 in_proj;  // D -> 2E: x first, then z
    // conv1d
    const std::int8_t* conv_weight = nullptr;  // [E][4], tap 3 multiplies the newest sample
    const std::int8_t* conv_bias = nullptr;    // [E]
    float conv_weight_scale = 0;
    float conv_bias_scale = 0;
    float conv_input_scale = 0;
    float conv_output_scale = 0;
    LinearW8A8 x_proj;   // E -> R + 2N: dt, B, C
    LinearW8A8 dt_proj;  // R -> E
    // selective scan
    const std::int8_t* dt_bias = nullptr;  // [E]
    const std::int8_t* a_log = nullptr;    // [E][N]
    const std::int8_t* d = nullptr;        // [E]
    float dt_bias_scale = 0;
    float a_scale = 0;
    float d_scale = 0;
    float u_scale = 0;
    float dt_scale = 0;
    float b_scale = 0;
    float c_scale = 0;
    float z_scale = 0;
    float ssm_state_scale = 0;
    double had_scale = 0;  // x_H_scale, a Python double: it enters a double quotient
    LinearW8A8 out_proj;   // E -> D, FP16 output
};

struct Mamba1Head {
    const std::int8_t* embedding_weight = nullptr;    // [vocab][D]
    const std::uint16_t* embedding_scales = nullptr;  // FP16 [vocab]
    const std::uint16_t* norm_f_weight = nullptr;     // FP16 [D]
    float norm_f_output_scale = 0;
    LinearW8A8 lm_head;  // D -> vocab, FP16 output
};

}  // namespace mambasic::traces
