// Ways to the contract's numbers other than golden's.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace mambasic::golden {

/// The tree the way a drawing shows it: level after level of neighbours.
inline float tree_by_levels(std::vector<float> terms, std::size_t width) {
    terms.resize((terms.size() + width - 1) / width * width, 0.0F);
    float sum = 0.0F;
    for (std::size_t block = 0; block < terms.size(); block += width) {
        std::vector<float> level(terms.begin() + static_cast<std::ptrdiff_t>(block),
                                 terms.begin() + static_cast<std::ptrdiff_t>(block + width));
        while (level.size() > 1) {
            std::vector<float> next;
            for (std::size_t i = 0; i < level.size(); i += 2) {
                next.push_back(level[i] + level[i + 1]);
            }
            level = next;
        }
        sum = block == 0 ? level[0] : sum + level[0];
    }
    return sum;
}

/// Sum of a[i] b[i]: a tree of that width over rounded products, or for 0 a chain of the C
/// library's fma.
inline float sum_by_levels(const std::vector<float>& a, const std::vector<float>& b,
                           std::size_t width) {
    std::vector<float> terms;
    float chain = 0.0F;
    for (std::size_t i = 0; i < a.size(); ++i) {
        terms.push_back(a[i] * b[i]);
        chain = std::fma(a[i], b[i], chain);
    }
    return width == 0 ? chain : tree_by_levels(terms, width);
}

/// Held, then rounded by the C library: half to even.
inline std::int8_t even_code(float v) {
    return static_cast<std::int8_t>(std::nearbyint(std::min(127.0F, std::max(-128.0F, v))));
}

/// Likewise, half away from zero.
inline std::int8_t away_code(float v) {
    return static_cast<std::int8_t>(std::round(std::min(127.0F, std::max(-128.0F, v))));
}

}  // namespace mambasic::golden
