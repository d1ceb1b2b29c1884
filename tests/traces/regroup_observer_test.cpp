// The statistic that a target asks for, in both families.
#include <gtest/gtest.h>

#include <algorithm>

#include "regrouped.h"

namespace mambasic::traces::synth {
namespace {

using test::captured;
using test::captured_mamba1;
using test::cells;
using test::regrouped;

TargetScales with(TargetScales target, Observer observer) {
    target.observer = observer;
    return target;
}

struct Scales {
    std::vector<float> x, state;
};

Scales scales_of(const Trace& trace) {
    if (!trace.info().dims.mamba2()) {
        const Mamba1Layer layer = trace.mamba1_layer(0);
        if (!layer.groups) return {{layer.u_scale}, {layer.ssm_state_scale}};
    }
    const GroupTable table =
        trace.info().dims.mamba2() ? trace.mamba2_layer(0).groups : *trace.mamba1_layer(0).groups;
    const std::uint32_t cells = table.shape.cells();
    return {{table.x_scales, table.x_scales + cells},
            {table.state_scales, table.state_scales + cells * table.state_columns}};
}

float largest(const std::vector<float>& values) {
    return *std::max_element(values.begin(), values.end());
}

std::vector<Trace> traces() {
    std::vector<Trace> out;
    out.push_back(captured_mamba1(Precision::W8A8, Phase::Prefill, "mamba1"));
    out.push_back(captured(Scheme::Quamba2, Precision::W8A8, Phase::Prefill, "mamba2"));
    return out;
}

TEST(RegroupObserver, NoneIsTheSchemesUsual) {
    for (const Trace& trace : traces()) {
        EXPECT_EQ(regrouped(trace, test::kOne, "usual").info().data_sha256,
                  regrouped(trace, with(test::kOne, Observer::Percentile)).info().data_sha256);
        EXPECT_EQ(regrouped(trace, cells(4, 4), "usual").info().data_sha256,
                  regrouped(trace, with(cells(4, 4), Observer::MinMax)).info().data_sha256);
    }
}

// x's scales are of the same values whatever x_proj's weights are then.
TEST(RegroupObserver, OneMaximumIsTheLargestOfTheCells) {
    for (const Trace& trace : traces()) {
        const Scales one = scales_of(regrouped(trace, with(test::kOne, Observer::MinMax), "one"));
        const Scales groups = scales_of(regrouped(trace, cells(4, 4), "groups"));
        ASSERT_EQ(one.x.size(), 1U);
        ASSERT_EQ(one.state.size(), 1U);
        EXPECT_EQ(one.x[0], largest(groups.x));
        EXPECT_NEAR(one.state[0] / largest(groups.state), 1, 0.1);
        const Scales usual = scales_of(regrouped(trace, test::kOne, "usual"));
        EXPECT_LT(usual.x[0], one.x[0]);
        EXPECT_LT(usual.state[0], one.state[0]);
    }
}

// One sample: each cell's quantile is between its second largest value and its largest.
TEST(RegroupObserver, QuantilesByCellAreBelowTheMaxima) {
    for (const Trace& trace : traces()) {
        const Scales maxima = scales_of(regrouped(trace, cells(4, 4), "maxima"));
        const Scales quantiles =
            scales_of(regrouped(trace, with(cells(4, 4), Observer::Percentile), "quantiles"));
        ASSERT_EQ(maxima.x.size(), quantiles.x.size());
        ASSERT_EQ(maxima.state.size(), quantiles.state.size());
        for (std::size_t i = 0; i < maxima.x.size(); ++i) {
            EXPECT_LT(quantiles.x[i], maxima.x[i]) << i;
            EXPECT_GT(quantiles.x[i], 0.5F * maxima.x[i]) << i;
        }
    }
}

TEST(RegroupObserver, RecordedIsWhatGoldenGives) {
    for (const Trace& trace : traces()) {
        test::expect_prefill_is_goldens(
            regrouped(trace, with(cells(4, 4), Observer::Percentile), "quantiles"));
        test::expect_prefill_is_goldens(
            regrouped(trace, with(test::kOne, Observer::MinMax), "maximum"));
    }
}

}  // namespace
}  // namespace mambasic::traces::synth
