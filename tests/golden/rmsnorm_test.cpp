#include "golden/rmsnorm.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "golden/tree_sum.h"
#include "tests/golden/bits.h"
#include "tests/golden/oracle.h"
#include "tests/golden/random_layer.h"

namespace mambasic::golden {
namespace {

constexpr arith::Half kOne = 0x3C00;

TEST(TreeSum, AddsNeighboursLevelByLevel) {
    std::mt19937 rng(1);
    for (const std::size_t width : {1U, 2U, 4U, 8U, 16U, 64U}) {
        for (std::size_t count = 1; count <= 100; ++count) {
            const std::vector<float> terms = random_floats(rng, count, 1.0F);
            EXPECT_TRUE(
                same_bits(tree_sum(terms.data(), count, width), tree_by_levels(terms, width)))
                << count << " terms, width " << width;
        }
    }
}

TEST(TreeSum, ByHand) {
    const std::vector<float> terms = {0x1p24F, 1, 1, 1, 1, 1};
    // Left to right: 2^24 swallows every 1.
    EXPECT_EQ(tree_sum(terms.data(), 6, 1), 0x1p24F);
    // Pairs: (2^24 + 1 = 2^24) + 2 + 2.
    EXPECT_EQ(tree_sum(terms.data(), 6, 2), 0x1p24F + 4.0F);
    // Fours: (2^24 + 2), then (1 + 1) + (0 + 0).
    EXPECT_EQ(tree_sum(terms.data(), 6, 4), 0x1p24F + 4.0F);
    // One tree of eight: (2^24 + 2) + (2 + 0).
    EXPECT_EQ(tree_sum(terms.data(), 6, 8), 0x1p24F + 4.0F);
    const std::vector<float> late = {1, 1, 1, 0x1p24F};
    EXPECT_EQ(tree_sum(late.data(), 4, 1), 0x1p24F + 4.0F);  // 2^24 + 3 is a tie, to even
    EXPECT_EQ(tree_sum(late.data(), 4, 4), 0x1p24F + 2.0F);
}

TEST(TreeSum, NegativeZerosStayUnlessPadded) {
    const std::vector<float> zeros(4, -0.0F);
    EXPECT_EQ(bits_of(tree_sum(zeros.data(), 4, 2)), 0x80000000U);
    EXPECT_EQ(bits_of(tree_sum(zeros.data(), 3, 2)), 0U);  // -0 + the +0 of the padding
}

struct Norm {
    std::vector<float> residual;
    std::vector<std::int8_t> output;
};

Norm run(const std::vector<arith::Half>& hidden, const std::vector<float>* residual,
         const std::vector<arith::Half>& weight, const RmsNormParams& params) {
    RmsNormParams p = params;
    p.weight = weight.data();
    const std::size_t width = weight.size();
    Norm out{std::vector<float>(hidden.size()), std::vector<std::int8_t>(hidden.size())};
    rmsnorm(p,
            {hidden.size() / width, width, hidden.data(),
             residual == nullptr ? nullptr : residual->data()},
            out.residual.data(), out.output.data());
    return out;
}

TEST(RmsNorm, ByHand) {
    // a = 3 3 3 3: variance 9, 1/sqrt = fl(1/3), times 3 = 1; codes weight / scale.
    const std::vector<arith::Half> hidden(4, 0x4200);
    const std::vector<arith::Half> weight = {kOne, 0x4000, 0xBC00, 0x3800};  // 1, 2, -1, 0.5
    const Norm out = run(hidden, nullptr, weight, {nullptr, 0.0F, 0.03125F, {8}});
    EXPECT_EQ(out.residual, (std::vector<float>{3, 3, 3, 3}));
    EXPECT_EQ(out.output, (std::vector<std::int8_t>{32, 64, -32, 16}));
}

TEST(RmsNorm, RoundsHalfToEvenAndSaturates) {
    // a = 1, 1, 1, 1: y = weight; scale 1 makes ties of the halves.
    const std::vector<arith::Half> hidden(4, kOne);
    const std::vector<arith::Half> weight = {0x3800, 0x3E00, 0x5BFF,
                                             0xDBFF};  // .5 1.5 255.9 -255.9
    const Norm out = run(hidden, nullptr, weight, {nullptr, 0.0F, 1.0F, {8}});
    EXPECT_EQ(out.output, (std::vector<std::int8_t>{0, 2, 127, -128}));
}

TEST(RmsNorm, EpsilonIsInsideTheRoot) {
    const std::vector<arith::Half> hidden = {0x3C00, 0x3C00};
    const std::vector<arith::Half> weight = {kOne, kOne};
    const Norm out = run(hidden, nullptr, weight, {nullptr, 3.0F, 0.0078125F, {8}});
    EXPECT_EQ(out.output[0], 64);  // 1 / sqrt(1 + 3)
}

TEST(RmsNorm, ResidualIsAddedInFp32AndReturned) {
    const std::vector<arith::Half> hidden = {0x3C00, 0xBC00};
    const std::vector<float> residual = {0x1p-20F, 5.0F};  // 1 + 2^-20 is no FP16 number
    const std::vector<arith::Half> weight = {kOne, kOne};
    const Norm out = run(hidden, &residual, weight, {nullptr, 1e-5F, 0.02F, {8}});
    EXPECT_EQ(out.residual, (std::vector<float>{1.0F + 0x1p-20F, 4.0F}));
}

struct Case {
    std::size_t rows = 64;
    std::size_t width = 768;
    std::vector<arith::Half> hidden, weight;
    std::vector<float> residual;
    RmsNormParams params{nullptr, 1e-5F, 0.0291F, {8}};
    explicit Case(std::uint32_t seed) {
        std::mt19937 rng(seed);
        hidden = random_halves(rng, rows * width, 1.0F);
        weight = random_halves(rng, width, 1.0F);
        residual = random_floats(rng, rows * width, 2.0F);
    }
};

TEST(RmsNorm, AgreesWithDoubleUnlessNearlyTied) {
    const Case c(2);
    const Norm out = run(c.hidden, &c.residual, c.weight, c.params);
    for (std::size_t r = 0; r < c.rows; ++r) {
        double sum = 0;
        for (std::size_t i = 0; i < c.width; ++i) {
            const double a = out.residual[r * c.width + i];
            sum += a * a;
        }
        const double rstd = 1.0 / std::sqrt(sum / static_cast<double>(c.width) + 1e-5);
        for (std::size_t i = 0; i < c.width; ++i) {
            const double y = out.residual[r * c.width + i] * rstd *
                             static_cast<double>(arith::from_half(c.weight[i]));
            const double u = std::min(127.0, std::max(-128.0, y / 0.0291));
            ASSERT_NEAR(out.output[r * c.width + i], u, 0.5 + 1e-4) << r << " " << i;
        }
    }
}

/// kernels.md 3.1 again, with the sum handed in; before the division by the output scale.
float normed(float a, float sum, std::size_t width, arith::Half weight) {
    const float rstd = 1.0F / std::sqrt(sum / static_cast<float>(width) + 1e-5F);
    const float scaled = a * rstd;
    return scaled * arith::from_half(weight);
}

/// A row of its own, with a scale that puts one of its elements within an ulp of the tie 2.5, so
/// that its code shows the last bit of everything before.
void expect_row_exact(const Case& c, std::size_t row, std::uint32_t tree_width) {
    const std::size_t width = 100;                    // no multiple of the trees
    const std::vector<arith::Half> hidden(width, 0);  // FP32 numbers: FP16 squares would be exact
    const std::vector<float> residual(c.residual.data() + row * width,
                                      c.residual.data() + (row + 1) * width);
    const std::vector<arith::Half> weight(c.weight.data(), c.weight.data() + width);
    std::vector<float> squares;
    float chain = 0.0F;
    for (const float a : residual) {
        squares.push_back(a * a);
        chain = std::fma(a, a, chain);
    }
    const float sum = tree_width == 0 ? chain : tree_by_levels(squares, tree_width);
    const std::size_t tied = row % width;
    const float y = normed(residual[tied], sum, width, weight[tied]);
    RmsNormParams params = c.params;
    params.output_scale = std::fabs(y) / 2.5F;
    params.sum.tree_width = tree_width;
    const Norm out = run(hidden, &residual, weight, params);
    for (std::size_t i = 0; i < width; ++i) {
        const float v = normed(out.residual[i], sum, width, weight[i]);
        ASSERT_EQ(out.output[i], arith::quantize_rhe(v / params.output_scale)) << row << " " << i;
    }
}

TEST(RmsNorm, EveryOrderIsExactlyItsOwn) {
    const Case c(3);
    for (const std::uint32_t tree_width : {0U, 1U, 8U, 16U}) {
        for (std::size_t row = 0; row < 400; ++row) {
            expect_row_exact(c, row, tree_width);
        }
    }
}

}  // namespace
}  // namespace mambasic::golden
