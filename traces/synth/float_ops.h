// The operators of calibration that both families have: FP32, each output rounded to FP16 as
// upstream's calibration model has it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "golden/arithmetic.h"
#include "traces/synth/float_gemm.h"

namespace mambasic::traces::synth {

/// Consecutive tokens of one sequence, run from zero state.
struct Sample {
    std::uint32_t tokens = 0;
    const arith::Half* hidden = nullptr;  // [tokens][D]
    const float* residual = nullptr;      // [tokens][D]; null before layer 0
    float epsilon = 0;
};

/// fp16(rmsnorm(hidden + residual) * weight).
std::vector<float> float_norm(const std::vector<float>& weight, const Sample& rows);

/// fp16(silu(causal depthwise convolution)); weight [channels][taps], bias [channels].
/// `history` rows stand before in.x; what was before them is zero.
std::vector<float> float_conv(const FloatRows& in, const std::vector<float>& weight,
                              const std::vector<float>& bias, std::size_t history = 0);

enum class Rotation { Forward, Back };

/// fp16(H y / sqrt(width)), row by row; with H transposed the way back.
std::vector<float> float_hadamard(const std::vector<float>& y, std::size_t width,
                                  Rotation rotation = Rotation::Forward);

}  // namespace mambasic::traces::synth
