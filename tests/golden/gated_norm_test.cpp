#include "golden/gated_norm.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/golden/bits.h"
#include "tests/golden/oracle.h"
#include "tests/golden/random_layer.h"

namespace mambasic::golden {
namespace {

struct Case {
    std::size_t rows, stride;
    std::vector<arith::Half> y, weight;
    std::vector<std::int8_t> z;
    GatedNormParams p;
    Case(std::size_t r, std::size_t width, std::size_t groups, std::uint32_t seed)
        : rows(r), stride(width + 7) {
        std::mt19937 rng(seed);
        y = random_halves(rng, r * width, 2.0F);
        weight = random_halves(rng, width, 1.0F);
        z = random_codes(rng, r * stride);
        p = {width, groups, weight.data(), 1e-5F, {8}};
    }
    Int8Rows gate() const { return {z.data() + 3, stride, 0.037F}; }
    std::vector<arith::Half> run() const {
        std::vector<arith::Half> out(rows * p.width);
        gated_norm(p, y.data(), gate(), rows, out.data());
        return out;
    }
};

/// kernels.md 3.3 for one element of a group, and its sum of squares, with the steps rounded as
/// told.
struct Oracle {
    std::vector<float> gated;
    float rstd = 0;
    Oracle(const Case& c, std::size_t row, std::size_t group) {
        const std::size_t width = c.p.width / c.p.groups;
        for (std::size_t i = group * width; i < (group + 1) * width; ++i) {
            const float z = c.gate().scale * c.gate().row(row)[i];
            const float sigmoid = 1.0F / (1.0F + arith::exp(-z));
            const float g = z * sigmoid;
            gated.push_back(arith::from_half(c.y[row * c.p.width + i]) * g);
        }
        const float sum = sum_by_levels(gated, gated, c.p.sum.tree_width);
        const float variance = sum / static_cast<float>(width);
        rstd = 1.0F / std::sqrt(variance + c.p.epsilon);
    }
    arith::Half output(std::size_t i, arith::Half weight) const {
        const float normed = gated[i] * rstd;
        return arith::to_half(normed * arith::from_half(weight));
    }
};

void expect_oracle(const Case& c) {
    const std::vector<arith::Half> got = c.run();
    const std::size_t width = c.p.width / c.p.groups;
    for (std::size_t row = 0; row < c.rows; ++row) {
        for (std::size_t group = 0; group < c.p.groups; ++group) {
            const Oracle want(c, row, group);
            for (std::size_t i = 0; i < width; ++i) {
                const std::size_t channel = group * width + i;
                ASSERT_EQ(got[row * c.p.width + channel], want.output(i, c.weight[channel]))
                    << "row " << row << ", channel " << channel;
            }
        }
    }
}

TEST(GatedNorm, IsTheSpecToTheBit) {
    for (const std::size_t groups : {1U, 2U, 8U}) {
        for (const std::uint32_t tree : {0U, 8U, 32U}) {
            Case c(5, 8 * 44, groups, 1);  // 44: a last block of a tree of 8 that is half full
            c.p.sum.tree_width = tree;
            expect_oracle(c);
        }
    }
}

TEST(GatedNorm, TheOrderOfTheSumShows) {
    Case c(40, 1536, 1, 2);
    const auto tree = c.run();
    c.p.sum.tree_width = 0;
    EXPECT_NE(c.run(), tree);
}

TEST(GatedNorm, AgreesWithTheTextbook) {
    const Case c(3, 512, 2, 3);
    const auto got = c.run();
    for (std::size_t row = 0; row < 3; ++row) {
        double sum[2] = {0, 0};
        std::vector<double> gated;
        for (std::size_t i = 0; i < 512; ++i) {
            const double z = static_cast<double>(c.gate().scale) * c.gate().row(row)[i];
            gated.push_back(static_cast<double>(arith::from_half(c.y[row * 512 + i])) * z /
                            (1.0 + std::exp(-z)));
            sum[i / 256] += gated.back() * gated.back();
        }
        for (std::size_t i = 0; i < 512; ++i) {
            const double want = gated[i] / std::sqrt(sum[i / 256] / 256 + 1e-5) *
                                static_cast<double>(arith::from_half(c.weight[i]));
            const auto value = static_cast<double>(arith::from_half(got[row * 512 + i]));
            ASSERT_NEAR(value, want, std::abs(want) * 0x1p-10 + 1e-7);
        }
    }
}

TEST(GatedNorm, AGroupKnowsNothingOfTheOthers) {
    Case c(1, 32, 4, 4);
    const auto before = c.run();
    for (std::size_t i = 8; i < 16; ++i) {
        c.y[i] = arith::to_half(30.0F * arith::from_half(c.y[i]) + 1.0F);
    }
    const auto after = c.run();
    for (std::size_t i = 0; i < 32; ++i) {
        EXPECT_EQ(i / 8 != 1, before[i] == after[i]) << i;
    }
}

TEST(GatedNorm, ByHand) {
    // z = 127 * 1: sigmoid is 1 and the gate 127. Squares of 127 * (3, 4) have mean 127^2 * 12.5.
    const std::vector<arith::Half> y = {arith::to_half(3), arith::to_half(-4)};
    const std::vector<arith::Half> weight = {arith::to_half(1), arith::to_half(2)};
    const std::vector<std::int8_t> z = {127, 127};
    std::vector<arith::Half> out(2);
    gated_norm({2, 1, weight.data(), 0.0F, {8}}, y.data(), {z.data(), 2, 1.0F}, 1, out.data());
    EXPECT_EQ(out[0], arith::to_half(0.84852814F));  // 3 / sqrt(12.5)
    EXPECT_EQ(out[1], arith::to_half(-2.2627417F));  // -8 / sqrt(12.5)
    const std::vector<std::int8_t> closed = {0, 0};
    gated_norm({2, 1, weight.data(), 1e-5F, {8}}, y.data(), {closed.data(), 2, 1.0F}, 1,
               out.data());
    EXPECT_EQ(arith::from_half(out[0]), 0.0F);
    EXPECT_EQ(arith::from_half(out[1]), 0.0F);
}

}  // namespace
}  // namespace mambasic::golden
