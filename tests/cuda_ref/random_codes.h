// Codes for single-kernel tests.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace mambasic::cuda_ref {

using ByteCodes = std::vector<std::int8_t>;

/// Uniform over [-bound, bound].
inline ByteCodes random_codes(std::size_t count, int bound, std::uint32_t seed) {
    std::mt19937 random(seed);
    ByteCodes codes(count);
    for (std::int8_t& code : codes) {
        const int span = 2 * bound + 1;
        code = static_cast<std::int8_t>(static_cast<int>(random() % static_cast<unsigned>(span)) -
                                        bound);
    }
    return codes;
}

}  // namespace mambasic::cuda_ref
