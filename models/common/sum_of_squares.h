// The sum of squares of the norms, for kernels that are compiled for several widths: plain types,
// always inlined.
#pragma once

#include "golden/arithmetic.h"

namespace mambasic::models {

/// tree_width as in Reduction. `padded` is width rounded up to the tree; scratch holds 2 * padded.
MAMBASIC_ARITH float sum_of_squares(const float* __restrict a, std::int64_t width,
                                    std::int64_t padded, std::int64_t tree_width, float* scratch) {
    float sum = 0.0F;
    if (tree_width == 0) {
        for (std::int64_t i = 0; i < width; ++i) sum = arith::fma(a[i], a[i], sum);
        return sum;
    }
    float* __restrict from = scratch;
    float* __restrict to = scratch + padded;
    for (std::int64_t i = 0; i < width; ++i) from[i] = a[i] * a[i];
    for (std::int64_t i = width; i < padded; ++i) from[i] = 0.0F;
    std::int64_t count = padded;
    // Each pass adds neighbours; after log2(tree_width) passes the block sums remain.
    for (std::int64_t step = 1; step < tree_width; step *= 2) {
        count /= 2;
        for (std::int64_t i = 0; i < count; ++i) to[i] = from[2 * i] + from[2 * i + 1];
        float* const swap = from;
        from = to;
        to = swap;
    }
    sum = from[0];
    for (std::int64_t i = 1; i < count; ++i) sum += from[i];
    return sum;
}

}  // namespace mambasic::models
