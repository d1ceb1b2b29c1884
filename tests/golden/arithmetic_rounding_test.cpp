// Quantizers and FP16, against definitions in wider arithmetic.
#include <gtest/gtest.h>

#include <vector>

#include "golden/arithmetic.h"
#include "tests/golden/bits.h"

namespace mambasic::golden {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
const float kNan = std::numeric_limits<float>::quiet_NaN();

/// Integers, ties and their neighbours around the code range and around the edges of the float and
/// int32 grids, infinities, NaN, and every 1021st bit pattern.
std::vector<float> inputs() {
    std::vector<float> x = {0.0F, -0.0F, kInfinity, -kInfinity, kNan, -kNan, 0x1p-149F};
    const auto add_around = [&x](float v) {
        for (const float w : {next_down(v), v, next_up(v)}) {
            x.push_back(w);
            x.push_back(-w);
        }
    };
    for (int i = 0; i <= 1200; ++i) {
        add_around(0.5F * static_cast<float>(i));
    }
    for (const float v : {0x1p22F, 0x1p23F, 0x1p24F, 0x1p31F, 0x1p32F, 4194303.5F, 4194304.5F}) {
        add_around(v);
        add_around(next_up(next_up(v)));
    }
    for (std::uint64_t bits = 0; bits <= 0xFFFFFFFFU; bits += 1021) {
        x.push_back(float_of(static_cast<std::uint32_t>(bits)));
    }
    return x;
}

double half_even(double v) {
    const double low = std::floor(v);
    const double rest = v - low;
    if (rest == 0.5) {
        return std::fmod(low, 2.0) == 0.0 ? low : low + 1.0;
    }
    return rest < 0.5 ? low : low + 1.0;
}

double half_away(double v) { return std::copysign(std::floor(std::fabs(v) + 0.5), v); }

int saturated(double v) { return static_cast<int>(std::min(127.0, std::max(-128.0, v))); }

int wrapped(double v) {
    const double held = std::min(2147483647.0, std::max(-2147483648.0, v));
    const auto low = static_cast<int>(static_cast<std::int64_t>(held) & 0xFF);
    return low < 128 ? low : low - 256;
}

using Rounding = double (*)(double);
using Quantizer = std::int8_t (*)(float);

std::int8_t rhe(float v) { return arith::quantize_rhe(v); }
std::int8_t rha(float v) { return arith::quantize_rha(v); }
std::int8_t wrap_even(float v) { return arith::wrap_rhe(v); }
std::int8_t wrap_away(float v) { return arith::wrap_rha(v); }

void expect_codes(Quantizer got, Rounding round, int (*narrow)(double)) {
    std::size_t wrong = 0;
    for (const float v : inputs()) {
        const int want = std::isnan(v) ? 0 : narrow(round(static_cast<double>(v)));
        if (got(v) != want && wrong++ < 5) {
            ADD_FAILURE() << std::hexfloat << v << " gives " << int{got(v)} << ", not " << want;
        }
    }
    EXPECT_EQ(wrong, 0U);
}

TEST(Quantize, HalfToEven) { expect_codes(rhe, half_even, saturated); }
TEST(Quantize, HalfAwayFromZero) { expect_codes(rha, half_away, saturated); }
TEST(Wrap, HalfToEven) { expect_codes(wrap_even, half_even, wrapped); }
TEST(Wrap, HalfAwayFromZero) { expect_codes(wrap_away, half_away, wrapped); }

TEST(Quantize, TheTwoRoundingsDifferAtTiesOnly) {
    EXPECT_EQ(arith::quantize_rhe(2.5F), 2);
    EXPECT_EQ(arith::quantize_rha(2.5F), 3);
    EXPECT_EQ(arith::quantize_rhe(-0.5F), 0);
    EXPECT_EQ(arith::quantize_rha(-0.5F), -1);
    EXPECT_EQ(arith::quantize_rha(next_up(-0.5F)), 0);
    EXPECT_EQ(arith::quantize_rha(next_down(0.5F)), 0);
    for (const float v : {2.4999998F, 2.5000002F, -7.4999995F, -7.5000005F}) {
        EXPECT_EQ(arith::quantize_rhe(v), arith::quantize_rha(v)) << v;
    }
}

TEST(Wrap, SpecificationExamples) {  // kernels.md 2.2 and 4.2
    EXPECT_EQ(arith::wrap_rhe(130.0F), -126);
    EXPECT_EQ(arith::wrap_rha(128.0F), -128);
    EXPECT_EQ(arith::wrap_rha(300.0F), 44);
    EXPECT_EQ(arith::wrap_rha(kNan), 0);
    EXPECT_EQ(arith::wrap_rha(0x1p31F), -1);
    EXPECT_EQ(arith::wrap_rha(kInfinity), -1);
    EXPECT_EQ(arith::wrap_rha(-0x1p31F), 0);
    EXPECT_EQ(arith::wrap_rha(-kInfinity), 0);
}

TEST(Saturates, IsTrueExactlyWhereTheCodeWasHeld) {
    for (const float v : inputs()) {
        const auto wide = static_cast<double>(v);
        const double even = std::isnan(v) ? 0.0 : half_even(wide);
        const double away = std::isnan(v) ? 0.0 : half_away(wide);
        ASSERT_EQ(arith::saturates_rhe(v), even > 127.0 || even < -128.0) << v;
        ASSERT_EQ(arith::saturates_rha(v), away > 127.0 || away < -128.0) << v;
    }
}

double value_of_half(std::uint32_t magnitude) {  // 0x7C00 reads as 2^16, the next step of the grid
    const auto exponent = static_cast<int>(magnitude >> 10);
    const auto fraction = static_cast<double>(magnitude & 0x3FFU);
    return exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024.0 + fraction, exponent - 25);
}

