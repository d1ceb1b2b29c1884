// The sum of squares of a row in shared memory, in the orders of arithmetic.md "Orders".
#pragma once

#include <cuda_runtime.h>

#include <string>

#include "cuda_ref/device.h"
#include "cuda_ref/tree_sum.cuh"

namespace mambasic::cuda_ref {

constexpr unsigned kMaxRow = 8192;  // terms of a row: 32 KiB of shared memory

/// How many terms a row of `width` has with the zeros that fill its last tree.
MAMBASIC_ARITH std::uint64_t padded_terms(std::uint64_t width, unsigned tree) {
    return tree == 0 ? width : (width + tree - 1) / tree * tree;
}

inline void require_row_fits(const char* kernel, std::uint64_t width, SumOrder sum) {
    if (padded_terms(width, sum.tree_width) <= kMaxRow) return;
    throw DeviceError(std::string(kernel) + ": " + std::to_string(width) +
                      " channels, summed by trees of " + std::to_string(sum.tree_width) +
                      ", exceed the kernel's " + std::to_string(kMaxRow));
}

/// Each thread sums trees of its own; thread 0 adds the block sums in order, because their order is
/// part of the result. `squares` holds `width` terms and zeros up to a multiple of the tree.
__device__ inline void sum_by_trees(float* squares, unsigned width, unsigned tree, float* sum) {
    const unsigned trees = (width + tree - 1) / tree;
    for (unsigned i = threadIdx.x; i < trees; i += blockDim.x) tree_sum(squares + i * tree, tree);
    __syncthreads();
    if (threadIdx.x != 0) return;
    float total = squares[0];
    for (unsigned i = 1; i < trees; ++i) total += squares[i * tree];
    *sum = total;
}

__device__ inline void sum_in_sequence(const float* values, unsigned width, float* sum) {
    if (threadIdx.x != 0) return;
    float total = 0.0F;
    for (unsigned i = 0; i < width; ++i) total = arith::fma(values[i], values[i], total);
    *sum = total;
}

/// `terms`: the values themselves where tree is 0, else their squares, padded. All threads of the
/// block take part, and see the sum afterwards.
__device__ inline void sum_squares(float* terms, unsigned width, unsigned tree, float* sum) {
    __syncthreads();
    if (tree == 0) {
        sum_in_sequence(terms, width, sum);
    } else {
        sum_by_trees(terms, width, tree, sum);
    }
    __syncthreads();
}

}  // namespace mambasic::cuda_ref
