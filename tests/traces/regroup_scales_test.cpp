// The scales of a regrouped trace: what they are calibrated on, and which channels they are of.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>

#include "regrouped.h"
#include "traces/synth/dequantized.h"
#include "traces/synth/mamba2_calibrate.h"

namespace mambasic::traces::synth {
namespace {

using test::captured;
using test::cells;
using test::channels_moved;
using test::kOne;
using test::kPerChannel;
using test::looked_up;
using test::regrouped;

std::vector<float> copied(const float* values, std::size_t count) {
    return {values, values + count};
}

void expect_same_single_scales(const Mamba2Layer& a, const Mamba2Layer& b) {
    EXPECT_EQ(a.groups.x_scales[0], b.groups.x_scales[0]);
    EXPECT_EQ(a.groups.state_scales[0], b.groups.state_scales[0]);
    EXPECT_EQ(a.b_scales[0], b.b_scales[0]);
    EXPECT_EQ(a.c_scales[0], b.c_scales[0]);
}

// The first layer of a trace and of its grouped version are the same numbers in another order, and
// a quantile and a maximum do not know the order.
TEST(RegroupScales, OneScaleDoesNotDependOnTheGroupsBefore) {
    for (const Precision precision : {Precision::W8A8, Precision::W4A8}) {
        const Trace before = captured(Scheme::Quamba1, precision);
        const Trace grouped = regrouped(before, cells(3, 5), "grouped");
        const Trace direct = regrouped(before, kOne, "direct");
        const Trace back = regrouped(grouped, kOne, "back");
        expect_same_single_scales(direct.mamba2_layer(0), back.mamba2_layer(0));
    }
}

void expect_near(float got, float want) { EXPECT_LT(std::fabs(got / want - 1), 0.05F) << want; }

// The synthesizer draws the same network for both schemes and calibrates on the same tokens. Scales
// around the cells are the same maxima; those of the cells are seen through quantized weights here.
TEST(RegroupScales, OneScaleIsTheSynthesizers) {
    const Trace groups = regrouped(captured(Scheme::Quamba2), kOne);
    const Trace direct = captured(Scheme::Quamba1, Precision::W8A8, Phase::Prefill, "direct");
    const Mamba2Layer got = groups.mamba2_layer(0);
    const Mamba2Layer want = direct.mamba2_layer(0);
    EXPECT_EQ(got.norm_output_scale, want.norm_output_scale);
    EXPECT_EQ(got.in_proj.a, want.in_proj.a);
    EXPECT_EQ(got.z_scale, want.z_scale);
    EXPECT_EQ(got.dt_scale, want.dt_scale);
    EXPECT_EQ(got.conv_x.input_scale, want.conv_x.input_scale);
    EXPECT_EQ(got.conv_b.input_scale, want.conv_b.input_scale);
    EXPECT_EQ(got.conv_c.weight_scale, want.conv_c.weight_scale);
    EXPECT_EQ(got.a_scale, want.a_scale);
    EXPECT_EQ(got.bc_scales, 1U);
    EXPECT_EQ(got.groups.state_columns, 1U);
    expect_near(got.groups.x_scales[0], want.groups.x_scales[0]);
    expect_near(got.groups.state_scales[0], want.groups.state_scales[0]);
    expect_near(got.b_scales[0], want.b_scales[0]);
    expect_near(got.c_scales[0], want.c_scales[0]);
}

// A maximum over a part is at most that over the whole, and the largest of them is that.
TEST(RegroupScales, CoarserCellsHaveTheLargestOfTheirChannels) {
    const Trace before = captured(Scheme::Quamba2);
    const Trace fine = regrouped(before, kPerChannel, "fine");
    const Trace coarse = regrouped(before, cells(4, 4), "coarse");  // the ranges it has
    const Dims& dims = before.info().dims;
    const GroupTable channels = fine.mamba2_layer(0).groups;
    const GroupTable table = coarse.mamba2_layer(0).groups;
    const std::size_t states = dims.d_state;
    std::vector<float> largest(table.shape.cells(), 0.0F);
    std::vector<float> largest_state(table.shape.cells() * states, 0.0F);
    for (std::uint32_t c = 0; c < dims.d_inner; ++c) {
        const std::uint32_t cell = looked_up(dims, table, c);
        ASSERT_EQ(looked_up(dims, channels, c), c);
        largest[cell] = std::max(largest[cell], channels.x_scales[c]);
        for (std::size_t n = 0; n < states; ++n) {
            float& state = largest_state[cell * states + n];
            state = std::max(state, channels.state_scales[c * states + n]);
        }
    }
    EXPECT_EQ(copied(table.x_scales, largest.size()), largest);
    EXPECT_EQ(copied(table.state_scales, largest_state.size()), largest_state);
}

// The largest code of each cell, and how many codes are at the end of their range.
struct Reach {
    std::vector<int> largest;
    std::size_t at_the_end = 0;
    void see(std::size_t cell, std::int8_t code) {
        const int magnitude = std::abs(static_cast<int>(code));
        largest[cell] = std::max(largest[cell], magnitude);
        if (magnitude >= 127) ++at_the_end;
    }
};

Reach reach_of_x(const Trace& trace) {
    const Dims& dims = trace.info().dims;
    const GroupTable table = trace.mamba2_layer(0).groups;
    const Tensor& conv = *trace.recorded(0, "conv1d.output");
    Reach out{std::vector<int>(table.shape.cells(), 0)};
    for (std::uint64_t i = 0; i < conv.elements(); ++i) {
        const auto channel = static_cast<std::uint32_t>(i % dims.conv_channels());
        if (channel >= dims.d_inner) continue;
        out.see(looked_up(dims, table, channel), conv.as<std::int8_t>()[i]);
    }
    return out;
}

// What was calibrated on is what then runs, so the largest value of each cell gets a code near 127,
// and few others do. Scales of other cells would leave some small and saturate others.
TEST(RegroupScales, FillTheirCells) {
    const Trace before = captured(Scheme::Quamba2);
    for (const TargetScales& target : {cells(2, 2), cells(3, 5), cells(4, 4)}) {
        const Reach reach = reach_of_x(regrouped(before, target));
        for (const int largest : reach.largest) EXPECT_GT(largest, 115);
        EXPECT_LT(reach.at_the_end, 3 * reach.largest.size());
    }
}

// The quantile leaves 0.05 % of the values beyond it: 3 of 24 tokens of 256 channels.
TEST(RegroupScales, OneScaleSaturatesWhatIsBeyondTheQuantile) {
    const Reach reach = reach_of_x(regrouped(captured(Scheme::Quamba2), kOne));
    EXPECT_GE(reach.at_the_end, 2U);
    EXPECT_LE(reach.at_the_end, 8U);
}

void expect_state_kept(const Trace& before, const Trace& after) {
    const Dims& dims = before.info().dims;
    const Mamba2Layer old = before.mamba2_layer(1);
    const Mamba2Layer now = after.mamba2_layer(1);
    const std::vector<std::size_t> from = channels_moved(old.in_proj, now.in_proj, dims);
    ASSERT_EQ(from.size(), dims.d_inner);
    const auto scale = [&dims](const GroupTable& table, std::size_t channel, std::size_t n) {
        const std::size_t cell = looked_up(dims, table, static_cast<std::uint32_t>(channel));
        return table.state_scales[cell * table.state_columns + n % table.state_columns];
    };
    const std::size_t rows = dims.conv_channels();
    for (std::size_t i = 0; i < 2ULL * dims.d_inner; ++i) {  // two sequences
        const std::size_t b = i / dims.d_inner;
        const std::size_t c = i % dims.d_inner;
        const std::int8_t* conv = after.conv_state_in(1) + (b * rows + c) * 4;
        EXPECT_TRUE(std::equal(conv, conv + 4, before.conv_state_in(1) + (b * rows + from[c]) * 4));
        for (std::size_t n = 0; n < dims.d_state; ++n) {
            const std::size_t at = (b * dims.d_inner + c) * dims.d_state + n;
            const std::size_t was = (b * dims.d_inner + from[c]) * dims.d_state + n;
            const float value =
                static_cast<float>(before.ssm_state_in(1)[was]) * scale(old.groups, from[c], n);
            const float steps = value / scale(now.groups, c, n);
            const float nearest = std::min(127.0F, std::max(-128.0F, std::nearbyint(steps)));
            EXPECT_EQ(static_cast<float>(after.ssm_state_in(1)[at]), nearest) << steps;
            EXPECT_TRUE(!after.info().grouped() || std::fabs(steps) < 127.01F) << "saturates";
        }
    }
}

TEST(RegroupScales, StatesKeepWhatTheyStandFor) {
    for (const Scheme scheme : {Scheme::Quamba1, Scheme::Quamba2}) {
        const Trace before = captured(scheme, Precision::W8A8, Phase::Decode);
        for (const TargetScales& target : {kOne, kPerChannel, cells(2, 2), cells(4, 4)}) {
            expect_state_kept(before, regrouped(before, target));
        }
    }
}

std::vector<float> statistic_of(const Trace& trace, const Mamba2Floats& floats, std::uint32_t first,
                                std::uint32_t tokens, const LayerStart* start = nullptr) {
    const Dims& dims = trace.info().dims;
    const auto* hidden = trace.find("trace.embedding.output")->as<arith::Half>();
    const Sample sample{tokens, hidden + std::size_t{first} * dims.d_model, nullptr,
                        trace.info().epsilon};
    std::vector<float> out(dims.d_inner, 0.0F);
    observe_channels(dims, floats, sample, out, start);
    return out;
}

// A mean over five tokens is the same in one piece and in two, if the second begins with what the
// first leaves in the convolution.
TEST(RegroupScales, ChannelsAreSortedByWhatTheConvolutionGivesAfterItsState) {
    const Trace trace = captured(Scheme::Quamba1);
    const Dims& dims = trace.info().dims;
    const Mamba2Floats floats = dequantized(dims, trace.mamba2_layer(0));
    const auto* hidden = trace.find("trace.embedding.output")->as<arith::Half>();
    const std::vector<float> normed =
        float_norm(floats.norm, {3, hidden, nullptr, trace.info().epsilon});
    LayerStart start;
    start.conv = float_gemm({normed.data(), dims.d_model, 3},
                            floats.in_proj.data() + std::size_t{dims.d_inner} * dims.d_model,
                            dims.conv_channels(), dims.d_model);
    const std::vector<float> whole = statistic_of(trace, floats, 0, 5);
    const std::vector<float> first = statistic_of(trace, floats, 0, 3);
    const std::vector<float> second = statistic_of(trace, floats, 3, 2, &start);
    for (std::size_t c = 0; c < whole.size(); ++c) {
        EXPECT_NEAR(5 * whole[c], 3 * first[c] + 2 * second[c], 1e-5F * whole[c]) << c;
    }
}

}  // namespace
}  // namespace mambasic::traces::synth
