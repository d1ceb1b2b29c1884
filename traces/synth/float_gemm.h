// y[t][n] = fp16(sum_k x[t][k] w[n][k]) in FP32, each sum in the order of k: the same bits on every
// machine and for any number of threads, which a tuned library does not promise.
#pragma once

#include <cstddef>
#include <vector>

namespace mambasic::traces::synth {

/// x: [rows], each `x_stride` floats apart; w: [n][k]; returns [rows][n].
std::vector<float> float_gemm(const float* x, std::size_t x_stride, std::size_t rows,
                              const std::vector<float>& w, std::size_t k);

}  // namespace mambasic::traces::synth
