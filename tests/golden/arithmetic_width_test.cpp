// The same bits from every instruction set, and fma against the C library's.
#include <gtest/gtest.h>

#include <random>
#include <vector>

#include "tests/golden/bits.h"
#include "tests/golden/primitives.h"

namespace mambasic::golden {

bool wide_runs_here() {
#if defined(MAMBASIC_TEST_WIDE)
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
#else
    return false;
#endif
}

namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();
constexpr std::size_t kCount = 1U << 21;

struct Operands {
    std::vector<float> a, b, c;
    void add(float x, float y, float z) {
        a.push_back(x);
        b.push_back(y);
        c.push_back(z);
    }
};

const float kEdges[] = {0.0F,
                        -0.0F,
                        1.0F,
                        -1.0F,
                        1.5F,
                        -3.0F,
                        0x1p-149F,
                        -0x1p-149F,
                        0x1.8p-148F,
                        0x1p-126F,
                        -0x1.fffffcp-127F,
                        0x1.fffffep+127F,
                        -0x1.fffffep+127F,
                        0x1.000002p+0F,
                        0x1.fffffep-1F,
                        0x1.000002p+127F,
                        0x1p-75F,
                        -0x1.000002p-75F,
                        0x1p+64F,
                        0x1.fffffep+63F,
                        kInfinity,
                        -kInfinity,
                        std::numeric_limits<float>::quiet_NaN()};

/// Every triple of the edge values, any bit patterns, and sums that nearly cancel or nearly tie.
Operands fma_operands() {
    Operands o;
    for (const float x : kEdges) {
        for (const float y : kEdges) {
            for (const float z : kEdges) {
                o.add(x, y, z);
            }
        }
    }
    std::mt19937 rng(11);
    std::uniform_int_distribution<std::uint32_t> any;
    std::uniform_int_distribution<int> small(-3, 3);
    for (std::size_t i = 0; i < kCount; ++i) {
        const float x = float_of(any(rng));
        const float y = float_of(any(rng));
        o.add(x, y, float_of(any(rng)));
        // An addend a few steps from minus the product: cancellation down to the last bits.
        const float product = -(x * y);
        o.add(x, y, float_of(bits_of(product) + static_cast<std::uint32_t>(small(rng))));
        // An addend far larger or smaller, of few bits: ties and near-ties after alignment.
        const float near_one = float_of(0x3F800000U | (any(rng) & 0x7FFFFFU));
        const float few_bits = float_of(0x3F800000U | (any(rng) & 0x7U));
        const float scale = std::ldexp(1.0F, static_cast<int>(any(rng) % 60U) - 30);
        o.add(near_one, few_bits, scale * (any(rng) % 2U == 0 ? 1.0F : -1.0F));
        // Products and sums in the subnormal range.
        o.add(float_of(any(rng) & 0x80FFFFFFU), near_one, float_of(any(rng) & 0x80FFFFFFU));
        o.add(near_one * 0x1p-70F, near_one * 0x1p-70F, float_of(any(rng) & 0x807FFFFFU));
    }
    return o;
}

std::size_t mismatches(const std::vector<float>& got, const Operands& o) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
        const float want = std::fma(o.a[i], o.b[i], o.c[i]);
        if (!same_bits(got[i], want) && count++ < 5) {
            ADD_FAILURE() << std::hexfloat << "fma(" << o.a[i] << ", " << o.b[i] << ", " << o.c[i]
                          << ") = " << got[i] << ", not " << want;
        }
    }
    return count;
}

/// All kinds of float: the edges, then any bit pattern, then the range that the kernels live in.
std::vector<float> inputs() {
    std::vector<float> x(std::begin(kEdges), std::end(kEdges));
    std::mt19937 rng(12);
    std::uniform_int_distribution<std::uint32_t> any;
    std::uniform_real_distribution<float> usual(-130.0F, 130.0F);
    for (std::size_t i = 0; i < kCount; ++i) {
        x.push_back(float_of(any(rng)));
        x.push_back(usual(rng));
    }
    return x;
}

using FloatFunction = void (*)(const float*, float*, std::size_t);

void expect_same_bits(FloatFunction narrow, FloatFunction wide, const std::vector<float>& x) {
    std::vector<float> first(x.size());
    std::vector<float> second(x.size());
    narrow(x.data(), first.data(), x.size());
    wide(x.data(), second.data(), x.size());
    std::size_t count = 0;
    for (std::size_t i = 0; i < x.size(); ++i) {
        if (!same_bits(first[i], second[i]) && count++ < 5) {
            ADD_FAILURE() << std::hexfloat << "x = " << x[i] << ": " << first[i] << " and "
                          << second[i];
        }
    }
    EXPECT_EQ(count, 0U);
}

TEST(Fma, SoftwareEqualsTheLibrary) {
    const Operands o = fma_operands();
    std::vector<float> got(o.a.size());
    baseline::fma_all(o.a.data(), o.b.data(), o.c.data(), got.data(), got.size());
    EXPECT_EQ(mismatches(got, o), 0U);
}

TEST(Fma, HardwareEqualsTheLibrary) {
    if (!wide_runs_here()) {
        GTEST_SKIP() << "no AVX2 with FMA here";
    }
    const Operands o = fma_operands();
    std::vector<float> got(o.a.size());
    wide::fma_all(o.a.data(), o.b.data(), o.c.data(), got.data(), got.size());
    EXPECT_EQ(mismatches(got, o), 0U);
}

TEST(Width, EveryPrimitiveHasTheSameBits) {
    if (!wide_runs_here()) {
        GTEST_SKIP() << "no AVX2 with FMA here";
    }
    const std::vector<float> x = inputs();
    expect_same_bits(baseline::exp_all, wide::exp_all, x);
    expect_same_bits(baseline::log_all, wide::log_all, x);
    expect_same_bits(baseline::softplus_all, wide::softplus_all, x);
    expect_same_bits(baseline::silu_all, wide::silu_all, x);
    expect_same_bits(baseline::rsqrt_all, wide::rsqrt_all, x);
    std::vector<float> domain(x);
    for (float& v : domain) {
        v = v >= 0.0F && v < 0x1p29F ? v : 1.0F;
    }
    expect_same_bits(baseline::log1p_all, wide::log1p_all, domain);
}

TEST(Width, EveryNarrowingHasTheSameBits) {
    if (!wide_runs_here()) {
        GTEST_SKIP() << "no AVX2 with FMA here";
    }
    const std::vector<float> x = inputs();
    std::vector<std::uint16_t> half[2] = {std::vector<std::uint16_t>(x.size()),
                                          std::vector<std::uint16_t>(x.size())};
    baseline::half_all(x.data(), half[0].data(), x.size());
    wide::half_all(x.data(), half[1].data(), x.size());
    EXPECT_TRUE(half[0] == half[1]);
    std::vector<std::int8_t> code[2] = {std::vector<std::int8_t>(x.size()),
                                        std::vector<std::int8_t>(x.size())};
    baseline::rhe_all(x.data(), code[0].data(), x.size());
    wide::rhe_all(x.data(), code[1].data(), x.size());
    EXPECT_TRUE(code[0] == code[1]);
    baseline::rha_all(x.data(), code[0].data(), x.size());
    wide::rha_all(x.data(), code[1].data(), x.size());
    EXPECT_TRUE(code[0] == code[1]);
}

}  // namespace
}  // namespace mambasic::golden
