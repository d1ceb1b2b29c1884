// The scales of a regrouped Mamba1 trace: what they are calibrated on, and which channels they are
// of.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "regrouped.h"
#include "traces/metadata.h"
#include "traces/synth/dequantized.h"
#include "traces/synth/mamba1_calibrate.h"

namespace mambasic::traces::synth {
namespace {

using test::captured_mamba1;
using test::cells;
using test::channels_moved;
using test::kOne;
using test::looked_up;
using test::regrouped;

constexpr TargetScales kPerChannel = cells(16, 16);

float x_scale(const Dims& dims, const Mamba1Layer& layer, std::uint32_t channel) {
    if (!layer.groups) return layer.u_scale;
    return layer.groups->x_scales[looked_up(dims, *layer.groups, channel)];
}

float state_scale_of(const Dims& dims, const Mamba1Layer& layer, std::uint32_t channel,
                     std::size_t n) {
    if (!layer.groups) return layer.ssm_state_scale;
    return layer.groups->state_scales[looked_up(dims, *layer.groups, channel) * dims.d_state + n];
}

// A quantile does not know the order that groups have put the channels in. The state comes behind
// x_proj, which groups have had quantized anew.
TEST(RegroupMamba1Scales, OneScaleDoesNotDependOnTheGroupsBefore) {
    for (const Precision precision : {Precision::W8A8, Precision::W4A8}) {
        const Trace before = captured_mamba1(precision);
        const Mamba1Layer direct = regrouped(before, kOne, "direct").mamba1_layer(0);
        const Trace grouped = regrouped(before, cells(3, 5), "grouped");
        const Trace back = regrouped(grouped, kOne, "back");
        EXPECT_EQ(back.mamba1_layer(0).u_scale, direct.u_scale);
        EXPECT_EQ(back.mamba1_layer(0).conv_output_scale, direct.u_scale);
        EXPECT_NEAR(back.mamba1_layer(0).ssm_state_scale / direct.ssm_state_scale, 1, 0.1);
    }
}

// The synthesizer calibrates the weights before they are quantized, on the same tokens.
TEST(RegroupMamba1Scales, OneScaleIsTheSynthesizers) {
    const Trace before = captured_mamba1();
    const Trace after = regrouped(before, kOne);
    const Mamba1Layer was = before.mamba1_layer(0);
    const Mamba1Layer is = after.mamba1_layer(0);
    EXPECT_NEAR(is.u_scale / was.u_scale, 1, 0.02);
    EXPECT_NEAR(is.ssm_state_scale / was.ssm_state_scale, 1, 0.05);
    EXPECT_NEAR(is.had_scale / was.had_scale, 1, 0.05);
    EXPECT_NEAR(is.x_proj.a / was.x_proj.a, is.u_scale / was.u_scale, 1e-6);
    EXPECT_EQ(is.b_scale, was.b_scale);
    EXPECT_EQ(is.dt_scale, was.dt_scale);
    EXPECT_EQ(is.z_scale, was.z_scale);
    EXPECT_EQ(is.norm_output_scale, was.norm_output_scale);
}

// A maximum over a part is at most that over the whole, and the largest of them is that. The
// channels' order decides nothing, so per-channel scales may come from the same order or another.
TEST(RegroupMamba1Scales, CellsHaveTheLargestOfTheirChannels) {
    const Trace ordered = regrouped(captured_mamba1(), cells(4, 4), "ordered");
    const Trace fine = regrouped(ordered, kPerChannel, "fine");
    const Dims& dims = ordered.info().dims;
    const Mamba1Layer channels = fine.mamba1_layer(0);
    const Mamba1Layer layer = ordered.mamba1_layer(0);
    std::vector<float> largest(16, 0.0F);
    for (std::uint32_t c = 0; c < dims.d_inner; ++c) {
        float& of_cell = largest[looked_up(dims, *layer.groups, c)];
        of_cell = std::max(of_cell, x_scale(dims, channels, c));
    }
    EXPECT_TRUE(std::equal(largest.begin(), largest.end(), layer.groups->x_scales));
}

// What was calibrated on is what then runs, so the largest value of each cell gets a code near 127,
// and few others do.
TEST(RegroupMamba1Scales, FillTheirCells) {
    for (const TargetScales& target : {cells(2, 2), cells(3, 5), cells(4, 4), kPerChannel}) {
        const Trace trace = regrouped(captured_mamba1(), target);
        const Dims& dims = trace.info().dims;
        const GroupTable table = *trace.mamba1_layer(0).groups;
        const Tensor& conv = *trace.recorded(0, "conv1d.output");
        std::vector<int> largest(table.shape.cells(), 0);
        std::size_t at_the_end = 0;
        for (std::uint64_t i = 0; i < conv.elements(); ++i) {
            const int code = std::abs(static_cast<int>(conv.as<std::int8_t>()[i]));
            const auto channel = static_cast<std::uint32_t>(i % dims.d_inner);
            int& of_cell = largest[looked_up(dims, table, channel)];
            of_cell = std::max(of_cell, code);
            if (code >= 127) ++at_the_end;
        }
        EXPECT_GT(*std::min_element(largest.begin(), largest.end()), 110);
        EXPECT_LT(at_the_end, 3 * largest.size());
    }
}

// States too: the code of the largest state of a cell and n is near 127 after the last token, which
// is where they are observed.
TEST(RegroupMamba1Scales, FillTheirStates) {
    const Trace trace = regrouped(captured_mamba1(), cells(4, 4));
    const Dims& dims = trace.info().dims;
    const GroupTable table = *trace.mamba1_layer(0).groups;
    const auto* states = trace.recorded(0, "scan.state")->as<std::int8_t>();
    std::vector<int> largest(table.shape.cells() * dims.d_state, 0);
    for (std::uint32_t i = 0; i < dims.d_inner * dims.d_state; ++i) {
        const std::uint32_t cell = looked_up(dims, table, i / dims.d_state);
        int& of_cell = largest[cell * dims.d_state + i % dims.d_state];
        of_cell = std::max(of_cell, std::abs(static_cast<int>(states[i])));
    }
    std::sort(largest.begin(), largest.end());
    EXPECT_GT(largest.front(), 90);
    EXPECT_GT(largest[largest.size() / 2], 120);
}

// By the shift of channels and by scales, in both sequences.
void expect_state_kept(const Trace& before, const Trace& after) {
    const Dims& dims = before.info().dims;
    const Mamba1Layer old = before.mamba1_layer(1);
    const Mamba1Layer now = after.mamba1_layer(1);
    const std::vector<std::size_t> from = channels_moved(old.in_proj, now.in_proj, dims);
    ASSERT_EQ(from.size(), dims.d_inner);
    for (std::uint32_t i = 0; i < 2 * dims.d_inner; ++i) {
        const std::uint32_t c = i % dims.d_inner;
        const auto place = static_cast<std::uint32_t>(from[c]);
        const std::size_t was = i - c + place;
        EXPECT_TRUE(std::equal(after.conv_state_in(1) + i * 4, after.conv_state_in(1) + i * 4 + 4,
                               before.conv_state_in(1) + was * 4));
        for (std::size_t n = 0; n < dims.d_state; ++n) {
            const float value = static_cast<float>(before.ssm_state_in(1)[was * dims.d_state + n]) *
                                state_scale_of(dims, old, place, n);
            const float steps = value / state_scale_of(dims, now, c, n);
            const float nearest = std::min(127.0F, std::max(-128.0F, std::nearbyint(steps)));
            EXPECT_EQ(static_cast<float>(after.ssm_state_in(1)[i * dims.d_state + n]), nearest);
            EXPECT_TRUE(!after.info().grouped() || std::fabs(steps) < 127.01F) << "saturates";
        }
    }
}

TEST(RegroupMamba1Scales, StatesKeepWhatTheyStandFor) {
    const Trace one = captured_mamba1(Precision::W8A8, Phase::Decode);
    const Trace groups = regrouped(one, cells(3, 2), "groups");
    for (const TargetScales& target : {kOne, kPerChannel, cells(4, 4)}) {
        expect_state_kept(one, regrouped(one, target));
        expect_state_kept(groups, regrouped(groups, target));
    }
}

// The largest that golden's scan, which starts from the states, then gives the Hadamard: the float
// layer that calibrated has seen it within what codes lose.
TEST(RegroupMamba1Scales, InputOfOutProjIsThatOfTheScanFromItsStates) {
    for (const Phase phase : {Phase::Prefill, Phase::Decode}) {
        const Trace before = captured_mamba1(Precision::W8A8, phase);
        for (const TargetScales& target : {kOne, cells(4, 4)}) {
            const Trace after = regrouped(before, target);
            const Tensor& scan = *after.recorded(0, "scan.output");
            std::vector<float> y(scan.elements());
            for (std::size_t i = 0; i < y.size(); ++i) {
                y[i] = arith::from_half(scan.as<arith::Half>()[i]);
            }
            const std::vector<float> rotated = float_hadamard(y, after.info().dims.d_inner);
            float largest = 0;
            for (const float value : rotated) largest = std::max(largest, std::fabs(value));
            const auto scale = static_cast<float>(after.mamba1_layer(0).had_scale);
            EXPECT_NEAR(scale * 127 / largest, 1, 0.06) << name_of(phase);
        }
    }
}

// With time steps of nothing a state stays what it was.
TEST(RegroupMamba1Scales, CalibrationStartsFromTheState) {
    const Trace trace = captured_mamba1();
    const Dims& dims = trace.info().dims;
    Mamba1Floats floats = dequantized(dims, trace.mamba1_layer(0));
    std::fill(floats.dt_bias.begin(), floats.dt_bias.end(), -60.0F);
    const auto* hidden = trace.find("trace.embedding.output")->as<arith::Half>();
    LayerStart start;
    start.conv.assign(3ULL * dims.d_inner, 0.0F);
    start.ssm.assign(std::size_t{dims.d_inner} * dims.d_state, -2.0F);
    Mamba1Observers observers(dims, kOne, ungrouped(dims));
    calibrate(dims, floats, {3, hidden, nullptr, trace.info().epsilon}, observers, &start);
    EXPECT_NEAR(observers.x.state_scales()[0] * 127, 2, 1e-6);
}

/// The conv output's codes of layer 0 against what they were quantized from (ssm.md 8.2).
double ssm_input_sqnr_db(const Trace& trace) {
    const TraceInfo& info = trace.info();
    const Dims& dims = info.dims;
    const Mamba1Layer layer = trace.mamba1_layer(0);
    golden::Options options;
    options.x_code.format = traces::XFormat::Fp32;
    const auto hidden = golden::embed(dims, trace.head(), trace.tokens(), info.tokens);
    golden::LayerTensors out;
    golden::LayerState state;
    golden::prefill_layer(dims, layer, {1, info.tokens, hidden.data(), nullptr, info.epsilon},
                          options, out, state);
    double signal = 0;
    double noise = 0;
    for (std::size_t i = 0; i < out.conv.size(); ++i) {
        const auto channel = static_cast<std::uint32_t>(i % dims.d_inner);
        const auto exact = static_cast<double>(out.ssm_input[i]);
        const double coded = out.conv[i] * static_cast<double>(x_scale(dims, layer, channel));
        signal += exact * exact;
        noise += (coded - exact) * (coded - exact);
    }
    return 10 * std::log10(signal / noise);
}

// With one statistic for both; 4x4 cells are 16 runs of the channels sorted by size.
TEST(RegroupMamba1Scales, GroupsTellTheConvolutionsOutputMoreExactly) {
    for (const Observer observer : {Observer::MinMax, Observer::Percentile}) {
        const Trace before = captured_mamba1();
        const auto sqnr = [&](TargetScales target) {
            target.observer = observer;
            return ssm_input_sqnr_db(regrouped(before, target));
        };
        const double one = sqnr(kOne);
        const double four = sqnr(cells(2, 2));
        const double sixteen = sqnr(cells(4, 4));
        EXPECT_GT(four, one);
        EXPECT_GT(sixteen, four + 1);
    }
}

}  // namespace
}  // namespace mambasic::traces::synth
