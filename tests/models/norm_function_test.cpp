// Residual add + RMSNorm against a scalar derivation from kernels.md 3.1.
#include "models/norm/norm_function.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/models/function_test_support.h"

namespace mambasic::models {
namespace {

using arith::Half;
using test::Random;

struct Problem {
    NormShape shape;
    std::vector<Half> hidden, weight;
    std::vector<float> residual, residual_out;
    std::vector<std::int8_t> output;

    Problem(const NormShape& s, std::uint32_t seed) : shape(s) {
        Random random(seed);
        hidden = random.halves(s.rows * s.width, -3.0F, 3.0F);
        weight = random.halves(s.width, 0.5F, 1.5F);
        residual = random.floats(s.rows * s.width, -2.0F, 2.0F);
        residual_out.assign(s.rows * s.width, 0.0F);
        output.assign(s.rows * s.width, 0);
    }

    NormTile tile(bool with_residual) {
        NormTile t;
        t.shape = shape;
        t.hidden = hidden.data();
        t.residual_in = with_residual ? residual.data() : nullptr;
        t.residual_out = residual_out.data();
        t.weight = weight.data();
        t.epsilon = 1e-5F;
        t.output_scale = 0.019F;
        t.output = output.data();
        return t;
    }
};

std::uint64_t scalar(const NormTile& t, std::uint32_t tree, std::uint64_t row) {
    const std::uint64_t width = t.shape.width;
    std::vector<float> a;
    std::vector<float> squares;
    float sum = 0.0F;
    for (std::uint64_t i = row * width; i < (row + 1) * width; ++i) {
        float v = arith::from_half(t.hidden[i]);
        if (t.residual_in != nullptr) v += t.residual_in[i];
        t.residual_out[i] = v;
        a.push_back(v);
        squares.push_back(v * v);
        sum = std::fma(v, v, sum);
    }
    if (tree != 0) sum = test::tree_sum(squares, tree);
    const float root = 1.0F / std::sqrt(sum / static_cast<float>(width) + t.epsilon);
    std::uint64_t saturated = 0;
    for (std::uint64_t i = 0; i < width; ++i) {
        const float y = (a[i] * root) * arith::from_half(t.weight[i]);
        const float u = y / t.output_scale;
        t.output[row * width + i] = arith::quantize_rhe(u);
        saturated += u >= 127.5F || u < -128.5F ? 1U : 0U;
    }
    return saturated;
}

void compare(const NormShape& shape, bool with_residual, std::uint32_t tree, std::uint32_t seed) {
    Problem want(shape, seed);
    std::uint64_t saturated = 0;
    for (std::uint64_t row = 0; row < shape.rows; ++row) {
        saturated += scalar(want.tile(with_residual), tree, row);
    }
    NormConfig config;
    config.sum.tree_width = tree;
    for (const Isa isa : test::available_isas()) {
        const test::IsaScope scope(isa);
        Problem got(shape, seed);
        Counts counts = norm_compute(config, got.tile(with_residual));
        EXPECT_EQ(got.output, want.output) << name_of(isa) << " tree " << tree;
        EXPECT_EQ(test::bits_of(got.residual_out), test::bits_of(want.residual_out));
        EXPECT_EQ(counts[Event::Saturated], saturated);
        counts[Event::Saturated] = 0;
        EXPECT_TRUE(counts == norm_count(shape));
    }
}

TEST(NormFunction, IsTheSpecOverAwkwardShapesAndOrders) {
    for (const std::uint32_t tree : {0U, 1U, 2U, 8U, 16U, 64U}) {
        compare({1, 768}, true, tree, 1);
        compare({3, 13}, true, tree, 2);
        compare({29, 771}, false, tree, 3);
        compare({1, 1}, true, tree, 4);
    }
}

// One row before the division by the output scale, with the sum of squares and the two products
// rounded as the arguments say.
std::vector<float> values_of(const NormTile& t, bool fused, bool root_first) {
    std::vector<float> values;
    float sum = 0.0F;
    for (std::uint64_t i = 0; i < t.shape.width; ++i) {
        values.push_back(arith::from_half(t.hidden[i]) + t.residual_in[i]);
        sum = fused ? std::fma(values[i], values[i], sum) : sum + values[i] * values[i];
    }
    const float root = 1.0F / std::sqrt(sum / static_cast<float>(t.shape.width) + t.epsilon);
    for (std::uint64_t i = 0; i < t.shape.width; ++i) {
        const float w = arith::from_half(t.weight[i]);
        values[i] = root_first ? (values[i] * root) * w : values[i] * (root * w);
    }
    return values;
}

// Puts the first value that the two roundings disagree on at a tie of the quantizer, where its last
// bit decides the code, and expects the code of `right`; true if the code of `wrong` differs.
bool right_code_at_a_tie(Problem& p, const std::vector<float>& right,
                         const std::vector<float>& wrong) {
    for (std::size_t i = 0; i < right.size(); ++i) {
        if (right[i] == wrong[i]) continue;
        NormTile t = p.tile(true);
        t.output_scale = std::fabs(right[i]) / 100.5F;
        norm_compute({}, t);
        EXPECT_EQ(p.output[i], arith::quantize_rhe(right[i] / t.output_scale));
        return p.output[i] != arith::quantize_rhe(wrong[i] / t.output_scale);
    }
    return false;
}

TEST(NormFunction, RoundsWhereTheSpecRounds) {
    int sums = 0;
    int products = 0;
    for (std::uint32_t seed = 100; seed < 600; ++seed) {
        Problem p({1, 64}, seed);
        const std::vector<float> right = values_of(p.tile(true), true, true);
        sums += right_code_at_a_tie(p, right, values_of(p.tile(true), false, true)) ? 1 : 0;
        products += right_code_at_a_tie(p, right, values_of(p.tile(true), true, false)) ? 1 : 0;
    }
    EXPECT_GT(sums, 5);
    EXPECT_GT(products, 5);
}

TEST(NormFunction, SaturatesAndCounts) {
    Problem p({4, 256}, 5);
    NormTile t = p.tile(true);
    t.output_scale = 0.005F;
    NormConfig config;
    config.sum.tree_width = 8;
    Problem q({4, 256}, 5);
    NormTile r = q.tile(true);
    r.output_scale = 0.005F;
    std::uint64_t want = 0;
    for (std::uint64_t row = 0; row < 4; ++row) want += scalar(r, 8, row);
    EXPECT_GT(want, 0U);
    EXPECT_EQ(norm_compute(config, t)[Event::Saturated], want);
    EXPECT_EQ(p.output, q.output);
}

TEST(NormFunction, ResidualMayBeUpdatedInPlace) {
    Problem apart({2, 100}, 6);
    Problem in_place({2, 100}, 6);
    norm_compute({}, apart.tile(true));
    NormTile t = in_place.tile(true);
    t.residual_out = in_place.residual.data();
    norm_compute({}, t);
    EXPECT_EQ(apart.residual_out, in_place.residual);
    EXPECT_EQ(apart.output, in_place.output);
    t = in_place.tile(false);
    t.residual_out = nullptr;
    EXPECT_NO_THROW(norm_compute({}, t));
}

TEST(NormFunction, TheRootUnitIsTheConfigured) {
    Problem exact({8, 96}, 7);
    Problem coarse({8, 96}, 7);
    NonlinearConfig nonlinear;
    norm_compute({}, nonlinear, exact.tile(true));
    nonlinear.rsqrt.kind = UnitKind::Table;
    nonlinear.rsqrt.table_entries = 2;
    norm_compute({}, nonlinear, coarse.tile(true));
    EXPECT_NE(exact.output, coarse.output);
}

TEST(NormFunction, CountsAreTheHandCount) {
    const Counts counts = norm_count({3, 10});
    EXPECT_EQ(counts[Event::HalfConvert], 60U);
    EXPECT_EQ(counts[Event::Fp32Add], 33U);
    EXPECT_EQ(counts[Event::Fp32Fma], 30U);
    EXPECT_EQ(counts[Event::Fp32Mul], 60U);
    EXPECT_EQ(counts[Event::Fp32Div], 33U);
    EXPECT_EQ(counts[Event::Rsqrt], 3U);
    EXPECT_EQ(counts[Event::QuantizeInt8], 30U);
}

}  // namespace
}  // namespace mambasic::models
