// The adder tree of arithmetic.md "Orders": neighbours first, then pairs of pairs.
#pragma once

#include <cuda_runtime.h>

namespace mambasic::cuda_ref {

/// Sum of `width` (a power of two) terms, which it overwrites.
__device__ inline float tree_sum(float* terms, unsigned width) {
    for (unsigned stride = 1; stride < width; stride *= 2) {
        for (unsigned i = 0; i < width; i += 2 * stride) terms[i] += terms[i + stride];
    }
    return terms[0];
}

}  // namespace mambasic::cuda_ref
