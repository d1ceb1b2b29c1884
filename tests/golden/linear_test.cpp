#include "golden/linear.h"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

#include "tests/golden/random_layer.h"

namespace mambasic::golden {
namespace {

struct Case {
    std::size_t rows;
    std::vector<std::int8_t> x, weight;
    traces::Linear linear;
    Case(std::size_t m, std::uint32_t n, std::uint32_t k, std::uint32_t seed) : rows(m) {
        std::mt19937 rng(seed);
        x = random_codes(rng, m * k);
        weight = random_codes(rng, std::size_t{n} * k);
        linear.n = linear.n_padded = n;
        linear.k = k;
        linear.weight = weight.data();
        linear.a = 0.0123F;
        linear.b = 0.0391F;
        linear.alpha = 0.00047F;
    }
    Int8Rows input() const { return {x.data(), linear.k, 0}; }
};

std::vector<std::int64_t> naive(const Case& c) {
    std::vector<std::int64_t> sums;
    for (std::size_t r = 0; r < c.rows; ++r) {
        for (std::size_t n = 0; n < c.linear.n; ++n) {
            std::int64_t sum = 0;
            for (std::size_t k = 0; k < c.linear.k; ++k) {
                sum += std::int64_t{c.x[r * c.linear.k + k]} * c.weight[n * c.linear.k + k];
            }
            sums.push_back(sum);
        }
    }
    return sums;
}

void expect_exact(const Case& c) {
    const auto got = linear_accumulators(c.linear, c.input(), c.rows);
    const auto want = naive(c);
    ASSERT_EQ(got.size(), want.size());
    for (std::size_t i = 0; i < want.size(); ++i) {
        ASSERT_EQ(got[i], want[i]) << "element " << i << ", depth " << c.linear.k;
    }
}

TEST(LinearAccumulators, RandomCodesAreExact) {
    std::uint32_t seed = 1;
    for (const std::uint32_t k : {1U, 16U, 48U, 768U, 1023U, 1024U, 1025U, 2049U, 5120U}) {
        for (const std::size_t rows : {1U, 2U, 33U}) {
            expect_exact(Case(rows, 130, k, seed++));  // 130: a whole block of channels and a bit
        }
    }
}

TEST(LinearAccumulators, ExtremeCodesAreExact) {
    for (const std::uint32_t k : {1024U, 1025U, 5120U}) {
        Case c(5, 5, k, k);
        for (std::size_t i = 0; i < c.x.size(); ++i) {
            const std::size_t row = i / k;
            const std::size_t column = i % k;
            // All -128; all -128; alternating; -128 then 127; one lone 127 at the end.
            c.x[i] = static_cast<std::int8_t>(row < 2                       ? -128
                                              : row == 2 && column % 2      ? 127
                                              : row == 3 && column > 600    ? 127
                                              : row == 4 && column == k - 1 ? 127
                                                                            : -128);
            c.weight[i] = row == 0 ? std::int8_t{127} : c.x[i];
        }
        expect_exact(c);
    }
}

TEST(LinearAccumulators, OddSumsBeyondTwentyFourBitsAreExact) {
    Case c(1, 1, 1025, 1);  // 1024 * 2^14 + 1 needs 25 bits
    std::fill(c.x.begin(), c.x.end(), std::int8_t{-128});
    std::fill(c.weight.begin(), c.weight.end(), std::int8_t{-128});
    c.x.back() = 1;
    c.weight.back() = 1;
    EXPECT_EQ(linear_accumulators(c.linear, c.input(), 1)[0], (1 << 24) + 1);
}

TEST(LinearAccumulators, RowsMayBeFartherApartThanTheyAreWide) {
    const Case wide(4, 7, 40, 9);
    Case narrow(4, 7, 16, 9);
    for (std::size_t r = 0; r < 4; ++r) {
        std::copy_n(wide.x.begin() + static_cast<std::ptrdiff_t>(40 * r + 3), 16,
                    narrow.x.begin() + static_cast<std::ptrdiff_t>(16 * r));
    }
    EXPECT_EQ(linear_accumulators(narrow.linear, {wide.x.data() + 3, 40, 0}, 4),
              linear_accumulators(narrow.linear, narrow.input(), 4));
}

TEST(LinearAccumulators, PossibleOverflowIsRefused) {
    Case c(1, 1, 131071, 1);
    std::fill(c.x.begin(), c.x.end(), std::int8_t{-128});
    std::fill(c.weight.begin(), c.weight.end(), std::int8_t{-128});
    EXPECT_EQ(linear_accumulators(c.linear, c.input(), 1)[0], 131071 * 16384);
    c.linear.k = 131072;  // times 2^14 is 2^31
    std::int8_t out = 0;
    EXPECT_THROW(linear_forward(c.linear, c.input(), 1, false, &out), std::overflow_error);
}

/// The product in double is exact (24 + 24 bits), so its conversion is the one FP32 rounding.
float times(float x, std::int64_t acc) {
    return static_cast<float>(static_cast<double>(x) *
                              static_cast<double>(static_cast<float>(acc)));
}
float times(float x, float y) {
    return static_cast<float>(static_cast<double>(x) * static_cast<double>(y));
}
int even_code(float v) {
    return static_cast<int>(std::min(127.0F, std::max(-128.0F, std::nearbyint(v))));
}

TEST(LinearEpilogue, SeveralRowsScaleByTheWeightFirst) {
    const Case c(6, 200, 1500, 3);
    std::vector<std::int8_t> got(c.rows * 200);
    linear_forward(c.linear, c.input(), c.rows, true, got.data());
    const auto sums = naive(c);
    for (std::size_t i = 0; i < sums.size(); ++i) {
        const float v = times(c.linear.a, times(c.linear.b, sums[i]));
        ASSERT_EQ(got[i], even_code(v)) << i;
    }
}

TEST(LinearEpilogue, SeqlenLastScalesByTheInputFirstForAnyRows) {
    for (const std::size_t rows : {1U, 6U}) {
        const Case c(rows, 200, 1500, 4);
        std::vector<std::int8_t> got(c.rows * 200);
        linear_to_seqlen_last(c.linear, c.input(), c.rows, got.data());
        const auto sums = naive(c);
        for (std::size_t i = 0; i < sums.size(); ++i) {
            const float v = times(c.linear.b, times(c.linear.a, sums[i]));
            ASSERT_EQ(got[i], even_code(v)) << i;
        }
    }
}

/// A lone accumulator of two factors, in each of `rows` rows.
struct Lone {
    std::int8_t x[2];
    std::int8_t w;
    std::int64_t acc() const { return std::int64_t{x[0]} * w; }
};

using Factor = float traces::Linear::*;

/// Sets `outer` so that outer * fl(inner * acc) is within an ulp of the tie 2.5: the code shows the
/// last bit of both products and which of them came first.
template <typename Call>
void expect_order(Factor outer, Factor inner, Call call) {
    std::mt19937 rng(10);
    std::uniform_real_distribution<float> factor(0.001F, 0.1F);
    int swapped_differs = 0;
    for (int trial = 0; trial < 3000; ++trial) {
        const auto codes = random_codes(rng, 2, 1, 127);
        const Lone lone{{codes[0], codes[0]}, codes[1]};
        traces::Linear linear;
        linear.n = linear.n_padded = linear.k = 1;
        linear.weight = &lone.w;
        linear.*inner = factor(rng);
        linear.*outer = 2.5F / times(linear.*inner, lone.acc());
        const int want = even_code(times(linear.*outer, times(linear.*inner, lone.acc())));
        std::int8_t got[2];
        call(linear, Int8Rows{lone.x, 1, 0}, got);
        ASSERT_EQ(got[0], want);
        ASSERT_EQ(got[1], want);
        const int swapped = even_code(times(linear.*inner, times(linear.*outer, lone.acc())));
        swapped_differs += swapped != want ? 1 : 0;
    }
    EXPECT_GT(swapped_differs, 300) << "this test must tell the two orders apart";
}

TEST(LinearEpilogue, OrderOfTheFactorsToTheLastBit) {
    using L = traces::Linear;
    expect_order(&L::a, &L::b, [](const L& linear, const Int8Rows& x, std::int8_t* y) {
        linear_forward(linear, x, 2, false, y);
    });
    expect_order(&L::b, &L::a, [](const L& linear, const Int8Rows& x, std::int8_t* y) {
        linear_to_seqlen_last(linear, x, 2, y);
    });
}

TEST(LinearEpilogue, OneRowTakesAlphaAlone) {
    Case c(1, 300, 900, 6);
    c.linear.a = c.linear.b = NAN;
    std::vector<std::int8_t> codes(300);
    std::vector<arith::Half> halves(300);
    linear_forward(c.linear, c.input(), 1, false, codes.data());
    linear_forward_half(c.linear, c.input(), 1, halves.data());
    const auto sums = naive(c);
    for (std::size_t i = 0; i < sums.size(); ++i) {
        const float v = times(c.linear.alpha, sums[i]);
        ASSERT_EQ(codes[i], even_code(v)) << i;
        ASSERT_EQ(halves[i], arith::to_half(v)) << i;
    }
}

TEST(LinearEpilogue, HalfOutputOfSeveralRows) {
    const Case c(3, 100, 5120, 7);
    std::vector<arith::Half> got(300);
    linear_forward_half(c.linear, c.input(), 3, got.data());
    const auto sums = naive(c);
    for (std::size_t i = 0; i < sums.size(); ++i) {
        ASSERT_EQ(got[i], arith::to_half(times(c.linear.a, times(c.linear.b, sums[i])))) << i;
    }
}

/// One input, one weight, so that the accumulator is their product.
std::int8_t one_row(std::int8_t x, std::int8_t w, float alpha, bool wrap) {
    traces::Linear linear;
    linear.n = linear.n_padded = linear.k = 1;
    linear.weight = &w;
    linear.alpha = alpha;
    std::int8_t out = 0;
    linear_forward(linear, {&x, 1, 0}, 1, wrap, &out);
    return out;
}

TEST(LinearEpilogue, OneRowWrapsOnlyAsAQuirk) {
    EXPECT_EQ(one_row(13, 10, 1.0F, false), 127);
    EXPECT_EQ(one_row(13, 10, 1.0F, true), -126);  // kernels.md 2.2
    EXPECT_EQ(one_row(-13, 10, 1.0F, false), -128);
    EXPECT_EQ(one_row(-13, 10, 1.0F, true), 126);
    EXPECT_EQ(one_row(5, 1, 0.5F, false), 2);  // ties to even
    EXPECT_EQ(one_row(5, 1, 0.5F, true), 2);
}

TEST(LinearEpilogue, SeveralRowsNeverWrap) {
    Case c(2, 1, 1, 8);
    c.x = {13, -13};
    c.weight = {10};
    c.linear.weight = c.weight.data();
    c.linear.a = c.linear.b = 1.0F;
    std::vector<std::int8_t> out(2);
    linear_forward(c.linear, c.input(), 2, true, out.data());
    EXPECT_EQ(out, (std::vector<std::int8_t>{127, -128}));
}

TEST(LinearEpilogue, HalfOverflowIsInfinite) {
    Case c(2, 1, 1, 8);
    c.x = {127, -128};
    c.weight = {127};
    c.linear.weight = c.weight.data();
    c.linear.a = 5.0F;
    c.linear.b = 1.0F;
    std::vector<arith::Half> out(2);
    linear_forward_half(c.linear, c.input(), 2, out.data());
    EXPECT_EQ(out, (std::vector<arith::Half>{0x7C00, 0xFC00}));
}

}  // namespace
}  // namespace mambasic::golden
