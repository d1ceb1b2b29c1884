// W8A8 linear layers: an exact int32 product, then one of upstream's epilogues. Spec: kernels.md
// 2.2. Which one a call takes depends on the number of its rows, as upstream's does: one row goes
// through a matrix-vector kernel with a single factor alpha.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "golden/arithmetic.h"
#include "golden/int8_rows.h"
#include "traces/mamba1.h"

namespace mambasic::golden {

/// The int32 accumulators [rows][linear.n] before any epilogue. Throws std::overflow_error where
/// the depth would let one overflow, as every function here does.
std::vector<std::int32_t> linear_accumulators(const traces::Linear& linear, const Int8Rows& x,
                                              std::size_t rows);

/// int8 output, `forward`: rhe(a * (b * acc)), or rhe(alpha * acc) for one row, which wraps modulo
/// 256 with `wrap_one_row` (quirks: quamba) and saturates without. output is [rows][linear.n].
void linear_forward(const traces::Linear& linear, const Int8Rows& x, std::size_t rows,
                    bool wrap_one_row, std::int8_t* output);

/// int8 output, `to_seqlen_last`: rhe(b * (a * acc)) for any number of rows. Upstream writes it
/// transposed; here it stays token-major.
void linear_to_seqlen_last(const traces::Linear& linear, const Int8Rows& x, std::size_t rows,
                           std::int8_t* output);

/// FP16 output, `forward`: FP16(a * (b * acc)), or FP16(alpha * acc) for one row.
void linear_forward_half(const traces::Linear& linear, const Int8Rows& x, std::size_t rows,
                         arith::Half* output);

}  // namespace mambasic::golden
