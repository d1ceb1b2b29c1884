// The FP32 sum whose shape is a tree: arithmetic.md "Orders".
#pragma once

#include <algorithm>
#include <cstddef>

namespace mambasic::golden {

namespace detail {

/// A tree of 16 with all its inputs: a fixed number of steps, so that it needs no calls.
inline float full_tree_of_16(const float* terms) {
    float level[8];
    for (std::size_t i = 0; i < 8; ++i) {
        level[i] = terms[2 * i] + terms[2 * i + 1];
    }
    for (std::size_t i = 0; i < 4; ++i) {
        level[i] = level[2 * i] + level[2 * i + 1];
    }
    return (level[0] + level[1]) + (level[2] + level[3]);
}

/// Binary adder tree over `width` inputs (a power of two); the missing ones are +0.
inline float tree_of(const float* terms, std::size_t count, std::size_t width) {
    if (width == 16 && count == 16) {
        return full_tree_of_16(terms);
    }
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
