// The hot loops of the SSD recurrence, compiled once per instruction set. One call computes all
// tokens of a tile for one sequence and a block of rows of one head.
#pragma once

#include "golden/arithmetic.h"
#include "models/nonlinear/unit_eval.h"
#include "models/x_code/x_source.h"

namespace mambasic::models {

/// Rows of a block; a last block with fewer is padded. Prefill is vectorized over them.
constexpr std::int64_t kSsdRows = 32;

struct SsdCodes {  // element i of token t at data[t * stride + i]
    const std::int8_t* data;
    std::int64_t stride;
};

struct SsdNumbers {  // likewise
    const float* data;
    std::int64_t stride;
};

struct SsdBlock {
    std::int64_t tokens;
    std::int64_t states;
    std::int64_t rows;  // 1..kSsdRows
    SsdCodes x, dt, b, c;
    XSource x_in;                   // in place of x, where x.data is null
    SsdNumbers b_values, c_values;  // in place of b and c, where b.data is null
    const float* x_scales;          // [rows]
    float b_scale, c_scale;
    std::int8_t a_log, d;
    arith::Half dt_bias;
    float a_scale, d_scale, dt_scale;
    UnitView exp, softplus;
    arith::Softplus softplus_form;
    std::int64_t tree_width;     // 0: sequential
    bool quantize_state;         // prefill: after the last token
    const float* state_scales;   // [cells][state_columns]
    const std::uint32_t* cells;  // [rows]
    std::int64_t state_columns;  // states, or 1
    float* carry;                // [row][state]; null allowed in decode
    std::int8_t* state;          // [row][state]
    arith::Half* y;
    std::int64_t y_stride;
    float* scratch;  // ssd_scratch_floats()
};

MAMBASIC_ARITH std::int64_t ssd_padded_states(std::int64_t states, std::int64_t tree_width) {
    const std::int64_t width = tree_width == 0 ? 1 : tree_width;
    return (states + width - 1) / width * width;
}

/// Prefill: the state and a tree's products, [state][row]; decode: a row's state and, twice, its
/// products. Then rows: B, C and state scales [state], dt and decay [token], x and out [row].
MAMBASIC_ARITH std::int64_t ssd_scratch_floats(std::int64_t states, std::int64_t tree_width,
                                               std::int64_t tokens) {
    const std::int64_t padded = ssd_padded_states(states, tree_width);
    return (states + padded + 2) * kSsdRows + 2 * padded + 3 * states + 2 * tokens;
}

struct SsdKernel {
    std::uint64_t (*run)(const SsdBlock&);  // returns the saturated codes
};

}  // namespace mambasic::models
