// Linears with a factor for each column: Mamba2's in_proj (W8Columns) and 4-bit weights.
#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

#include "golden/linear.h"
#include "tests/golden/oracle.h"
#include "tests/golden/random_layer.h"

namespace mambasic::golden {
namespace {

using traces::LinearKind;

constexpr std::uint32_t kChannels = 3000;

/// Depth 1: accumulators are products of two codes. Column factors bring outputs to within an ulp
/// of a tie, so that codes show the last bit of both products, and their order.
struct Ties {
    std::vector<std::int8_t> x;
    std::vector<std::int8_t> weight;
    std::vector<float> column;
    traces::Linear linear;
    Ties(LinearKind kind, std::size_t rows, float tie = 2.5F) {
        std::mt19937 rng(1);
        x.assign(rows, 77);
        weight = random_codes(rng, kChannels, 1, 127);
        linear.kind = kind;
        linear.n = linear.n_padded = kChannels;
        linear.k = 1;
        linear.weight = weight.data();
        linear.a = 0.0317F;
        linear.b = linear.alpha = NAN;
        for (std::uint32_t n = 0; n < kChannels; ++n) {
            column.push_back(tie / (linear.a * acc(n)));
        }
        linear.column = column.data();
    }
    float acc(std::size_t n) const { return 77.0F * static_cast<float>(weight[n]); }
    float column_first(std::size_t n) const {
        const float inner = column[n] * acc(n);
        return linear.a * inner;
    }
    float input_first(std::size_t n) const {
        const float inner = linear.a * acc(n);
        return column[n] * inner;
    }
    float factors_first(std::size_t n) const {
        const float factor = column[n] * linear.a;
        return factor * acc(n);
    }
    Int8Rows input() const { return {x.data(), 1, 0}; }
};

TEST(LinearColumns, SeveralRowsScaleByTheColumnFirst) {
    const Ties t(LinearKind::W8Columns, 2);
    std::vector<std::int8_t> got(2 * kChannels);
    linear_forward(t.linear, t.input(), 2, true, got.data());
    int swapped = 0;
    int merged = 0;
    for (std::size_t n = 0; n < kChannels; ++n) {
        const std::int8_t want = even_code(t.column_first(n));
        ASSERT_EQ(got[n], want) << n;
        ASSERT_EQ(got[kChannels + n], want) << n;
        swapped += even_code(t.input_first(n)) != want ? 1 : 0;
        merged += even_code(t.factors_first(n)) != want ? 1 : 0;
    }
    EXPECT_GT(swapped, 300) << "this test must tell the orders apart";
    EXPECT_GT(merged, 300);
}

TEST(LinearColumns, OneRowMergesTheFactorsAndRoundsHalfAway) {
    const Ties t(LinearKind::W8Columns, 1);
    std::vector<std::int8_t> got(kChannels);
    linear_forward(t.linear, t.input(), 1, false, got.data());
    int other_order = 0;
    int to_even = 0;
    for (std::size_t n = 0; n < kChannels; ++n) {
        const std::int8_t want = away_code(t.factors_first(n));
        ASSERT_EQ(got[n], want) << n;
        other_order += away_code(t.column_first(n)) != want ? 1 : 0;
        to_even += even_code(t.factors_first(n)) != want ? 1 : 0;
    }
    EXPECT_GT(other_order, 300);
    EXPECT_GT(to_even, 300);
}

TEST(LinearW4, ScalesByTheChannelFirstForAnyRows) {
    for (const std::size_t rows : {1U, 2U}) {
        const Ties t(LinearKind::W4, rows);
        std::vector<std::int8_t> forward(rows * kChannels);
        std::vector<std::int8_t> seqlen_last(rows * kChannels);
        linear_forward(t.linear, t.input(), rows, true, forward.data());
        linear_to_seqlen_last(t.linear, t.input(), rows, seqlen_last.data());
        for (std::size_t i = 0; i < forward.size(); ++i) {
            ASSERT_EQ(forward[i], even_code(t.column_first(i % kChannels))) << i;
        }
        EXPECT_EQ(forward, seqlen_last);
    }
}

TEST(LinearW4, HalfOutput) {
    for (const std::size_t rows : {1U, 3U}) {
        const Ties t(LinearKind::W4, rows, 2049.0F);  // FP16 has 2048 and 2050
        std::vector<arith::Half> got(rows * kChannels);
        linear_forward_half(t.linear, t.input(), rows, got.data());
        int swapped = 0;
        for (std::size_t i = 0; i < got.size(); ++i) {
            ASSERT_EQ(got[i], arith::to_half(t.column_first(i % kChannels))) << i;
            swapped += got[i] != arith::to_half(t.input_first(i % kChannels)) ? 1 : 0;
        }
        EXPECT_GT(swapped, 30);
    }
}

/// One weight of 10, one row, factors 1: the accumulator is 10 x.
std::int8_t one_row(LinearKind kind, std::int8_t x) {
    const std::int8_t w = 10;
    const float one = 1.0F;
    traces::Linear linear;
    linear.kind = kind;
    linear.n = linear.n_padded = linear.k = 1;
    linear.weight = &w;
    linear.column = &one;
    linear.a = 1.0F;
    std::int8_t out = 0;
    linear_forward(linear, {&x, 1, 0}, 1, true, &out);
    return out;
}

TEST(LinearColumns, OneRowSaturatesWhateverTheQuirk) {
    for (const LinearKind kind : {LinearKind::W8Columns, LinearKind::W4}) {
        EXPECT_EQ(one_row(kind, 13), 127);
        EXPECT_EQ(one_row(kind, -13), -128);
        EXPECT_EQ(one_row(kind, -12), -120);
    }
}

TEST(LinearColumns, OnlyForwardToInt8) {
    const Ties t(LinearKind::W8Columns, 1);
    std::vector<std::int8_t> codes(kChannels);
    std::vector<arith::Half> halves(kChannels);
    EXPECT_THROW(linear_to_seqlen_last(t.linear, t.input(), 1, codes.data()),
                 std::invalid_argument);
    EXPECT_THROW(linear_forward_half(t.linear, t.input(), 1, halves.data()), std::invalid_argument);
}

TEST(LinearColumns, ABlockOfChannelsHasItsOwnColumns) {
    std::mt19937 rng(3);
    const auto x = random_codes(rng, std::size_t{3} * 64);
    const auto weight = random_codes(rng, std::size_t{300} * 64);  // several blocks of channels
    const auto column = random_floats(rng, 300, 0.01F);
    traces::Linear linear;
    linear.kind = LinearKind::W4;
    linear.n = linear.n_padded = 300;
    linear.k = 64;
    linear.weight = weight.data();
    linear.column = column.data();
    linear.a = 0.25F;
    const Int8Rows rows{x.data(), 64, 0};
    std::vector<std::int8_t> got(900);
    linear_forward(linear, rows, 3, false, got.data());
    const auto sums = linear_accumulators(linear, rows, 3);
    for (std::size_t i = 0; i < got.size(); ++i) {
        const float inner = column[i % 300] * static_cast<float>(sums[i]);
        ASSERT_EQ(got[i], even_code(0.25F * inner)) << i;
    }
}

}  // namespace
}  // namespace mambasic::golden
