// The sums of a Hadamard transform, one by one in the order of kernels.md 4.2.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace mambasic::models::test {

/// +1 or -1: an independent writing of the matrices in kernels.md 4.2.
inline int hadamard_sign(std::uint64_t m, std::uint64_t r, std::uint64_t c) {
    if (m == 12) {
        const std::string rows =
            "+-++++++++++ --+-+-+-+-+- +++-++----++ +---+--+-++- +++++-++---- +-+---+--+-+ "
            "++--+++-++-- +--++---+--+ ++----+++-++ +--+-++---+- ++++----+++- +-+--+-++---";
        return rows[r * 13 + c] == '+' ? 1 : -1;
    }
    const std::string core = "+-++----+-+-++++--+";  // positions 0 2 3 8 10 12 13 14 15 18
    const std::uint64_t i = r % 20;
    const std::uint64_t j = c % 20;
    int p = core[(j + 19 - i) % 19] == '+' ? 1 : -1;
    if (i == 0) p = j == 0 ? 1 : -1;
    if (j == 0) p = 1;
    return r >= 20 && c >= 20 ? -p : p;
}

inline std::uint64_t factor_of(std::uint64_t width) {
    if (width % 12 == 0) return 12;
    return width % 40 == 0 ? 40 : 1;
}

/// `transposed`: with the factor's matrix the other way round (ssm.md 8.9).
inline std::vector<float> hadamard_sums(std::vector<float> x, std::uint64_t m,
                                        bool transposed = false) {
    const std::uint64_t size = x.size() / m;
    for (std::uint64_t c = 0; c < m; ++c) {
        for (std::uint64_t stride = 1; stride < size; stride *= 2) {
            for (std::uint64_t i = 0; i < size; ++i) {
                if ((i & stride) != 0) continue;
                float& a = x[c * size + i];
                float& b = x[c * size + i + stride];
                const float low = a + b;
                const float high = a - b;
                a = low;
                b = high;
            }
        }
    }
    if (m == 1) return x;
    const auto positive = [&](std::uint64_t r, std::uint64_t c) {
        return (transposed ? hadamard_sign(m, c, r) : hadamard_sign(m, r, c)) > 0;
    };
    std::vector<float> out(x.size());
    for (std::uint64_t i = 0; i < size; ++i) {
        for (std::uint64_t r = 0; r < m; ++r) {
            float sum = positive(r, 0) ? x[i] : -x[i];
            for (std::uint64_t c = 1; c < m; ++c) {
                const float term = x[c * size + i];
                sum = positive(r, c) ? sum + term : sum - term;
            }
            out[r * size + i] = sum;
        }
    }
    return out;
}

}  // namespace mambasic::models::test
