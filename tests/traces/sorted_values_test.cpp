// Errors of codes, and the scales with the least, against every value coded by itself.
#include "traces/synth/sorted_values.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <tuple>

#include "golden/x_code.h"
#include "traces/synth/code_scales.h"

namespace mambasic::traces::synth {
namespace {

// As SiLU leaves them: a few large, none below -0.28.
std::vector<float> some(std::size_t count, unsigned seed) {
    std::mt19937 draw(seed);
    std::normal_distribution<float> normal(0, 2);
    std::vector<float> out(count);
    for (float& value : out) {
        const float v = normal(draw) * (draw() % 50 == 0 ? 6.0F : 1.0F);
        value = v / (1 + std::exp(-v));
    }
    return out;
}

double one_by_one(const std::vector<float>& values, double scale, CodeRange range) {
    double sum = 0;
    for (const float value : values) {
        const double nearest = std::round(static_cast<double>(value) / scale);
        const double code = std::clamp<double>(nearest, range.low, range.high);
        sum += std::pow(static_cast<double>(value) - scale * code, 2);
    }
    return sum;
}

constexpr CodeRange kInt5{-16, 15, 15};
constexpr CodeRange kSkewed{-1, 14, 14};

TEST(SortedValues, ErrorByHand) {
    const SortedValues values({0.4F, -3, 1.75F, 20, 0});
    // Codes 0, -3, 2, 15 (held), 0 of scale 1.
    EXPECT_NEAR(values.error(1, kInt5), 0.16 + 0 + 0.0625 + 25 + 0, 1e-6);
    // -1 (held), 14 (held) of the skewed ones.
    EXPECT_NEAR(values.error(1, kSkewed), 0.16 + 4 + 0.0625 + 36, 1e-6);
    // Those above -3 and up to 1.75.
    EXPECT_NEAR(values.error(-3, 1.75, 1, kInt5), 0.16 + 0.0625, 1e-6);
    EXPECT_EQ(values.error(20, 30, 1, kInt5), 0);
    EXPECT_EQ(values.error(2, 1, 1, kInt5), 0);
    EXPECT_EQ(values.largest(), 20);
}

TEST(SortedValues, ErrorIsThatOfEveryValueByItself) {
    const std::vector<float> values = some(3000, 1);
    const SortedValues sorted(values);
    for (const CodeRange range : {kInt8Range, kInt5, kSkewed, CodeRange{-8, 7, 7}}) {
        for (const double scale : {0.003, 0.05, 0.31, 1.7, 20.0}) {
            const double expected = one_by_one(values, scale, range);
            EXPECT_NEAR(sorted.error(scale, range) / expected, 1, 1e-9) << scale;
        }
    }
}

// Eight values at 1 and one at 15: 15 codes of 1 hold all of them.
TEST(SortedValues, LeastErrorByHand) {
    EXPECT_EQ(least_error_scale(SortedValues({15, 1, 1, 1}), kInt5), 1.0F);
    // Many at 3.4, one at 16: a scale of 0.34 keeps the many but cuts 16 to 5.1, which costs 119; a
    // scale of 16 / 15 costs each of the many (3 * 16 / 15 - 3.4)^2 = 0.04.
    std::vector<float> many(100, 3.4F);
    many.push_back(16);
    EXPECT_GT(least_error_scale(SortedValues(many), kInt5), 0.9F);
    many.assign(1000000, 3.4F);
    many.push_back(16);
    EXPECT_LT(least_error_scale(SortedValues(many), kInt5), 0.7F);
    EXPECT_EQ(least_error_scale(SortedValues({0, 0}), kInt8Range), 0.0F);
    EXPECT_EQ(least_error_scale(SortedValues({}), kInt8Range), 0.0F);
}

TEST(SortedValues, LeastErrorIsTheGridsLeast) {
    for (unsigned seed = 0; seed < 6; ++seed) {
        const std::vector<float> values = some(2000, seed);
        const float most = *std::max_element(values.begin(), values.end());
        for (const CodeRange range : {kInt8Range, kInt5, CodeRange{-8, 7, 7}}) {
            const float chosen = least_error_scale(SortedValues(values), range);
            const double error = one_by_one(values, static_cast<double>(chosen), range);
            bool on_the_grid = false;
            for (int percent = 20; percent <= 100; ++percent) {
                const double scale = percent / 100.0 * static_cast<double>(most) / range.high;
                EXPECT_LE(error, one_by_one(values, scale, range) * (1 + 1e-5)) << percent;
                on_the_grid =
                    on_the_grid || std::fabs(static_cast<double>(chosen) / scale - 1) < 1e-6;
            }
            EXPECT_TRUE(on_the_grid);
        }
    }
}

XCode dual4(bool skewed, FlagRule rule) {
    XCode out;
    out.format = XFormat::Dual4;
    out.skewed = skewed;
    out.rule = rule;
    return out;
}

// T is the quantile at rank 0.75 * 4 = 3 of the magnitudes 0.25, 1, 2, 7, 28.
TEST(CodeScales, SplitByHand) {
    const std::vector<float> values{-1, 28, 2, 0.25F, 7};
    Observation how;
    how.quantile = 0.75F;
    const XCode code = dual4(false, FlagRule::Threshold);
    const Split from_maximum = split_of(values, code, how);
    EXPECT_EQ(from_maximum.threshold, 7);
    EXPECT_EQ(from_maximum.low, 1);
    EXPECT_EQ(from_maximum.high, 4);
    how.factor = 2.5F;
    EXPECT_EQ(split_of(values, code, how).high, 2.5F);
    const Split skewed = split_of(values, dual4(true, FlagRule::Overflow), how);
    EXPECT_EQ(skewed.low, 0.5F);
    EXPECT_EQ(skewed.high, 1.25F);
}

TEST(CodeScales, SplitOfZerosHasScalesAboveZero) {
    Observation how;
    how.quantile = 0.99F;
    const Split split = split_of({0, 0, 0}, dual4(false, FlagRule::Overflow), how);
    EXPECT_EQ(split.low, 1e-5F / 7);
    EXPECT_EQ(split.high, split.low);
    EXPECT_GT(least_error_split({0, 0}, dual4(true, FlagRule::Overflow)).low, 0.0F);
}

double coded_error(const std::vector<float>& values, const XCode& code, const Split& split) {
    const golden::XChannel channel{split.low, split.high, split.threshold, split.low, split.high};
    double sum = 0;
    for (const float value : values) {
        const golden::XElement element = golden::encode_x(code, channel, value);
        const float decoded = golden::decode_x(channel, element.code, element.flag);
        sum += std::pow(static_cast<double>(value) - static_cast<double>(decoded), 2);
    }
    return sum;
}

// Most below 1, many from 10 to 12, and one at 30: a factor of 12 is better than its 30.
std::vector<float> two_heaps() {
    std::mt19937 draw(3);
    std::uniform_real_distribution<float> low(0, 1), high(10, 12);
    std::vector<float> out{30};
    for (std::size_t i = 0; i < 700; ++i) out.push_back(low(draw));
    for (std::size_t i = 0; i < 300; ++i) out.push_back(high(draw));
    return out;
}

// As often below zero as above.
std::vector<float> both_signs() {
    std::vector<float> out = some(1500, 8);
    for (std::size_t i = 0; i < out.size(); i += 2) out[i] = -out[i];
    return out;
}

class LeastErrorSplit : public ::testing::TestWithParam<std::tuple<bool, FlagRule>> {};

// golden codes every value, with every pair that the header names.
TEST_P(LeastErrorSplit, IsTheBestOfItsPairs) {
    const auto [skewed, rule] = GetParam();
    const XCode code = dual4(skewed, rule);
    for (const std::vector<float>& values : {some(1500, 7), both_signs(), two_heaps()}) {
        const Split chosen = least_error_split(values, code);
        const double error = coded_error(values, code, chosen);
        double least = std::numeric_limits<double>::infinity();
        for (const float quantile :
             {0.5F, 0.7F, 0.8F, 0.9F, 0.95F, 0.98F, 0.99F, 0.995F, 0.998F, 0.999F}) {
            for (const float factor : {0.0F, 1.5F, 2.0F, 2.5F, 3.0F, 4.0F, 5.0F, 6.0F, 8.0F, 10.0F,
                                       12.0F, 15.0F, 20.0F, 24.0F, 29.0F}) {
                if (!skewed && factor > 15) continue;
                Observation how;
                how.quantile = quantile;
                how.factor = factor;
                least = std::min(least, coded_error(values, code, split_of(values, code, how)));
            }
        }
        EXPECT_NEAR(error / least, 1, 1e-6);
    }
}

INSTANTIATE_TEST_SUITE_P(Codes, LeastErrorSplit,
                         ::testing::Combine(::testing::Bool(),
                                            ::testing::Values(FlagRule::Overflow,
                                                              FlagRule::Threshold)));

}  // namespace
}  // namespace mambasic::traces::synth
