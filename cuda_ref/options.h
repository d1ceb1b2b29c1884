// The choices that decide bits, as arithmetic.md names them. cuda_ref has its own struct: golden is
// what it is compared with, and shares only its arithmetic.
#pragma once

#include <cstdint>

#include "golden/arithmetic.h"

namespace mambasic::cuda_ref {

enum class ScanOrder {
    Sequential,  // y <- fma(a, y, b) in time: the chip's order
    Cub,         // upstream's thread, warp and block tree (ssm.md 1.3)
};

/// 0: one accumulator left to right; a power of two W: binary tree over W consecutive terms, padded
/// with +0, block sums added left to right.
struct SumOrder {
    std::uint32_t tree_width = 0;
};

struct Options {
    ScanOrder scan_order = ScanOrder::Sequential;  // of a prefill
    SumOrder norm_sum{8};
    SumOrder ssm_sum{0};
    arith::Softplus softplus = arith::Softplus::Log1p;
    bool quamba_quirks = false;  // int8 wrap-around in one-row linears and in the Hadamard
};

}  // namespace mambasic::cuda_ref
