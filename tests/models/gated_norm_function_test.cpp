// The gated RMSNorm against a scalar derivation from kernels.md 3.3.
#include "models/gated_norm/gated_norm_function.h"

#include <gtest/gtest.h>

#include <cmath>

#include "models/common/error.h"
#include "tests/models/function_test_support.h"

namespace mambasic::models {
namespace {

using arith::Half;
using test::Random;

struct Problem {
    GatedNormShape shape;
    std::vector<Half> y, weight, output;
    std::vector<std::int8_t> z;

    Problem(const GatedNormShape& s, std::uint32_t seed) : shape(s) {
        Random random(seed);
        y = random.halves(s.rows * s.width, -4.0F, 4.0F);
        weight = random.halves(s.width, 0.5F, 1.5F);
        z = random.codes(s.rows * stride());
        output.assign(s.rows * s.width + 1, Half{0x3333});
    }
    std::uint64_t stride() const { return shape.width + 9; }

    GatedNormTile tile() {
        GatedNormTile t;
        t.shape = shape;
        t.y = y.data();
        t.z = z.data();
        t.z_stride = stride();
        t.z_scale = 0.0371F;
        t.weight = weight.data();
        t.epsilon = 1e-5F;
        t.output = output.data();
        return t;
    }
};

enum class Rounding { Spec, DividedGate, RootTimesWeight };

void scalar(const GatedNormTile& t, std::uint32_t tree, Rounding rounding = Rounding::Spec) {
    const std::uint64_t width = t.shape.width / t.shape.groups;
    for (std::uint64_t i = 0; i < t.shape.rows * t.shape.groups; ++i) {
        const std::uint64_t row = i / t.shape.groups;
        const std::uint64_t first = i % t.shape.groups * width;
        std::vector<float> a;
        std::vector<float> squares;
        float sum = 0.0F;
        for (std::uint64_t c = first; c < first + width; ++c) {
            const float z = t.z_scale * static_cast<float>(t.z[row * t.z_stride + c]);
            const float sigmoid = 1.0F / (1.0F + arith::exp(-z));
            const float gate =
                rounding == Rounding::DividedGate ? z / (1.0F + arith::exp(-z)) : z * sigmoid;
            a.push_back(arith::from_half(t.y[row * t.shape.width + c]) * gate);
            squares.push_back(a.back() * a.back());
            sum = std::fma(a.back(), a.back(), sum);
        }
        if (tree != 0) sum = test::tree_sum(squares, tree);
        const float root = 1.0F / std::sqrt(sum / static_cast<float>(width) + t.epsilon);
        for (std::uint64_t j = 0; j < width; ++j) {
            const float w = arith::from_half(t.weight[first + j]);
            const float v =
                rounding == Rounding::RootTimesWeight ? a[j] * (root * w) : (a[j] * root) * w;
            t.output[row * t.shape.width + first + j] = arith::to_half(v);
        }
    }
}

GatedNormConfig tree_of_width(std::uint32_t width) {
    GatedNormConfig config;
    config.sum.tree_width = width;
    return config;
}

void compare(const GatedNormShape& shape, std::uint32_t tree, std::uint32_t seed) {
    Problem want(shape, seed);
    scalar(want.tile(), tree);
    for (const Isa isa : test::available_isas()) {
        const test::IsaScope scope(isa);
        Problem got(shape, seed);
        const Counts counts = gated_norm_compute(tree_of_width(tree), {}, got.tile());
        EXPECT_EQ(got.output, want.output)
            << name_of(isa) << " tree " << tree << " width " << shape.width;
        EXPECT_TRUE(counts == gated_norm_count(shape));
    }
}

TEST(GatedNormFunction, IsTheSpecAtEveryTail) {
    for (std::uint64_t width = 1; width <= 70; ++width) {
        compare({1 + width % 5, width, 1}, 8, static_cast<std::uint32_t>(width));
    }
}

TEST(GatedNormFunction, IsTheSpecInEveryOrderAndGrouping) {
    for (const std::uint32_t tree : {0U, 1U, 2U, 8U, 16U, 64U}) {
        compare({2, 1536, 1}, tree, 100);
        compare({3, 2 * 77, 2}, tree, 101);
        compare({1, 8 * 130, 8}, tree, 102);
        compare({2, 5, 5}, tree, 103);  // one element a group
    }
}

TEST(GatedNormFunction, ManyRowsOnManyThreads) { compare({129, 1024, 4}, 8, 104); }

TEST(GatedNormFunction, EachGroupIsNormalizedByItself) {
    Problem whole({1, 64, 1}, 105);
    Problem halves({1, 64, 2}, 105);
    gated_norm_compute(tree_of_width(8), {}, whole.tile());
    gated_norm_compute(tree_of_width(8), {}, halves.tile());
    EXPECT_NE(whole.output, halves.output);
}

// What the last bit of an FP32 value does to its FP16 rounding is rare: many seeds.
TEST(GatedNormFunction, RoundsWhereTheSpecRounds) {
    int gates = 0;
    int products = 0;
    for (std::uint32_t seed = 200; seed < 300; ++seed) {
        Problem got({1, 4096, 1}, seed);
        Problem want = got;
        Problem divided = got;
        Problem combined = got;
        gated_norm_compute(tree_of_width(8), {}, got.tile());
        scalar(want.tile(), 8);
        ASSERT_EQ(got.output, want.output);
        scalar(divided.tile(), 8, Rounding::DividedGate);
        scalar(combined.tile(), 8, Rounding::RootTimesWeight);
        gates += got.output != divided.output ? 1 : 0;
        products += got.output != combined.output ? 1 : 0;
    }
    EXPECT_GT(gates, 5);
    EXPECT_GT(products, 5);
}

TEST(GatedNormFunction, ApproximateUnitsGiveTheSameBitsInEveryWidth) {
    for (const UnitKind kind : {UnitKind::Table, UnitKind::Polynomial}) {
        NonlinearConfig nonlinear;
        nonlinear.silu.kind = nonlinear.rsqrt.kind = kind;
        nonlinear.silu.table_entries = nonlinear.rsqrt.table_entries = 16;
        nonlinear.silu.polynomial_degree = nonlinear.rsqrt.polynomial_degree = 2;
        Problem exact({5, 130, 2}, 106);
        gated_norm_compute(tree_of_width(8), {}, exact.tile());
        std::vector<std::vector<Half>> outputs;
        for (const Isa isa : test::available_isas()) {
            const test::IsaScope scope(isa);
            Problem p({5, 130, 2}, 106);
            gated_norm_compute(tree_of_width(8), nonlinear, p.tile());
            outputs.push_back(p.output);
        }
        for (const auto& output : outputs) EXPECT_EQ(output, outputs.front());
        EXPECT_NE(outputs.front(), exact.output);
    }
}

TEST(GatedNormFunction, EachUnitIsTheConfigured) {
    Problem exact({3, 96, 1}, 107);
    gated_norm_compute(tree_of_width(8), {}, exact.tile());
    NonlinearConfig silu;
    silu.silu.kind = UnitKind::Table;
    silu.silu.table_entries = 8;
    NonlinearConfig rsqrt;
    rsqrt.rsqrt.kind = UnitKind::Table;
    rsqrt.rsqrt.table_entries = 2;
    for (const NonlinearConfig& nonlinear : {silu, rsqrt}) {
        Problem p({3, 96, 1}, 107);
        gated_norm_compute(tree_of_width(8), nonlinear, p.tile());
        EXPECT_NE(p.output, exact.output);
    }
}

TEST(GatedNormFunction, GroupsThatDoNotDivideTheRowAreRefused) {
    Problem p({1, 10, 3}, 108);
    EXPECT_THROW(gated_norm_compute(tree_of_width(8), {}, p.tile()), InternalError);
}

TEST(GatedNormFunction, CountsAreTheHandCount) {
    const Counts counts = gated_norm_count({3, 10, 2});  // 30 elements, 6 groups
    EXPECT_EQ(counts[Event::HalfConvert], 90U);
    EXPECT_EQ(counts[Event::Fp32Mul], 90U);
    EXPECT_EQ(counts[Event::CodeMulBit], 8U * 30) << "z";
    EXPECT_EQ(counts[Event::Fp32Fma], 30U);
    EXPECT_EQ(counts[Event::Silu], 30U);
    EXPECT_EQ(counts[Event::Fp32Div], 6U);
    EXPECT_EQ(counts[Event::Fp32Add], 6U);
    EXPECT_EQ(counts[Event::Rsqrt], 6U);
}

}  // namespace
}  // namespace mambasic::models
