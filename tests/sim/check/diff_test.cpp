#include "sim/diff.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>

#include "sim/diff_element.h"

namespace mambasic::sim {
namespace {

using traces::DType;

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kTiny = std::numeric_limits<float>::denorm_min();

float float_of(std::uint32_t bits) {
    float value;
    std::memcpy(&value, &bits, sizeof(value));
    return value;
}

reports::CheckTensor compare(const std::vector<float>& got, const std::vector<float>& want,
                             Distances distances = Distances::Off) {
    TensorComparison comparison("t", DType::F32, {got.size()}, distances);
    comparison.add(got.data(), want.data(), got.size(), 0, 0);
    return comparison.result();
}

TEST(Diff, EqualTensorsHaveNothingToSay) {
    const std::vector<float> values = {0.0F, -1.5F, float_of(0x7FC00123), kInf};
    const reports::CheckTensor result = compare(values, values);
    EXPECT_EQ(result.elements, 4U);
    EXPECT_EQ(result.mismatches, 0U);
    EXPECT_EQ(result.max_ulp, 0U);
    EXPECT_FALSE(result.first);
}

TEST(Diff, CountsAndNamesTheFirstWithBothValues) {
    const reports::CheckTensor result =
        compare({1, 2, std::nextafter(3.0F, 4.0F), 4, 5.5F}, {1, 2, 3, 4, 5});
    EXPECT_EQ(result.mismatches, 2U);
    EXPECT_EQ(result.max_ulp, 1U << 20);  // 0.5 at 5 is 2^20 steps of 2^-21
    EXPECT_EQ(result.max_abs, 0.5);
    ASSERT_TRUE(result.first);
    EXPECT_EQ(result.first->index, 2U);
    EXPECT_EQ(result.first->got, "3.00000024");
    EXPECT_EQ(result.first->want, "3");
    EXPECT_EQ(result.first->got_hex, "0x40400001");
    EXPECT_EQ(result.first->want_hex, "0x40400000");
}

TEST(Diff, BitsDecideNotValues) {
    EXPECT_EQ(compare({-0.0F}, {0.0F}).mismatches, 1U);
    EXPECT_EQ(compare({-0.0F}, {0.0F}).max_ulp, 1U);
    EXPECT_EQ(compare({float_of(0x7FC00000)}, {float_of(0x7FC00001)}).mismatches, 1U);
    EXPECT_EQ(compare({float_of(0x7FC00001)}, {float_of(0x7FC00001)}).mismatches, 0U);
}

TEST(Diff, AnInfinityHasUlpButNoAbsoluteError) {
    const reports::CheckTensor result = compare({kInf}, {std::numeric_limits<float>::max()});
    EXPECT_EQ(result.max_ulp, 1U);
    EXPECT_EQ(result.max_abs, 0.0);
    EXPECT_EQ(result.first->got, "inf");
}

TEST(Diff, StepsCrossZeroAndCoverTheWholeRange) {
    EXPECT_EQ(steps_between(kTiny, -kTiny), 3U);  // tiny, +0, -0, -tiny
    EXPECT_EQ(steps_between(-kTiny, kTiny), 3U);
    EXPECT_EQ(steps_between(kInf, -kInf), 2U * 0x7F800000U + 1U);
    EXPECT_EQ(steps_between(Fp16{0x3C00}, Fp16{0x3C03}), 3U);
    EXPECT_EQ(steps_between(Fp16{0x8000}, Fp16{0x0000}), 1U);
    EXPECT_EQ(steps_between(std::int8_t{-128}, std::int8_t{127}), 255U);
    EXPECT_EQ(steps_between(std::numeric_limits<std::int64_t>::min(),
                            std::numeric_limits<std::int64_t>::max()),
              std::numeric_limits<std::uint64_t>::max());
    EXPECT_EQ(steps_between(1.0, std::nextafter(1.0, 2.0)), 1U);
}

TEST(Diff, ElementsReadAsTheirType) {
    EXPECT_EQ(decimal_of(std::int8_t{-5}), "-5");
    EXPECT_EQ(hex_of(std::int8_t{-5}), "0xfb");
    EXPECT_EQ(decimal_of(Fp16{0x3C01}), "1.001");
    EXPECT_EQ(hex_of(Fp16{0x3C01}), "0x3c01");
    EXPECT_EQ(hex_of(1.0), "0x3ff0000000000000");
}

TEST(Diff, EveryHalfHasItsOwnDecimalText) {
    for (std::uint16_t bits = 0; bits < 0x7BFF; ++bits) {
        const auto next = static_cast<std::uint16_t>(bits + 1);
        ASSERT_NE(decimal_of(Fp16{bits}), decimal_of(Fp16{next})) << bits;
    }
}

TEST(Diff, PiecesKeepTheirPlaceInTheWholeTensor) {
    // [batch 2][token 3][channel 4]; the step's row of each sequence arrives on its own.
    TensorComparison comparison("layers.0.had.output", DType::I8, {2, 3, 4}, Distances::Off);
    const std::vector<std::int8_t> want = {1, 2, 3, 4};
    std::vector<std::int8_t> got = want;
    comparison.add(got.data(), want.data(), 4, (0 * 3 + 2) * 4, 2);
    got[3] = 7;
    comparison.add(got.data(), want.data(), 4, (1 * 3 + 2) * 4, 2);
    const reports::CheckTensor result = comparison.result();
    EXPECT_EQ(result.elements, 8U);
    EXPECT_EQ(result.mismatches, 1U);
    EXPECT_EQ(result.max_ulp, 3U);
    EXPECT_EQ(result.first->index, 23U);
    EXPECT_EQ(result.first->at, (std::vector<std::uint64_t>{1, 2, 3}));
    EXPECT_EQ(result.first->step, 2U);
}

TEST(Diff, EveryMismatchIsCountedWhereverItStands) {
    std::vector<std::int8_t> want(1000);
    std::iota(want.begin(), want.end(), std::int8_t{0});
    for (std::size_t at : {0U, 1U, 499U, 998U, 999U}) {
        std::vector<std::int8_t> got = want;
        got[at] = static_cast<std::int8_t>(got[at] ^ 1);
        TensorComparison comparison("t", DType::I8, {1000}, Distances::Off);
        comparison.add(got.data(), want.data(), 1000, 0, 0);
        EXPECT_EQ(comparison.result().mismatches, 1U) << at;
        EXPECT_EQ(comparison.result().first->index, at);
    }
}

TEST(Diff, DistancesGiveSqnrAndHistogram) {
    TensorComparison comparison("t", DType::I8, {8}, Distances::On);
    const std::vector<std::int8_t> want = {10, 10, 10, 10, 10, 10, 10, 10};
    const std::vector<std::int8_t> got = {10, 11, 12, 13, 14, 15, 18, 19};
    comparison.add(got.data(), want.data(), 8, 0, 0);
    const reports::CheckTensor result = comparison.result();
    // Off by 0, 1, 2, {3, 4}, {5, 8}, {9}.
    EXPECT_EQ(result.histogram, (std::vector<std::uint64_t>{1, 1, 1, 2, 2, 1}));
    const double noise = 0 + 1 + 4 + 9 + 16 + 25 + 64 + 81;
    ASSERT_TRUE(result.sqnr_db);
    EXPECT_NEAR(*result.sqnr_db, 10 * std::log10(800 / noise), 1e-12);
    EXPECT_FALSE(compare({1}, {1}, Distances::On).sqnr_db) << "an equal tensor has no noise";
}

TEST(Diff, DistancesCountEqualPiecesToo) {
    const reports::CheckTensor result = compare({1, 2, 3}, {1, 2, 3}, Distances::On);
    EXPECT_EQ(result.histogram, (std::vector<std::uint64_t>{3}));
}

}  // namespace
}  // namespace mambasic::sim
