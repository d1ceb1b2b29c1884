#include "traces/synth/float_gemm.h"

#include <algorithm>

#include "traces/synth/quantize.h"
#include "traces/synth/threads.h"

namespace mambasic::traces::synth {

namespace {

constexpr std::size_t kTokens = 8;   // side by side in vector registers
constexpr std::size_t kOutputs = 4;  // weight rows sharing each load of x

// tile[k][kTokens]: tokens `first` ..., zeros past the last.
void pack_tile(const float* x, std::size_t stride, std::size_t count, std::size_t k, float* tile) {
    for (std::size_t i = 0; i < k; ++i) {
        for (std::size_t t = 0; t < kTokens; ++t) {
            tile[i * kTokens + t] = t < count ? x[t * stride + i] : 0.0F;
        }
    }
}

void multiply_tile(const float* tile, const float* const (&w)[kOutputs], std::size_t k,
                   float (&sums)[kOutputs][kTokens]) {
    float acc[kOutputs][kTokens] = {};
    for (std::size_t i = 0; i < k; ++i) {
        for (std::size_t n = 0; n < kOutputs; ++n) {
            for (std::size_t t = 0; t < kTokens; ++t) {
                acc[n][t] += w[n][i] * tile[i * kTokens + t];
            }
        }
    }
    std::copy(&acc[0][0], &acc[0][0] + kOutputs * kTokens, &sums[0][0]);
}

}  // namespace

std::vector<float> float_gemm(const FloatRows& in, const float* w, std::size_t n, std::size_t k) {
    const std::size_t rows = in.rows;
    const std::size_t tiles = (rows + kTokens - 1) / kTokens;
    std::vector<float> packed(tiles * k * kTokens);
    for (std::size_t tile = 0; tile < tiles; ++tile) {
        const std::size_t first = tile * kTokens;
        pack_tile(in.x + first * in.stride, in.stride, std::min(kTokens, rows - first), k,
                  packed.data() + tile * k * kTokens);
    }
    std::vector<float> y(rows * n);
#pragma omp parallel for schedule(static) if (rows * n * k >= kWorthThreads)
    for (std::size_t n0 = 0; n0 < n; n0 += kOutputs) {
        const std::size_t outputs = std::min(kOutputs, n - n0);
        const float* weights[kOutputs];
        for (std::size_t i = 0; i < kOutputs; ++i) {
            weights[i] = w + (n0 + std::min(i, outputs - 1)) * k;
        }
        for (std::size_t tile = 0; tile < tiles; ++tile) {
            float sums[kOutputs][kTokens];
            multiply_tile(packed.data() + tile * k * kTokens, weights, k, sums);
            const std::size_t first = tile * kTokens;
            for (std::size_t t = 0; t < std::min(kTokens, rows - first); ++t) {
                for (std::size_t i = 0; i < outputs; ++i) {
                    y[(first + t) * n + n0 + i] = half_rounded(sums[i][t]);
                }
            }
        }
    }
    return y;
}

std::vector<float> float_gemm(const FloatRows& in, const std::vector<float>& w, std::size_t k) {
    return float_gemm(in, w.data(), w.size() / k, k);
}

}  // namespace mambasic::traces::synth
