// The adder tree of arithmetic.md "Orders": neighbours first, then pairs of pairs.
#pragma once

#include <cuda_runtime.h>
#include <cstdint>

namespace mambasic::cuda_ref {

/// Sum of `width` (a power of two) terms, which it overwrites.
__device__ inline float tree_sum(float* terms, unsigned width) {
    for (unsigned stride = 1; stride < width; stride *= 2) {
        for (unsigned i = 0; i < width; i += 2 * stride) terms[i] += terms[i + stride];
    }
    return terms[0];
}

/// `count` terms, zeros from there to a multiple of `width`: a tree over each `width`, their sums
/// added from the first one on, left to right.
__device__ inline float tree_block_sum(float* terms, std::uint64_t count, unsigned width) {
    float sum = tree_sum(terms, width);
    for (std::uint64_t n = width; n < count; n += width) sum += tree_sum(terms + n, width);
    return sum;
}

}  // namespace mambasic::cuda_ref
