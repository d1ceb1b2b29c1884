// exp, log, log1p and what is made of them, against the C library in long double.
#include <gtest/gtest.h>

#include <cfenv>
#include <vector>

#include "golden/arithmetic.h"
#include "tests/golden/bits.h"

namespace mambasic::golden {
namespace {

using arith::Softplus;

constexpr float kInfinity = std::numeric_limits<float>::infinity();
const float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr double kContractUlp = 0.51;  // arithmetic.md

/// Every `stride`th bit pattern between two floats of one sign.
template <typename Check>
void for_sample(float from, float to, std::uint32_t stride, Check check) {
    for (std::uint32_t bits = bits_of(from); bits <= bits_of(to); bits += stride) {
        check(float_of(bits));
    }
}

TEST(Exp, DenseSampleIsWithinTheContract) {
    double worst = 0;
    const auto check = [&worst](float x) {
        worst = std::max(worst, error_ulp(arith::exp(x), std::exp(static_cast<long double>(x))));
    };
    for_sample(0.0F, 130.0F, 997, check);
    for_sample(-0.0F, -130.0F, 997, check);
    for_sample(80.0F, 89.0F, 17, check);     // up to and past the overflow
    for_sample(-87.0F, -104.5F, 17, check);  // subnormal results and the underflow
    EXPECT_LE(worst, kContractUlp);
    EXPECT_GT(worst, 0.49) << "no correctly rounded function is better; the oracle must be wrong";
}

TEST(Exp, Edges) {
    EXPECT_EQ(arith::exp(0.0F), 1.0F);
    EXPECT_EQ(arith::exp(-0.0F), 1.0F);
    EXPECT_EQ(arith::exp(kInfinity), kInfinity);
    EXPECT_EQ(bits_of(arith::exp(-kInfinity)), 0U);
    EXPECT_TRUE(std::isnan(arith::exp(kNan)));
    EXPECT_TRUE(std::isnan(arith::exp(-kNan)));
    EXPECT_EQ(arith::exp(0x1.fffffep+127F), kInfinity);
    EXPECT_EQ(bits_of(arith::exp(-0x1.fffffep+127F)), 0U);
    // ln(FLT_MAX + half an ulp) = 88.7228394: the last finite and the first infinite result.
    EXPECT_TRUE(std::isfinite(arith::exp(0x1.62e42ep+6F)));
    EXPECT_EQ(arith::exp(next_up(0x1.62e42ep+6F)), kInfinity);
    // ln(2^-150) = -103.972077: half of the smallest subnormal.
    EXPECT_EQ(bits_of(arith::exp(-103.97207F)), 1U);
    EXPECT_EQ(bits_of(arith::exp(-103.97209F)), 0U);
}

TEST(Log, DenseSampleIsCorrectlyRoundedButForNearTies) {
    double worst = 0;
    for_sample(float_of(1), 0x1.fffffep+127F, 1499, [&worst](float x) {
        worst = std::max(worst, error_ulp(arith::log(x), std::log(static_cast<long double>(x))));
    });
    for_sample(0.9F, 1.1F, 3, [&worst](float x) {
        worst = std::max(worst, error_ulp(arith::log(x), std::log(static_cast<long double>(x))));
    });
    EXPECT_LE(worst, 0.5001);
}

TEST(Log, Edges) {
    EXPECT_EQ(arith::log(0.0F), -kInfinity);
    EXPECT_EQ(arith::log(-0.0F), -kInfinity);
    EXPECT_EQ(arith::log(kInfinity), kInfinity);
    EXPECT_EQ(bits_of(arith::log(1.0F)), 0U);
    EXPECT_TRUE(std::isnan(arith::log(-1.0F)));
    EXPECT_TRUE(std::isnan(arith::log(-kInfinity)));
    EXPECT_TRUE(std::isnan(arith::log(kNan)));
}

/// ssm.md 1.2 written down again with the C library's fma and the FPU's own rounding toward zero.
float log1p_as_written(float e) {
    std::fesetround(FE_TOWARDZERO);
    const volatile float one = 1.0F;
    const volatile float t = e + one;
    std::fesetround(FE_TONEAREST);
    const std::uint32_t k = (bits_of(t) - 0x3F400000U) & 0xFF800000U;
    const float m = float_of(bits_of(e) - k) + std::fma(0.25F, float_of(0x40800000U - k), -1.0F);
    const float f = static_cast<float>(static_cast<std::int32_t>(k)) * std::ldexp(1.0F, -23);
    const std::uint32_t coefficients[] = {0xBD39BF78, 0x3DD80012, 0xBE0778E0,
                                          0x3E146475, 0xBE2A68DD, 0x3E4CAF9E,
                                          0xBE800042, 0x3EAAAAE6, 0xBF000000};
    float p = float_of(coefficients[0]);
    for (int i = 1; i < 9; ++i) {
        p = std::fma(p, m, float_of(coefficients[i]));
    }
    const float mp = m * p;
    return std::fma(f, float_of(0x3F317218U), std::fma(mp, m, m));
}

TEST(Log1p, EqualsTheSpecificationToTheBit) {
    std::size_t wrong = 0;
    const float largest = arith::exp(20.0F);
    for_sample(0.0F, largest, 1009, [&wrong](float e) {
        wrong += same_bits(arith::log1p(e), log1p_as_written(e)) ? 0U : 1U;
    });
    for_sample(0x1p-25F, 1.0F, 211, [&wrong](float e) {
        wrong += same_bits(arith::log1p(e), log1p_as_written(e)) ? 0U : 1U;
    });
    // Where 1 + e rounds up to 1.5 * 2^n, whose exponent is another one.
    for (int n = 0; n <= 28; ++n) {
        float e = std::ldexp(1.5F, n) - 1.0F;
        for (int step = 0; step < 10; ++step) {
            wrong += same_bits(arith::log1p(e), log1p_as_written(e)) ? 0U : 1U;
            e = next_down(e);
        }
    }
    EXPECT_EQ(wrong, 0U);
}

TEST(Log1p, RelativeErrorIsThatOfTheAlgorithm) {
    long double worst = 0;
    const auto check = [&worst](float e) {
        const long double want = std::log1p(static_cast<long double>(e));
        worst = std::max(worst, std::fabs(static_cast<long double>(arith::log1p(e)) - want) / want);
    };
    for_sample(0x1p-126F, arith::exp(20.0F), 499, check);
    for_sample(1.7F, 1.8F, 3, check);
    // Over every input it is 8.16e-8 (0.69 ulp), at e = 0x1.be1e5cp+0.
    EXPECT_LE(worst, 8.2e-8L);
    EXPECT_GT(worst, 8.0e-8L);
    EXPECT_EQ(bits_of(arith::log1p(0.0F)), 0U);
    EXPECT_EQ(arith::log1p(float_of(1)), float_of(1));  // subnormals pass
}

TEST(Softplus, IsTheCompositionUpToTwenty) {
    for (float x = -120.0F; x <= 20.0F; x += 0.03125F) {
        const float e = arith::exp(x);
        EXPECT_TRUE(same_bits(arith::softplus(x, Softplus::Log1p), arith::log1p(e))) << x;
        EXPECT_TRUE(same_bits(arith::softplus(x, Softplus::LogExpPlus1), arith::log(e + 1.0F)))
            << x;
    }
}

TEST(Softplus, Log1pIsAccurateEverywhere) {
    long double worst = 0;
    const auto check = [&worst](float x) {
        const long double want = std::log1p(std::exp(static_cast<long double>(x)));
        const long double got = arith::softplus(x, Softplus::Log1p);
        worst = std::max(worst, std::fabs(got - want) / want);
    };
    for_sample(0.0F, 20.0F, 1009, check);
    for_sample(-0.0F, -87.0F, 1009, check);
    EXPECT_LE(worst, 1.5e-7L);  // log1p's 8.2e-8 and exp's half ulp, 6e-8
}

TEST(Softplus, BothFormsAtTheThresholdAndBeyond) {
    for (const Softplus form : {Softplus::Log1p, Softplus::LogExpPlus1}) {
        EXPECT_EQ(arith::softplus(20.0F, form), 20.0F);
        EXPECT_EQ(arith::softplus(next_up(20.0F), form), next_up(20.0F));
        EXPECT_EQ(arith::softplus(100.0F, form), 100.0F);
        EXPECT_EQ(arith::softplus(kInfinity, form), kInfinity);
        EXPECT_TRUE(std::isnan(arith::softplus(kNan, form)));
        EXPECT_EQ(bits_of(arith::softplus(-kInfinity, form)), 0U);
        EXPECT_NEAR(arith::softplus(0.0F, form), 0.69314718F, 1e-7F);
    }
}

TEST(Softplus, FormsPartForSmallInputs) {
    // exp(x) + 1 rounds to 1 below ln(2^-24) = -16.6; log1p keeps exp(x).
    EXPECT_EQ(bits_of(arith::softplus(-16.7F, Softplus::LogExpPlus1)), 0U);
    EXPECT_GT(arith::softplus(-16.6F, Softplus::LogExpPlus1), 0.0F);
    EXPECT_EQ(arith::softplus(-16.7F, Softplus::Log1p), arith::exp(-16.7F));
    EXPECT_GT(arith::softplus(-100.0F, Softplus::Log1p), 0.0F);  // subnormal
}

// Operations on floats carried out in double and rounded to float are the float operations, because
// 53 >= 2 * 24 + 2. Volatile, lest the compiler know that too and compare a thing with itself.
float quotient(float x, float y) {
    const volatile double wide = static_cast<double>(x) / static_cast<double>(y);
    return static_cast<float>(wide);
}

TEST(Silu, IsOneDivisionByTheRoundedDenominator) {
    for (float v = -90.0F; v < 90.0F; v += 0.0078125F) {
        const volatile double sum = 1.0 + static_cast<double>(arith::exp(-v));
        const auto denominator = static_cast<float>(sum);
        EXPECT_TRUE(same_bits(arith::silu(v), quotient(v, denominator))) << v;
        EXPECT_TRUE(same_bits(arith::sigmoid(v), quotient(1.0F, denominator))) << v;
    }
}

TEST(Silu, Edges) {
    EXPECT_NEAR(arith::silu(-88.0F) / (-88.0F * std::exp(-88.0F)), 1.0F, 1e-6F);
    for (const float v : {-89.0F, -104.0F, -200.0F}) {
        EXPECT_EQ(bits_of(arith::silu(v)), 0x80000000U) << v;  // the denominator overflows
    }
    EXPECT_EQ(bits_of(arith::silu(0.0F)), 0U);
    EXPECT_EQ(bits_of(arith::silu(-0.0F)), 0x80000000U);
    EXPECT_EQ(arith::silu(200.0F), 200.0F);
    EXPECT_EQ(arith::silu(kInfinity), kInfinity);
    EXPECT_TRUE(std::isnan(arith::silu(-kInfinity)));
    EXPECT_TRUE(std::isnan(arith::silu(kNan)));
}

TEST(Rsqrt, RoundsTheRootAndTheQuotient) {
    for_sample(0x1p-149F, 0x1.fffffep+127F, 1511, [](float v) {
        const volatile double root = std::sqrt(static_cast<double>(v));
        ASSERT_TRUE(same_bits(arith::rsqrt(v), quotient(1.0F, static_cast<float>(root)))) << v;
    });
    EXPECT_EQ(arith::rsqrt(0.0F), kInfinity);
    EXPECT_EQ(bits_of(arith::rsqrt(kInfinity)), 0U);
    EXPECT_TRUE(std::isnan(arith::rsqrt(-1.0F)));
}

}  // namespace
}  // namespace mambasic::golden
