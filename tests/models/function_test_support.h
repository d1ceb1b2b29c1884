// Seeded data and the instruction sets to run on, for the *_function tests.
#pragma once

#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include "golden/arithmetic.h"
#include "models/common/counts.h"
#include "models/common/isa.h"

namespace mambasic::models::test {

class Random {
public:
    explicit Random(std::uint32_t seed) : engine_(seed) {}

    std::vector<std::int8_t> codes(std::size_t count, int low = -128, int high = 127) {
        std::vector<std::int8_t> values(count);
        for (auto& v : values) {
            v = static_cast<std::int8_t>(
                low + static_cast<int>(engine_() % static_cast<unsigned>(high - low + 1)));
        }
        return values;
    }
    float uniform(float low, float high) {
        return low + (high - low) * (static_cast<float>(engine_() >> 8) * 0x1p-24F);
    }
    std::vector<float> floats(std::size_t count, float low, float high) {
        std::vector<float> values(count);
        for (auto& v : values) v = uniform(low, high);
        return values;
    }
    std::vector<arith::Half> halves(std::size_t count, float low, float high) {
        std::vector<arith::Half> values(count);
        for (auto& v : values) v = arith::to_half(uniform(low, high));
        return values;
    }

private:
    std::mt19937 engine_;
};

inline std::vector<Isa> available_isas() {
    std::vector<Isa> isas;
    for (const Isa isa : {Isa::Baseline, Isa::Avx2, Isa::Avx512}) {
        if (isa_available(isa)) isas.push_back(isa);
    }
    return isas;
}

/// Puts the instruction set back when a test ends.
class IsaScope {
public:
    explicit IsaScope(Isa isa) : before_(active_isa()) { use_isa(isa); }
    ~IsaScope() { use_isa(before_); }
    IsaScope(const IsaScope&) = delete;
    IsaScope& operator=(const IsaScope&) = delete;

private:
    Isa before_;
};

inline std::uint32_t bits_of(float v) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, &v, sizeof(bits));
    return bits;
}

/// Bit patterns, so that -0 differs from 0 and a NaN equals itself.
inline std::vector<std::uint32_t> bits_of(const std::vector<float>& values) {
    std::vector<std::uint32_t> bits;
    bits.reserve(values.size());
    for (const float v : values) bits.push_back(bits_of(v));
    return bits;
}

/// arithmetic.md "Orders": tree_width 0 left to right, else a binary tree over blocks.
inline float tree_of(const std::vector<float>& terms, std::size_t first, std::size_t count) {
    if (count == 1) return first < terms.size() ? terms[first] : 0.0F;
    return tree_of(terms, first, count / 2) + tree_of(terms, first + count / 2, count / 2);
}

inline float tree_sum(const std::vector<float>& terms, std::uint32_t width) {
    float sum = tree_of(terms, 0, width);
    for (std::size_t i = width; i < terms.size(); i += width) sum += tree_of(terms, i, width);
    return sum;
}

}  // namespace mambasic::models::test
