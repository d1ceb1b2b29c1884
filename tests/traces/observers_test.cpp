// The observers and the offline quantizer against definitions worked out here by other means.
#include "traces/synth/observers.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "golden/arithmetic.h"
#include "traces/synth/draws.h"
#include "traces/synth/quantize.h"
#include "traces/synth/x_observers.h"

namespace mambasic::traces::synth {
namespace {

std::vector<float> some(std::size_t count, const std::string& stream) {
    std::vector<float> out(count);
    Draws(3, stream).fill_normal(out, 1.0F);
    return out;
}

TEST(Draws, SameEverywhere) {
    // Values of this generator written down once: a change would change every synthetic trace.
    const Draws draws(1, "x");
    EXPECT_EQ(draws.bits(0), 0xC288AD0D504D4AB0ULL);
    EXPECT_EQ(draws.bits(1000), 0xEC04F5AC920B95E5ULL);
    EXPECT_EQ(draws.normal(7), 0x1.50c924p-2F);
    EXPECT_NE(Draws(2, "x").bits(0), draws.bits(0));
    EXPECT_NE(Draws(1, "y").bits(0), draws.bits(0));
}

TEST(Draws, NormalHasTheMomentsOfANormal) {
    const std::vector<float> values = some(200000, "moments");
    double sum = 0;
    double squares = 0;
    double fourths = 0;
    for (const float value : values) {
        const auto v = static_cast<double>(value);
        sum += v;
        squares += v * v;
        fourths += v * v * v * v;
    }
    const auto n = static_cast<double>(values.size());
    EXPECT_NEAR(sum / n, 0, 0.01);
    EXPECT_NEAR(squares / n, 1, 0.01);
    EXPECT_NEAR(fourths / n, 3 - 1.2 / 8, 0.05);  // Irwin-Hall of 8: excess kurtosis -6/5 / 8
}

TEST(Observers, QuantileInterpolatesBetweenNeighbours) {
    std::vector<float> values{4, 1, 3, 2, 5};
    EXPECT_EQ(quantile(values, 0.0F), 1.0F);
    EXPECT_EQ(quantile(values, 0.5F), 3.0F);
    EXPECT_EQ(quantile(values, 1.0F), 5.0F);
    EXPECT_EQ(quantile(values, 0.875F), 4.5F);    // rank 3.5
    EXPECT_EQ(quantile(values, 0.3125F), 2.25F);  // rank 1.25
    std::vector<float> one{7};
    EXPECT_EQ(quantile(one, 0.9995F), 7.0F);
}

TEST(Observers, PercentileOfALargeSampleIsNearTheSortedOne) {
    std::vector<float> values = some(20001, "percentile");
    CellsObserver observer(Observer::Percentile, 1);
    observer.observe(values, {0});
    for (float& value : values) value = std::fabs(value);
    std::sort(values.begin(), values.end());
    // Rank 0.9995 * 20000 = 19990; FP32 puts it within 0.002 of that.
    EXPECT_NEAR(observer.scales()[0] * 127.0F, values[19990], 1e-3F);
    EXPECT_LT(observer.scales()[0] * 127.0F, values.back());
}

TEST(Observers, PercentileMovesByOnePercent) {
    const std::vector<float> first(100, 1.0F);
    const std::vector<float> second(100, -3.0F);
    CellsObserver observer(Observer::Percentile, 1);
    observer.observe(first, {0});
    EXPECT_EQ(observer.scales()[0], 1.0F / 127.0F);
    observer.observe(second, {0});
    EXPECT_FLOAT_EQ(observer.scales()[0], 1.02F / 127.0F);
}

// Rank 0.9995 of the two values of cell 0 is 0.9995, of the four of cell 1 it is 2.9985.
TEST(Observers, CellsHaveQuantilesOrMaximaOfTheirOwn) {
    const std::vector<std::uint32_t> cells{1, 0, 1};
    const std::vector<float> first{4, -2, 1, -8, 1, 2};
    const std::vector<float> second{0, 1, -16, 0, -3, 0};
    CellsObserver largest(Observer::MinMax, 2);
    CellsObserver quantiles(Observer::Percentile, 2);
    for (const auto& sample : {first, second}) {
        largest.observe(sample, cells);
        quantiles.observe(sample, cells);
    }
    EXPECT_EQ(largest.scales(), (std::vector<float>{3.0F / 127, 16.0F / 127}));
    const double low = 0.99 * (1 + 0.9995) + 0.01 * (1 + 2 * 0.9995);
    const double high = 0.99 * (4 + 4 * 0.9985) + 0.01 * (16 * 0.9985);
    EXPECT_NEAR(quantiles.scales()[0] * 127, low, 1e-5);
    EXPECT_NEAR(quantiles.scales()[1] * 127, high, 1e-5);
}

// Rank 0.5 of 4 and 8 is 6; the second sample's 10 moves it by a quarter of 4.
TEST(Observers, QuantileAndWeightAreThoseOfTheObservation) {
    Observation how = Observer::Percentile;
    how.alpha = 0.5F;
    how.sigma = 0.25F;
    CellsObserver observer(how, 1);
    observer.observe({4, -8}, {0});
    EXPECT_EQ(observer.scales()[0], 6.0F / 127);
    observer.observe({10, 10}, {0});
    EXPECT_EQ(observer.scales()[0], 7.0F / 127);
    EXPECT_EQ(observer.scales({-16, 15, 15})[0], 7.0F / 15);
}

// All samples together: 100 and 1 are of one cell, 2 of the other.
TEST(Observers, LeastErrorIsOfAllSamples) {
    CellsObserver observer(Observer::Mse, 2);
    observer.observe({127, 2}, {0, 1});
    observer.observe({1, -2}, {0, 1});
    EXPECT_EQ(observer.scales()[0], 1.0F);
    const float low = observer.scales()[1];
    EXPECT_GE(low, 2.0F / 127);
    EXPECT_LT(low, 2.001F / 127);
}

Grouping of_two_channels() {
    Grouping out;
    out.shape = {1, 1, 2};
    out.cells = {0, 1};
    return out;
}

Dims two_channels() {
    Dims out;
    out.d_inner = 2;
    out.d_state = 1;
    return out;
}

XObservers two_cells(Observation how, const XCode& code) {
    XObservers out(two_channels(), {Scheme::Quamba2, 1, 2, how, code}, of_two_channels());
    out.observe_x({3, -12, 1, 6});
    out.observe_state({24, 2});
    return out;
}

TEST(XObservers, OutlierAwareLeavesRoomForXOnly) {
    Observation how = Observer::OutlierAware;
    how.alpha = 1;
    const XObservers observers = two_cells(how, {});
    EXPECT_EQ(observers.x_scales(), (std::vector<float>{3.0F / 120, 12.0F / 120}));
    EXPECT_EQ(observers.state_scales(), (std::vector<float>{24.0F / 127, 2.0F / 127}));
    EXPECT_TRUE(observers.code_scales().low.empty());
    XCode five;
    five.format = XFormat::Int5;
    EXPECT_EQ(two_cells(how, five).code_scales().low, (std::vector<float>{3.0F / 15, 12.0F / 15}));
}

TEST(XObservers, CodesHaveScalesBesideInt8s) {
    XCode code;
    code.format = XFormat::Dual4;
    Observation how = Observer::MinMax;
    how.quantile = 0.5F;
    const XObservers overflow = two_cells(how, code);
    EXPECT_EQ(overflow.x_scales(), (std::vector<float>{3.0F / 127, 12.0F / 127}));
    EXPECT_EQ(overflow.code_scales().low, (std::vector<float>{2.0F / 7, 9.0F / 7}));
    EXPECT_EQ(overflow.code_scales().high, (std::vector<float>{3.0F / 7, 12.0F / 7}));
    EXPECT_TRUE(overflow.code_scales().threshold.empty());
    code.rule = FlagRule::Threshold;
    EXPECT_EQ(two_cells(how, code).code_scales().threshold, (std::vector<float>{2, 9}));
}

TEST(Observers, NumbersThatNothingAsksForAreNoDifference) {
    TargetScales target;
    target.observer = Observation(Observer::MinMax);
    target.observer->alpha = 0.9F;
    target.observer->quantile = 0.99F;
    target.observer->factor = 4;
    EXPECT_EQ(target.observed_by(), Observer::MinMax);
    target.x_code.format = XFormat::Dual4;
    EXPECT_EQ(target.observed_by().quantile, 0.99F);
    EXPECT_EQ(target.observed_by().factor, 4.0F);
    EXPECT_EQ(target.observed_by().alpha, 0.0F);
    target.observer->observer = Observer::Mse;
    EXPECT_EQ(target.observed_by(), Observer::Mse);
    target.observer->codes = true;
    EXPECT_FALSE(target.observed_by() == Observer::Mse);
}

TEST(Observers, SchemesHaveTheirUsualStatisticUnlessToldOtherwise) {
    EXPECT_EQ((TargetScales{}).observed_by(), Observer::Percentile);
    EXPECT_EQ((TargetScales{Scheme::Quamba2, 4, 4}).observed_by(), Observer::MinMax);
    EXPECT_EQ((TargetScales{Scheme::Quamba1, 1, 1, Observer::MinMax}).observed_by(),
              Observer::MinMax);
    EXPECT_EQ((TargetScales{Scheme::Quamba2, 4, 4, Observer::Percentile}).observed_by(),
              Observer::Percentile);
}

TEST(Observers, MinMaxKeepsTheLargestAndRoundsTwiceToHalf) {
    MinMaxObserver observer;
    const std::vector<float> values{0.5F, -3.0F, 2.0F};
    observer.observe(values.data(), values.size());
    const float smaller = 1.0F;
    observer.observe(&smaller, 1);
    const float scale = observer.scale();
    EXPECT_EQ(arith::from_half(arith::to_half(scale)), scale);  // an FP16 number
    EXPECT_NEAR(scale, 3.0F / 127.0F, 3.0F / 127.0F / 2048.0F);
    EXPECT_NE(scale, 3.0F / 127.0F);
}

TEST(Observers, NothingSeenGivesTheFloor) {
    EXPECT_EQ(MinMaxObserver().scale(), 1e-6F);
    EXPECT_EQ(CellsObserver(Observer::Percentile, 1).scales()[0], 1e-6F);
}

TEST(Quantize, LargestWeightBecomes127AndErrorsStayHalfAStep) {
    std::vector<float> values = some(1000, "weights");
    round_to_half(values);
    const QuantizedWeight quantized = quantize_weight(values);
    const auto largest = std::max_element(
        values.begin(), values.end(), [](float a, float b) { return std::fabs(a) < std::fabs(b); });
    EXPECT_EQ(std::abs(quantized.codes[static_cast<std::size_t>(largest - values.begin())]), 127);
    for (std::size_t i = 0; i < values.size(); ++i) {
        // Half a step, and the rounding of the quotient to FP16 (at most 2^-11 of 127).
        const float error = values[i] - quantized.scale * static_cast<float>(quantized.codes[i]);
        EXPECT_LE(std::fabs(error), quantized.scale * 0.532F) << i;
    }
}

TEST(Quantize, TiesGoToEven) {
    const std::vector<float> values{127.0F, 0.5F, 1.5F, 2.5F, -0.5F, -1.5F};
    const QuantizedWeight quantized = quantize_weight(values);
    ASSERT_EQ(quantized.scale, 1.0F);
    EXPECT_EQ(quantized.codes, (std::vector<std::int8_t>{127, 0, 2, 2, 0, -2}));
}

TEST(Quantize, EmbeddingTakesTheSignedMaximum) {
    const std::vector<float> row{127.0F, -254.0F};
    EXPECT_EQ(embedding_scale(row.data(), row.size()), 1.0F);
    EXPECT_EQ(weight_code(-254.0F, 1.0F), -128);
    const std::vector<float> negative{-127.0F, -1.0F};
    EXPECT_EQ(embedding_scale(negative.data(), negative.size()), 1.0F);
}

}  // namespace
}  // namespace mambasic::traces::synth