/// Nearest of the grid of 0x7C01 magnitudes, ties to the even code.
std::uint16_t nearest_half(float v) {
    const auto sign = static_cast<std::uint16_t>((bits_of(v) >> 16) & 0x8000U);
    if (std::isnan(v)) {
        return static_cast<std::uint16_t>(sign | 0x7E00U);
    }
    const double magnitude = std::fabs(static_cast<double>(v));
    std::uint32_t low = 0;
    std::uint32_t high = 0x7C00;
    if (magnitude >= value_of_half(high)) {
        return static_cast<std::uint16_t>(sign | high);
    }
    while (high - low > 1) {
        const std::uint32_t middle = (low + high) / 2;
        (value_of_half(middle) <= magnitude ? low : high) = middle;
    }
    const double below = magnitude - value_of_half(low);
    const double above = value_of_half(high) - magnitude;
    const bool up = below > above || (below == above && low % 2 == 1);
    return static_cast<std::uint16_t>(sign | (up ? high : low));
}

TEST(Half, EveryCodeReadsAsItsValueAndReturns) {
    for (std::uint32_t code = 0; code <= 0xFFFFU; ++code) {
        const auto half = static_cast<arith::Half>(code);
        const float v = arith::from_half(half);
        const std::uint32_t magnitude = code & 0x7FFFU;
        if (magnitude > 0x7C00U) {
            ASSERT_TRUE(std::isnan(v)) << code;
            ASSERT_EQ(arith::to_half(v), (code & 0x8000U) | 0x7E00U);
            continue;
        }
        const double want =
            magnitude == 0x7C00U ? static_cast<double>(kInfinity) : value_of_half(magnitude);
        ASSERT_EQ(std::fabs(static_cast<double>(v)), want) << code;
        ASSERT_EQ(std::signbit(v), code > 0x7FFFU) << code;
        ASSERT_EQ(arith::to_half(v), code);
    }
}

TEST(Half, EveryMidpointRoundsToEvenAndItsNeighboursToTheNearest) {
    for (std::uint32_t code = 0; code < 0x7C00U; ++code) {
        // 12 significant bits: exact in FP32. The last midpoint is 65520, which overflows.
        const auto middle = static_cast<float>((value_of_half(code) + value_of_half(code + 1)) / 2);
        const std::uint32_t even = code % 2 == 0 ? code : code + 1;
        ASSERT_EQ(arith::to_half(middle), even) << code;
        ASSERT_EQ(arith::to_half(next_down(middle)), code);
        ASSERT_EQ(arith::to_half(next_up(middle)), code + 1);
        ASSERT_EQ(arith::to_half(-middle), even | 0x8000U);
    }
}

TEST(Half, DenseSampleIsTheNearest) {
    for (std::uint64_t bits = 0; bits <= 0xFFFFFFFFU; bits += 1021) {
        const float v = float_of(static_cast<std::uint32_t>(bits));
        ASSERT_EQ(arith::to_half(v), nearest_half(v)) << std::hexfloat << v;
    }
    for (const float v : inputs()) {
        ASSERT_EQ(arith::to_half(v), nearest_half(v)) << std::hexfloat << v;
    }
}

}  // namespace
}  // namespace mambasic::golden
