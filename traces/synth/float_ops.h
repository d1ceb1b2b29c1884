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

/// Where a sample starts, if not from zeros: in decode.
struct LayerStart {
    std::vector<float> conv;  // [3][conv channels], oldest first
    std::vector<float> ssm;   // [E][N]
};

/// Columns first .. first + count - 1 of [rows][stride].
std::vector<float> columns(const std::vector<float>& values, std::size_t stride, std::size_t first,
                           std::size_t count);

/// fp16(rmsnorm(hidden + residual) * weight).
std::vector<float> float_norm(const std::vector<float>& weight, const Sample& rows);

/// fp16(silu(causal depthwise convolution)); weight [channels][taps], bias [channels].
/// `history` rows stand before in.x; what was before them is zero.
std::vector<float> float_conv(const FloatRows& in, const std::vector<float>& weight,
                              const std::vector<float>& bias, std::size_t history = 0);

/// The same of `rows` [tokens][channels] behind `history` [..][channels].
std::vector<float> float_conv_behind(std::vector<float> history, const std::vector<float>& rows,
                                     const std::vector<float>& weight,
                                     const std::vector<float>& bias);

/// statistic[c] = max(statistic[c], mean over the tokens of |u[t][c]|): how large each channel
/// gets.
void raise_to_means(const std::vector<float>& u, std::vector<float>& statistic);

enum class Rotation { Forward, Back };

/// fp16(H y / sqrt(width)), row by row; with H transposed the way back.
std::vector<float> float_hadamard(const std::vector<float>& y, std::size_t width,
                                  Rotation rotation = Rotation::Forward);

}  // namespace mambasic::traces::synth
