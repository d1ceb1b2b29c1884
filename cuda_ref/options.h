// The choices that decide bits, as arithmetic.md names them. cuda_ref has its own struct: golden is
// what it is compared with, and shares only its arithmetic.
#pragma once

#include <cstdint>
#include <optional>

#include "golden/arithmetic.h"
#include "traces/x_code.h"

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

/// Mamba2's prefill.
enum class SsdOrder {
    Recurrent,  // the decode step's FP32 recurrence over time: the chip's order
    Chunked,    // upstream's five steps with FP16 operands (ssm.md 3)
};

struct Options {
    ScanOrder scan_order = ScanOrder::Sequential;  // of a Mamba1 prefill
    SsdOrder ssd_order = SsdOrder::Recurrent;      // of a Mamba2 prefill
    SumOrder norm_sum{8};
    SumOrder gated_norm_sum{8};
    SumOrder ssm_sum{0};   // Mamba1's scan
    SumOrder ssd_sum{16};  // Mamba2's; the chunked order has sums of its own
    arith::Softplus softplus = arith::Softplus::Log1p;
    std::optional<traces::XCode> x_code;             // of all layers; none: the trace's, by layer
    std::optional<traces::XProjInput> x_proj_input;  // likewise; Mamba1
    bool quamba_quirks = false;  // int8 wrap-around in one-row linears and in the Hadamard
};

}  // namespace mambasic::cuda_ref
