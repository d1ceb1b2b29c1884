// Both ways of a rotation against each other: a matrix that holds Hadamard's entries, in a chain of
// fma, and the fast transform. Where no sum rounds they agree to the bit; elsewhere they differ by
// no more than the roundings of both allow.
#include <gtest/gtest.h>

#include <cmath>

#include "golden/rotation.h"
#include "tests/golden/bits.h"
#include "tests/golden/random_layer.h"
#include "tests/golden/rotation_oracle.h"

namespace mambasic::golden {
namespace {

constexpr double kUnit = 0x1p-24;  // half an ulp of 1 in FP32

/// Hadamard's matrix as a trace holds it, in FP16; its entries are +-entry().
struct Hadamard {
    explicit Hadamard(std::size_t n) : width(n), h(n), halves(n * n) {
        const arith::Half plus = arith::to_half(entry_in_float());
        const arith::Half minus = arith::to_half(-entry_in_float());
        for (std::size_t i = 0; i < halves.size(); ++i) {
            halves[i] = h.at(i / width, i % width) > 0 ? plus : minus;
        }
    }
    float entry_in_float() const {
        return static_cast<float>(1.0 / std::sqrt(static_cast<double>(width)));
    }
    float entry() const { return arith::from_half(arith::to_half(entry_in_float())); }
    float at(std::size_t i, std::size_t j, bool transposed) const {
        const double sign = transposed ? h.at(j, i) : h.at(i, j);
        return sign > 0 ? entry() : -entry();
    }
    Rotation dense() const {
        traces::XScales scales;
        scales.rotation = halves.data();
        return {rotated_code(true), scales, width};
    }
    Rotation fast() const { return {rotated_code(false), {}, width}; }

    std::size_t width;
    HadamardEntries h;
    std::vector<arith::Half> halves;
};

struct Ways {
    std::vector<float> dense, fast;
};
Ways turned(const Hadamard& matrix, const std::vector<float>& y, bool back) {
    if (back) return {matrix.dense().back(y.data()), matrix.fast().back(y.data())};
    return {matrix.dense().forward(y.data()), matrix.fast().forward(y.data())};
}

// Powers of 4: an entry is a power of two, which FP16 has, and products with it never round.
TEST(RotationPaths, AgreeToTheBitWhereNoSumRounds) {
    std::mt19937 rng(1);
    for (const std::size_t width : {1U, 4U, 64U, 256U, 1024U}) {
        const Hadamard matrix(width);
        std::vector<float> y;
        for (const std::int8_t code : random_codes(rng, width)) y.push_back(0.375F * code);
        for (const bool back : {false, true}) {
            const Ways ways = turned(matrix, y, back);
            for (std::size_t i = 0; i < width; ++i) {
                ASSERT_TRUE(same_bits(ways.dense[i], ways.fast[i])) << width << " " << i;
            }
        }
    }
}

/// The chain's roundings: its products are exact, and each sum adds at most half an ulp of itself.
double chain_error(const Hadamard& matrix, const std::vector<float>& y, std::size_t i, bool back) {
    double error = 0;
    float sum = 0;
    for (std::size_t j = 0; j < y.size(); ++j) {
        sum = std::fma(matrix.at(i, j, back), y[j], sum);
        error += kUnit * static_cast<double>(std::fabs(sum));
    }
    return error;
}

/// Additions on an element's way through the fast transform, and the product with k, which itself
/// is rounded.
std::size_t fast_roundings(const HadamardEntries& h) {
    std::size_t stages = 0;
    for (std::size_t length = h.length(); length > 1; length /= 2) ++stages;
    return stages + (h.factor() - 1) + 2;
}

/// No element of one way is further from the other's than both bounds together; returns the
/// greatest distance, as a part of its bound.
double expect_within_roundings(const Hadamard& matrix, const std::vector<float>& y, bool back) {
    const Ways ways = turned(matrix, y, back);
    const double k = 1.0 / std::sqrt(static_cast<double>(matrix.width));
    const double half_to_exact = k / static_cast<double>(matrix.entry());
    double magnitude = 0;
    for (const float v : y) magnitude += k * static_cast<double>(std::fabs(v));
    const double n = kUnit * static_cast<double>(fast_roundings(matrix.h));
    const double fast_error = n / (1 - n) * magnitude;
    double closest = 0;
    for (std::size_t i = 0; i < matrix.width; ++i) {
        const double bound = half_to_exact * chain_error(matrix, y, i, back) + fast_error;
        const double dense = half_to_exact * static_cast<double>(ways.dense[i]);
        const double distance = std::fabs(dense - static_cast<double>(ways.fast[i]));
        EXPECT_LE(distance, bound) << matrix.width << " " << i;
        closest = std::max(closest, distance / bound);
    }
    return closest;
}

// FP16's entry is not 1 / sqrt(n), but the same for all: its ratio to that is taken out.
TEST(RotationPaths, DifferByNoMoreThanTheirRoundings) {
    std::mt19937 rng(2);
    for (const std::size_t width : {2U, 12U, 40U, 64U, 96U, 320U, 1024U, 1536U}) {
        const Hadamard matrix(width);
        const std::vector<float> y = random_floats(rng, width, 1.3F);
        for (const bool back : {false, true}) {
            const double closest = expect_within_roundings(matrix, y, back);
            if (width > 64) {
                EXPECT_GT(closest, 1e-3) << width << ": a bound that says nothing";
            }
        }
    }
}

// What is made once is not read again, so that a token costs no conversion of the whole matrix.
TEST(RotationPaths, AMatrixIsMadeOnce) {
    std::mt19937 rng(3);
    std::vector<arith::Half> halves = random_halves(rng, 96 * 96, 0.2F);
    const std::vector<float> y = random_floats(rng, 96, 1.0F);
    traces::XScales scales;
    scales.rotation = halves.data();
    const Rotation alone(rotated_code(true), scales, 96);
    const auto made = std::make_shared<const RotationMatrix>(halves.data(), 96);
    halves.assign(halves.size(), 0);
    const Rotation shared(rotated_code(true), scales, 96, made);
    EXPECT_EQ(shared.forward(y.data()), alone.forward(y.data()));
    EXPECT_EQ(shared.back(y.data()), alone.back(y.data()));
}

TEST(RotationPaths, AnotherMatrixIsRefused) {
    const Hadamard one(64), other(64);
    traces::XScales scales;
    scales.rotation = one.halves.data();
    const auto made = std::make_shared<const RotationMatrix>(other.halves.data(), 64);
    EXPECT_THROW(Rotation(rotated_code(true), scales, 64, made), std::invalid_argument);
    const auto narrow = std::make_shared<const RotationMatrix>(one.halves.data(), 8);
    EXPECT_THROW(Rotation(rotated_code(true), scales, 64, narrow), std::invalid_argument);
}

}  // namespace
}  // namespace mambasic::golden
