// The FP32 sum whose shape is a tree: arithmetic.md "Orders".
#pragma once

#include <algorithm>
#include <cstddef>

namespace mambasic::golden {

namespace detail {

/// Binary adder tree over `width` inputs (a power of two); the missing ones are +0.
inline float tree_of(const float* terms, std::size_t count, std::size_t width) {
    if (width == 1) {
        return count > 0 ? terms[0] : 0.0F;
    }
    const std::size_t half = width / 2;
    const std::size_t left = std::min(count, half);
    return tree_of(terms, left, half) + tree_of(terms + left, count - left, half);
}

}  // namespace detail

/// Trees over `width` consecutive terms, their sums added left to right, the first one being the
/// start (so a sum of negative zeros is a negative zero).
inline float tree_sum(const float* terms, std::size_t count, std::size_t width) {
    float sum = detail::tree_of(terms, std::min(count, width), width);
    for (std::size_t first = width; first < count; first += width) {
        sum += detail::tree_of(terms + first, std::min(count - first, width), width);
    }
    return sum;
}

}  // namespace mambasic::golden
