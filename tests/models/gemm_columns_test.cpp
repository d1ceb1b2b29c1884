// Epilogues with a factor for each column, and 4-bit weights, against kernels.md 2.2 and 2.3.
#include <gtest/gtest.h>

#include <cmath>

#include "models/gemm/gemm_function.h"
#include "tests/models/function_test_support.h"

namespace mambasic::models {
namespace {

using arith::Half;
using test::Random;

constexpr Epilogue kColumnEpilogues[] = {Epilogue::Int8Columns, Epilogue::Int8ColumnsAlpha,
                                         Epilogue::HalfColumns};

struct Problem {
    GemmShape shape;
    std::uint64_t out_stride;
    std::vector<std::int8_t> x, weight, codes;
    std::vector<Half> halves;
    std::vector<float> column;

    Problem(const GemmShape& s, std::uint32_t seed) : shape(s), out_stride(s.n + 3) {
        Random random(seed);
        x = random.codes(s.m * s.k);
        weight = random.codes(s.n * s.k);
        column = random.floats(s.n, 0.0001F, 0.01F);
        codes.assign(s.m * out_stride, 99);
        halves.assign(s.m * out_stride, Half{0x3333});
    }

    GemmTile tile(Epilogue epilogue) {
        GemmTile t;
        t.shape = shape;
        t.x = x.data();
        t.x_stride = shape.k;
        t.weight = weight.data();
        t.epilogue = epilogue;
        t.a = 0.3713F;
        t.b = 1e30F;  // nobody reads it
        t.column = column.data();
        t.out_int8 = codes.data();
        t.out_half = halves.data();
        t.out_stride = out_stride;
        return t;
    }
};

std::uint64_t scalar(const GemmTile& t) {
    std::uint64_t saturated = 0;
    for (std::uint64_t i = 0; i < t.shape.m; ++i) {
        for (std::uint64_t n = 0; n < t.shape.n; ++n) {
            std::int32_t acc = 0;
            for (std::uint64_t k = 0; k < t.shape.k; ++k) {
                acc += t.x[i * t.x_stride + k] * t.weight[n * t.shape.k + k];
            }
            const auto accf = static_cast<float>(acc);
            const float first = t.column[n] * accf;
            const float r = first * t.a;
            const std::uint64_t at = i * t.out_stride + n;
            if (t.epilogue == Epilogue::HalfColumns) t.out_half[at] = arith::to_half(r);
            if (t.epilogue == Epilogue::Int8Columns) {
                t.out_int8[at] = arith::quantize_rhe(r);
                saturated += r >= 127.5F || r < -128.5F ? 1U : 0U;
            }
            if (t.epilogue == Epilogue::Int8ColumnsAlpha) {
                const float factor = t.column[n] * t.a;
                const float v = factor * accf;
                t.out_int8[at] = arith::quantize_rha(v);
                saturated += v >= 127.5F || v <= -128.5F ? 1U : 0U;
            }
        }
    }
    return saturated;
}

std::uint64_t compare(const GemmShape& shape, Epilogue epilogue, std::uint32_t seed) {
    Problem want(shape, seed);
    const std::uint64_t saturated = scalar(want.tile(epilogue));
    for (const GemmEngine engine : {GemmEngine::Best, GemmEngine::Kernels}) {
        use_gemm_engine(engine);
        for (const Isa isa : test::available_isas()) {
            const test::IsaScope scope(isa);
            Problem got(shape, seed);
            Counts counts = gemm_compute({}, got.tile(epilogue));
            EXPECT_EQ(got.codes, want.codes) << name_of(isa) << " n " << shape.n;
            EXPECT_EQ(got.halves, want.halves) << name_of(isa) << " n " << shape.n;
            EXPECT_EQ(counts[Event::Saturated], saturated) << name_of(isa);
            counts[Event::Saturated] = 0;
            EXPECT_TRUE(counts == gemm_count({}, shape, epilogue, MacMode::Int8));
        }
    }
    use_gemm_engine(GemmEngine::Best);
    return saturated;
}

TEST(GemmColumns, AreTheSpecAtEveryTail) {
    std::uint64_t saturated = 0;
    for (const Epilogue epilogue : kColumnEpilogues) {
        for (std::uint64_t n = 1; n <= 70; ++n) {
            saturated += compare({1 + n % 5, n, 31 + n}, epilogue, static_cast<std::uint32_t>(n));
        }
    }
    EXPECT_GT(saturated, 100U);
}

TEST(GemmColumns, ManyColumnsKeepTheirFactors) {
    for (const Epilogue epilogue : kColumnEpilogues) {
        compare({1, 9001, 16}, epilogue, 80);  // more than one epilogue chunk of 4,096 columns
        compare({37, 4099, 24}, epilogue, 81);
        compare({270, 8000, 4}, epilogue, 82);  // more rows than one accumulator buffer holds
    }
}

// column * acc overflows, column * a does not: which product comes first shows.
TEST(GemmColumns, TheOrderOfTheFactorsIsTheSpecs) {
    Problem p({1, 1, 1}, 83);
    p.x = {5};
    p.weight = {8};
    p.column = {1e37F};
    GemmTile t = p.tile(Epilogue::Int8Columns);
    t.a = 1e-37F;
    gemm_compute({}, t);
    EXPECT_EQ(p.codes[0], 127);
    t.epilogue = Epilogue::HalfColumns;
    gemm_compute({}, t);
    EXPECT_EQ(p.halves[0], arith::to_half(INFINITY));
    t.epilogue = Epilogue::Int8ColumnsAlpha;
    gemm_compute({}, t);
    EXPECT_EQ(p.codes[0], 40);
}

TEST(GemmColumns, TiesGoToEvenExceptInOneRow) {
    for (const bool one_row : {false, true}) {
        Problem p({1, 4, 1}, 84);
        p.x = {1};
        p.weight = {5, 7, -5, -7};
        p.column.assign(4, 0.5F);
        GemmTile t = p.tile(one_row ? Epilogue::Int8ColumnsAlpha : Epilogue::Int8Columns);
        t.a = 1.0F;
        gemm_compute({}, t);
        const std::vector<std::int8_t> even = {2, 4, -2, -4};
        const std::vector<std::int8_t> away = {3, 4, -3, -4};
        p.codes.resize(4);
        EXPECT_EQ(p.codes, one_row ? away : even);
    }
}

// -128.5 rounds to even -128 and fits, away from zero to -129 and does not.
TEST(GemmColumns, SaturationFollowsTheRounding) {
    Problem p({1, 1, 3}, 85);
    p.x = {1, 1, 1};
    p.weight = {-128, -128, -1};
    p.column = {0.5F};
    GemmTile t = p.tile(Epilogue::Int8Columns);
    t.a = 1.0F;
    EXPECT_EQ(gemm_compute({}, t)[Event::Saturated], 0U);
    t.epilogue = Epilogue::Int8ColumnsAlpha;
    EXPECT_EQ(gemm_compute({}, t)[Event::Saturated], 1U);
}

TEST(GemmColumns, CountsOfInt4AreTheHandCount) {
    GemmConfig config;
    config.rows = 64;
    config.cols = 32;
    config.accumulator_rows = 16;
    config.int4_macs_per_mac = 1;
    // 40 rows take the weights three times; k = 200 is two groups, so 2 * 10 * 3 tables of 8.
    const GemmShape shape{40, 10, 200};
    const Counts expanded = gemm_count(config, shape, Epilogue::HalfColumns, MacMode::Int4);
    EXPECT_EQ(expanded[Event::Int8Mac], 80000U);
    EXPECT_EQ(expanded[Event::Int4Mac], 0U);
    EXPECT_EQ(expanded[Event::Int32Add], 3U * 400U);  // four passes of 64
    EXPECT_EQ(expanded[Event::Fp32Mul], 2U * 400U);
    EXPECT_EQ(expanded[Event::CodeMulBit], 4U * 8U * 60U) << "magnitudes have four bits";
    EXPECT_EQ(expanded[Event::QuantizeInt8], 8U * 60U);
    EXPECT_EQ(expanded[Event::HalfConvert], 400U + 60U);
    EXPECT_EQ(expanded[Event::Fp32Fma], 0U);
    config.int4_macs_per_mac = 2;
    const Counts packed = gemm_count(config, shape, Epilogue::Int8Columns, MacMode::Int4);
    EXPECT_EQ(packed[Event::Int8Mac], 0U);
    EXPECT_EQ(packed[Event::Int4Mac], 80000U);
    EXPECT_EQ(packed[Event::Int32Add], 400U);  // two passes of 128
    EXPECT_EQ(packed[Event::Fp32Mul], 2U * 400U);
    EXPECT_EQ(packed[Event::Fp32Fma], 2U * 400U);  // the sums of two groups
    EXPECT_EQ(packed[Event::HalfConvert], 60U);
    EXPECT_EQ(packed[Event::QuantizeInt8], 400U);
    // One row on the adder trees: the weights come once.
    config.int4_macs_per_mac = 1;
    const Counts one = gemm_count(config, {1, 10, 200}, Epilogue::Int8Columns, MacMode::Int4);
    EXPECT_EQ(one[Event::Fp32Mul], 2U * 10U);
    EXPECT_EQ(one[Event::CodeMulBit], 4U * 8U * 20U);
    EXPECT_EQ(one[Event::Int32Add], 0U);
    config.dataflow = Dataflow::OutputStationary;  // once for each 64 rows
    const Counts rows = gemm_count(config, {65, 10, 128}, Epilogue::Int8Columns, MacMode::Int4);
    EXPECT_EQ(rows[Event::HalfConvert], 2U * 10U);
}

TEST(GemmColumns, ComputeCountsItsMode) {
    Problem p({3, 20, 256}, 86);
    GemmConfig config;
    config.rows = config.cols = config.accumulator_rows = 8;
    config.int4_macs_per_mac = 1;
    GemmTile t = p.tile(Epilogue::HalfColumns);
    t.mode = MacMode::Int4;
    EXPECT_TRUE(gemm_compute(config, t) == gemm_count(config, t.shape, t.epilogue, MacMode::Int4));
}

}  // namespace
}  // namespace mambasic::models
