// y[t][n] = fp16(sum_k x[t][k] w[n][k]) in FP32, each sum in the order of k: the same bits on every
// machine and for any number of threads, which a tuned library does not promise.
#pragma once

#include <cstddef>
#include <vector>

namespace mambasic::traces::synth {

struct FloatRows {
    const float* x = nullptr;
    std::size_t stride = 0;  // floats from one row to the next
    std::size_t rows = 0;
};

/// w: [n][k]; returns [rows][n].
std::vector<float> float_gemm(const FloatRows& in, const float* w, std::size_t n, std::size_t k);
/// All of w.
std::vector<float> float_gemm(const FloatRows& in, const std::vector<float>& w, std::size_t k);

}  // namespace mambasic::traces::synth
