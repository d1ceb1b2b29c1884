// Linear layers: an exact int32 product, then one of upstream's epilogues. Spec: kernels.md 2.2
// (W8), 2.3 (W4). Which one a W8 call takes depends on the number of its rows, as upstream's does:
// one row goes through a matrix-vector kernel with a single factor for each column. W4 has one
// epilogue, fl(fl(acc * column) * a), for any rows.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "golden/arithmetic.h"
#include "golden/int8_rows.h"
#include "traces/linear.h"

namespace mambasic::golden {

/// The int32 accumulators [rows][linear.n] before any epilogue. Throws std::overflow_error where
/// the depth would let one overflow, as every function here does.
std::vector<std::int32_t> linear_accumulators(const traces::Linear& linear, const Int8Rows& x,
                                              std::size_t rows);

/// int8 output, `forward`; output is [rows][linear.n].
/// W8: rhe(a * (b * acc)), or rhe(alpha * acc) for one row, which wraps modulo 256 with
/// `wrap_one_row` (quirks: quamba) and saturates without.
/// W8Columns: rhe(a * (column * acc)), or rha((column * a) * acc) for one row.
void linear_forward(const traces::Linear& linear, const Int8Rows& x, std::size_t rows,
                    bool wrap_one_row, std::int8_t* output);

/// Codes of two scales, as x_proj may read them (ssm.md 8.7): what has flag 1 counts `high` times.
struct FlaggedRows {
    const std::int8_t* codes = nullptr;  // [rows][linear.k]
    const std::int8_t* flags = nullptr;  // null: no code has one
    float low = 0;                       // of the scales that the linear's factors stand for
    float high = 0;
};

/// As linear_forward, with fma(high acc, high, low acc * low) in place of its accumulator.
void linear_forward(const traces::Linear& linear, const FlaggedRows& x, std::size_t rows,
                    bool wrap_one_row, std::int8_t* output);

/// int8 output of a W8 or W4 linear, `to_seqlen_last`. W8: rhe(b * (a * acc)) for any number of
/// rows. Upstream writes it transposed; here it stays token-major.
void linear_to_seqlen_last(const traces::Linear& linear, const Int8Rows& x, std::size_t rows,
                           std::int8_t* output);

/// FP16 output of a W8 or W4 linear, `forward`. W8: FP16(a * (b * acc)), or FP16(alpha * acc) for
/// one row.
void linear_forward_half(const traces::Linear& linear, const Int8Rows& x, std::size_t rows,
                         arith::Half* output);

}  // namespace mambasic::golden
