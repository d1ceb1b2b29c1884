// The choices that decide bits; the chip file states them and golden follows.
#pragma once

#include <cstdint>
#include <memory>

#include "golden/arithmetic.h"
#include "traces/x_code.h"

namespace mambasic::golden {

class RotationMatrix;

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
    ScanOrder scan_order = ScanOrder::Sequential;
    SsdOrder ssd_order = SsdOrder::Recurrent;
    SumOrder norm_sum{8};
    SumOrder gated_norm_sum{8};
    SumOrder ssm_sum{0};   // Mamba1's scan
    SumOrder ssd_sum{16};  // Mamba2's
    arith::Softplus softplus = arith::Softplus::Log1p;
    traces::XCode x_code;  // of what the SSM reads of the convolution (ssm.md 8)
    traces::XProjInput x_proj_input = traces::XProjInput::Copy;  // Mamba1, codes but int8
    /// Of x_code where that is dense: the layer's matrix, made once for many calls. Null: each call
    /// makes its own.
    std::shared_ptr<const RotationMatrix> rotation;
    bool keep_ssm_input = false;  // LayerTensors::ssm_input also where the SSM reads int8 codes
    bool quamba_quirks = false;   // int8 wrap-around in one-row linears and in the Hadamard
};

}  // namespace mambasic::golden
