// The Hadamard transform of one row in shared memory (kernels.md 4.2).
#pragma once

#include <cuda_runtime.h>

#include <string>

#include "cuda_ref/device.h"

namespace mambasic::cuda_ref {

constexpr unsigned kMaxHadamard = 8192;  // one row in FP32: 32 KiB of shared memory

/// H12 by rows: bit c is set where the entry of column c is +1.
__device__ inline bool positive_h12(unsigned row, unsigned column) {
    const std::uint16_t rows[12] = {0xFFD, 0x554, 0xC37, 0x691, 0x0DF, 0xA45,
                                    0x373, 0x919, 0xDC3, 0x469, 0x70F, 0x1A5};
    return ((rows[row] >> column) & 1U) != 0;
}

__device__ inline bool positive_h40(unsigned row, unsigned column) {
    // The 19 x 19 core is circulant: +1 where (column - row) mod 19 is in
    // {0, 2, 3, 8, 10, 12, 13, 14, 15, 18}.
    constexpr std::uint32_t kCore = 0x4F50D;
    const bool flipped = row >= 20 && column >= 20;  // [[P, P], [P, -P]]
    const unsigned r = row % 20;
    const unsigned c = column % 20;
    bool positive = c == 0;
    if (r != 0 && c != 0) positive = ((kCore >> ((c + 19 - r) % 19)) & 1U) != 0;
    return positive != flipped;
}

/// width = order * power; `transposed` is H'.
struct HadamardShape {
    unsigned order;
    unsigned power;
    bool transposed = false;
};

__device__ inline bool positive(const HadamardShape& shape, unsigned row, unsigned column) {
    const unsigned r = shape.transposed ? column : row;
    const unsigned c = shape.transposed ? row : column;
    return shape.order == 12 ? positive_h12(r, c) : positive_h40(r, c);
}

/// Ends in a barrier.
__device__ inline void butterflies(float* row, unsigned width, unsigned power) {
    for (unsigned stride = 1; stride < power; stride *= 2) {
        for (unsigned pair = threadIdx.x; pair < width / 2; pair += blockDim.x) {
            const unsigned low = pair / stride * 2 * stride + pair % stride;
            const float a = row[low];
            const float b = row[low + stride];
            row[low] = a + b;
            row[low + stride] = a - b;
        }
        __syncthreads();
    }
}

/// Entry `index` of the product with H12 or H40; order 1 passes the butterflies' result.
__device__ inline float outer_factor(const float* row, unsigned index, const HadamardShape& shape) {
    if (shape.order == 1) return row[index];
    const unsigned r = index / shape.power;
    const unsigned i = index % shape.power;
    float sum = positive(shape, r, 0) ? row[i] : -row[i];
    for (unsigned c = 1; c < shape.order; ++c) {
        const float term = row[c * shape.power + i];
        sum = positive(shape, r, c) ? sum + term : sum - term;
    }
    return sum;
}

/// The m of width = m * 2^k, as upstream dispatches (kernels.md 4.1).
inline unsigned hadamard_order(const char* kernel, std::uint64_t width) {
    const unsigned order = width % 12 == 0 ? 12 : width % 40 == 0 ? 40 : 1;
    const std::uint64_t power = width / order;
    if (width == 0 || width > kMaxHadamard || (power & (power - 1)) != 0) {
        throw DeviceError(std::string(kernel) + ": " + std::to_string(width) +
                          " channels are not 2^k, 12 * 2^k or 40 * 2^k up to " +
                          std::to_string(kMaxHadamard));
    }
    return order;
}

}  // namespace mambasic::cuda_ref
