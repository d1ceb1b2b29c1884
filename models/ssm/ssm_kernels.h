// The hot loops of the selective scan, compiled once per instruction set. One call computes all
// tokens of a tile for one sequence and one block of channels, vectorized over the channels.
#pragma once

#include "golden/arithmetic.h"
#include "models/nonlinear/unit_eval.h"
#include "models/x_code/x_source.h"

namespace mambasic::models {

/// Channels of a block; a last block with fewer is padded.
constexpr std::int64_t kSsmBlock = 64;

struct SsmRow {  // element i of token t at data[t * stride + i]
    const std::int8_t* data;
    std::int64_t stride;
    float scale;
};

struct SsmBlock {
    std::int64_t tokens;
    std::int64_t states;
    std::int64_t channels;     // 1..kSsmBlock
    SsmRow u, dt, b, c, z;     // u, dt and z start at the block's first channel
    XSource x;                 // in place of u, where u.data is null
    const std::int8_t* a_log;  // from the block's first channel on, [channel][state]
    const std::int8_t* d;
    const std::int8_t* dt_bias;
    float a_scale, d_scale, dt_bias_scale;
    float state_scale;           // of all states, and u.scale of all channels, unless there are
    const float* u_scales;       // one for each channel, or null; of int8 codes
    const float* state_scales;   // [cells][states]
    const std::uint32_t* cells;  // [channel]: row of state_scales
    UnitView exp, softplus, silu;
    arith::Softplus softplus_form;
    std::int64_t tree_width;  // 0: sequential
    bool quantize_state;      // prefill: after the last token
    float* carry;             // [channel][state]; null allowed in decode
    std::int8_t* state;       // [channel][state]
    arith::Half* y;
    std::int64_t y_stride;
    float* scratch;  // ssm_scratch_floats()
};

/// Planes [state][channel]: A, the state, its scales and codes, the products of a tree; then rows.
MAMBASIC_ARITH std::int64_t ssm_scratch_floats(std::int64_t states, std::int64_t tree_width) {
    const std::int64_t padded =
        tree_width == 0 ? 0 : (states + tree_width - 1) / tree_width * tree_width;
    return (3 * states + padded + 7) * kSsmBlock + states * kSsmBlock / 4;
}

struct SsmKernel {
    std::uint64_t (*run)(const SsmBlock&);  // returns the saturated codes
};

}  // namespace mambasic::models
