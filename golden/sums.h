// The FP32 sum of products, in the shape that the chip states: arithmetic.md "Orders".
#pragma once

#include <cstddef>

#include "golden/arithmetic.h"
#include "golden/options.h"
#include "golden/tree_sum.h"

namespace mambasic::golden {

/// From 0 upwards by fma, or a tree of products that are rounded first. `terms` is room for `count`
/// numbers.
inline float sum_of_products(const float* a, const float* b, std::size_t count, SumOrder order,
                             float* terms) {
    if (order.tree_width == 0) {
        float sum = 0.0F;
        for (std::size_t i = 0; i < count; ++i) {
            sum = arith::fma(a[i], b[i], sum);
        }
        return sum;
    }
    for (std::size_t i = 0; i < count; ++i) {
        terms[i] = a[i] * b[i];
    }
    return tree_sum(terms, count, order.tree_width);
}

}  // namespace mambasic::golden
