// The Hadamard transform against a scalar derivation from kernels.md 4.1-4.2.
#include "models/hadamard/hadamard_function.h"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

#include "tests/models/function_test_support.h"
#include "tests/models/hadamard_sums.h"

namespace mambasic::models {
namespace {

using arith::Half;
using test::factor_of;
using test::hadamard_sums;
using test::Random;

void compare(const HadamardShape& shape, bool wrap, float x_scale, std::uint32_t seed) {
    const std::vector<Half> x = Random(seed).halves(shape.rows * shape.width, -2.0F, 2.0F);
    const auto scale = static_cast<float>((1.0 / std::sqrt(static_cast<double>(shape.width))) /
                                          static_cast<double>(x_scale));
    std::vector<std::int8_t> want;
    std::uint64_t saturated = 0;
    for (std::uint64_t row = 0; row < shape.rows; ++row) {
        std::vector<float> values;
        for (std::uint64_t i = 0; i < shape.width; ++i) {
            values.push_back(arith::from_half(x[row * shape.width + i]));
        }
        for (const float o : hadamard_sums(values, factor_of(shape.width))) {
            const float v = o * scale;
            want.push_back(wrap ? arith::wrap_rha(v) : arith::quantize_rha(v));
            saturated += v >= 127.5F || v <= -128.5F ? 1U : 0U;
        }
    }
    for (const Isa isa : test::available_isas()) {
        const test::IsaScope scope(isa);
        std::vector<std::int8_t> got(want.size());
        Counts counts = hadamard_compute({}, {shape, x.data(), scale, wrap, got.data()});
        EXPECT_EQ(got, want) << name_of(isa) << " width " << shape.width;
        EXPECT_EQ(counts[Event::Saturated], saturated);
        counts[Event::Saturated] = 0;
        EXPECT_TRUE(counts == hadamard_count(shape));
    }
}

TEST(HadamardFunction, IsTheSpecForEveryFactor) {
    for (const std::uint64_t width : {1U, 2U, 4U, 8U, 16U, 32U, 512U, 2048U}) {
        compare({3, width}, false, 0.03F, 1);
    }
    for (const std::uint64_t width : {12U, 24U, 96U, 192U, 768U, 1536U, 3072U}) {
        compare({2, width}, false, 0.03F, 2);
    }
    for (const std::uint64_t width : {40U, 80U, 640U, 2560U, 5120U}) {
        compare({2, width}, false, 0.03F, 3);
    }
    compare({33, 1536}, false, 0.03F, 4);
}

TEST(HadamardFunction, StagesGoFromTheSmallestStrideUp) {
    // 2^15 swallows 2^-10 when their stage comes before the one that cancels the 2^15.
    constexpr std::uint64_t kWidth = 128;
    for (std::uint64_t stride = 1; 2 * stride < kWidth; stride *= 2) {
        for (const bool small_first : {true, false}) {
            std::vector<Half> x(kWidth, Half{0});
            x[0] = arith::to_half(32768.0F);
            x[small_first ? stride : 2 * stride] = arith::to_half(0x1p-10F);
            x[small_first ? 2 * stride : stride] = arith::to_half(-32768.0F);
            for (const Isa isa : test::available_isas()) {
                const test::IsaScope scope(isa);
                std::vector<std::int8_t> got(kWidth);
                hadamard_compute({}, {{1, kWidth}, x.data(), 5.0F * 0x1p10F, false, got.data()});
                EXPECT_EQ(got[0], small_first ? 0 : 5) << "stride " << stride;
            }
        }
    }
}

TEST(HadamardFunction, TiesRoundAwayFromZero) {
    const Half x = arith::to_half(2.5F);
    std::int8_t y = 0;
    hadamard_compute({}, {{1, 1}, &x, 1.0F, false, &y});
    EXPECT_EQ(y, 3);
    hadamard_compute({}, {{1, 1}, &x, 1.0F, true, &y});
    EXPECT_EQ(y, 3);
}

TEST(HadamardFunction, OverflowSaturatesOrWrapsAndIsCounted) {
    compare({2, 1536}, false, 0.005F, 5);
    compare({2, 1536}, true, 0.005F, 6);
    const Half x = arith::to_half(1.0F);
    std::int8_t y = 0;
    EXPECT_EQ(hadamard_compute({}, {{1, 1}, &x, 300.0F, false, &y})[Event::Saturated], 1U);
    EXPECT_EQ(y, 127);
    EXPECT_EQ(hadamard_compute({}, {{1, 1}, &x, 300.0F, true, &y})[Event::Saturated], 1U);
    EXPECT_EQ(y, 44);
}

TEST(HadamardFunction, MatricesAreOrthogonal) {
    // Unit vectors through the unit, scaled to +-1, give the matrix's columns.
    for (const std::uint64_t m : {12U, 40U}) {
        std::vector<Half> x(m * m, Half{0});
        for (std::uint64_t i = 0; i < m; ++i) x[i * m + i] = arith::to_half(1.0F);
        std::vector<std::int8_t> h(m * m);
        hadamard_compute({}, {{m, m}, x.data(), 1.0F, false, h.data()});
        for (std::uint64_t i = 0; i < m; ++i) {
            for (std::uint64_t j = 0; j < m; ++j) {
                int dot = 0;
                for (std::uint64_t k = 0; k < m; ++k) dot += h[i * m + k] * h[j * m + k];
                EXPECT_EQ(dot, i == j ? static_cast<int>(m) : 0);
            }
        }
    }
}

TEST(HadamardFunction, KnowsItsWidths) {
    for (const std::uint64_t width : {1U, 12U, 40U, 768U, 1536U, 2048U, 3072U, 5120U}) {
        EXPECT_TRUE(hadamard_supports(width)) << width;
    }
    for (const std::uint64_t width : {0U, 3U, 20U, 36U, 60U, 120U, 1000U}) {
        EXPECT_FALSE(hadamard_supports(width)) << width;
    }
    EXPECT_THROW(hadamard_compute({}, {{1, 36}, nullptr, 1.0F, false, nullptr}),
                 std::invalid_argument);
}

TEST(HadamardFunction, CountsAreTheHandCount) {
    const Counts twelve = hadamard_count({2, 1536});  // 12 blocks of 2^7
    EXPECT_EQ(twelve[Event::Fp32Add], 2U * 1536 * (7 + 11));
    EXPECT_EQ(twelve[Event::Fp32Mul], 2U * 1536);
    EXPECT_EQ(twelve[Event::HalfConvert], 2U * 1536);
    EXPECT_EQ(twelve[Event::QuantizeInt8], 2U * 1536);
    EXPECT_EQ(hadamard_count({1, 5120})[Event::Fp32Add], 5120U * (7 + 39));
    EXPECT_EQ(hadamard_count({1, 2048})[Event::Fp32Add], 2048U * 11);
}

}  // namespace
}  // namespace mambasic::models
