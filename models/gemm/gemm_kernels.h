// The hot loops of the int8 matrix product, compiled once per instruction set: an exact INT32
// product built on 16-bit multiply-add pairs, and the FP32 epilogue.
#pragma once

#include "golden/arithmetic.h"

namespace mambasic::models {

/// acc[i * acc_stride + j] = sum over k of x[i][k] weight[j][k], for m rows and n columns.
struct GemmBlock {
    std::int64_t m, n, k;
    const std::int16_t* x;      // rows padded_k apart, zeros after k
    std::int64_t padded_k;      // a multiple of kGemmPad
    const std::int8_t* weight;  // rows k apart
    std::int32_t* acc;
    std::int64_t acc_stride;
};
constexpr std::int64_t kGemmPad = 32;

/// out = round(second * (first * acc)); second = 1 is exact and serves the one-factor epilogues.
/// columns_*: the first factor is column[j]; columns_alpha_*: round((column[j] * second) * acc).
struct GemmRow {
    std::int64_t n;
    const std::int32_t* acc;
    const float* sums;  // in place of acc, of the sums_* kernels
    float first, second;
    const float* column;
    std::int8_t* out_int8;
    arith::Half* out_half;
};

/// Codes of two scales: out = second sum * r2 + (first sum * r1), without flags the product alone.
struct GemmSums {
    std::int64_t n;
    const std::int32_t* first;
    const std::int32_t* second;  // null: no flags
    float r1, r2;
    float* out;
};

struct GemmKernels {
    void (*multiply)(const GemmBlock&);
    std::uint64_t (*to_int8)(const GemmRow&);  // returns the saturated codes
    std::uint64_t (*to_int8_wrapped)(const GemmRow&);
    std::uint64_t (*to_half)(const GemmRow&);  // returns 0
    std::uint64_t (*columns_to_int8)(const GemmRow&);
    std::uint64_t (*columns_alpha_to_int8)(const GemmRow&);  // half away from zero
    std::uint64_t (*columns_to_half)(const GemmRow&);
    void (*add_up)(const GemmSums&);
    std::uint64_t (*sums_to_int8)(const GemmRow&);
    std::uint64_t (*sums_to_int8_wrapped)(const GemmRow&);
    std::uint64_t (*sums_columns_to_int8)(const GemmRow&);
};

}  // namespace mambasic::models
