// SQNR against an FP32 SSM input, by hand from a layer's weights.
#include "sim/quality.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "tests/golden/layer_run.h"
#include "tests/golden/random_mamba2.h"

namespace mambasic::sim {
namespace {

using golden::GroupedLayer;
using golden::Outcome;
using golden::Prompt;
using golden::RandomLayer;
using golden::RandomMamba2;
using reports::QualityFigures;
using traces::Phase;

double decibels(double signal, double noise) { return 10 * std::log10(signal / noise); }

traces::TraceInfo info_of(const traces::Dims& dims, Phase phase, std::uint32_t layers) {
    traces::TraceInfo info;
    info.dims = dims;
    info.phase = phase;
    info.first_layer = 5;
    info.layers = layers;
    return info;
}

golden::Options fp32() {
    golden::Options options;
    options.x_code.format = traces::XFormat::Fp32;
    return options;
}

/// What a layer made of a prompt; the convolution reads in_proj's columns from the first on.
struct Run {
    const Prompt& prompt;
    const Outcome& made;
    std::size_t first_column;
};

/// The convolution of one channel in double.
template <typename View>
double conv_value(const View& view, const traces::ConvSection& section, const Run& run,
                  std::size_t row, std::size_t channel) {
    const std::vector<std::int8_t>& in_proj = run.made.out.in_proj;
    const std::size_t tokens = run.prompt.tokens;
    const std::size_t width = in_proj.size() / run.prompt.batch / tokens;
    double v = static_cast<double>(section.bias_scale) * view.conv_bias[channel];
    for (std::size_t back = 0; back <= std::min<std::size_t>(3, row % tokens); ++back) {
        v += static_cast<double>(section.weight_scale) * view.conv_weight[channel * 4 + 3 - back] *
             static_cast<double>(section.input_scale) *
             in_proj[(row - back) * width + run.first_column + channel];
    }
    return v / (1 + std::exp(-v));
}

/// Signal and noise of the SSM input of channels [first, end), E = 96, and of the output.
struct ByHand {
    double x[2] = {}, bc[2] = {}, output[2] = {};

    static void add(double (&sums)[2], double signal, double got) {
        sums[0] += signal * signal;
        sums[1] += (got - signal) * (got - signal);
    }
    template <typename Layer>
    void add_output(const Layer& layer, const Prompt& prompt, const Outcome& run) {
        const Outcome exact = golden::prefill(layer, prompt, fp32());
        for (std::size_t i = 0; i < run.out.out_proj.size(); ++i) {
            add(output, static_cast<double>(arith::from_half(exact.out.out_proj[i])),
                static_cast<double>(arith::from_half(run.out.out_proj[i])));
        }
    }
    void expect(const QualityFigures& got) const {
        EXPECT_NEAR(*got.ssm_input_db, decibels(x[0] + bc[0], x[1] + bc[1]), 1e-3);
        EXPECT_NEAR(*got.ssm_input_x_db, decibels(x[0], x[1]), 1e-3);
        EXPECT_NEAR(*got.layer_output_db, decibels(output[0], output[1]), 1e-9);
    }
};

ByHand by_hand(const RandomLayer& layer, const std::vector<float>& u_scales, const Prompt& prompt,
               const Outcome& run) {
    ByHand sums;
    const auto& v = layer.view;
    const traces::ConvSection section{v.conv_input_scale, v.conv_weight_scale, v.conv_bias_scale};
    for (std::size_t i = 0; i < run.out.conv.size(); ++i) {
        const double y = conv_value(v, section, {prompt, run, 0}, i / 96, i % 96);
        ByHand::add(sums.x, y, static_cast<double>(u_scales[i % 96]) * run.out.conv[i]);
    }
    sums.add_output(layer, prompt, run);
    return sums;
}

ByHand by_hand(const RandomLayer& layer, const Prompt& prompt, const Outcome& run) {
    return by_hand(layer, std::vector<float>(96, 0.0163F), prompt, run);  // the layer's u_scale
}

ByHand by_hand(const GroupedLayer& layer, const Prompt& prompt, const Outcome& run) {
    std::vector<float> scales;
    for (const std::uint32_t cell : layer.groups.painted) {
        scales.push_back(layer.groups.x_scales[cell]);
    }
    return by_hand(layer, scales, prompt, run);
}

/// Two SSD groups of 16 states: channels x [0, 96), B [96, 128), C [128, 160), after 96 of z.
ByHand by_hand(const RandomMamba2& layer, const Prompt& prompt, const Outcome& run) {
    ByHand sums;
    for (std::size_t i = 0; i < run.out.conv.size(); ++i) {
        const std::size_t c = i % 160;
        const auto& v = layer.view;
        const auto& section = c < 96 ? v.conv_x : c < 128 ? v.conv_b : v.conv_c;
        const float scale = c < 96    ? layer.groups.x_scales[layer.groups.painted[c]]
                            : c < 128 ? layer.b_scales[(c - 96) / 16]
                                      : layer.c_scales[(c - 128) / 16];
        const double y = conv_value(v, section, {prompt, run, 96}, i / 160, c);
        ByHand::add(c < 96 ? sums.x : sums.bc, y, static_cast<double>(scale) * run.out.conv[i]);
    }
    sums.add_output(layer, prompt, run);
    return sums;
}

template <typename Layer>
void expect_by_hand(const Layer& layer) {
    const Prompt first(2, 9, layer.dims, 2);
    const Prompt second(2, 9, layer.dims, 3);
    const Outcome run = golden::prefill(layer, first);
    const Outcome again = golden::prefill(layer, second);
    Quality quality(info_of(layer.dims, Phase::Prefill, 3), golden::Options{});
    quality.add(layer.view, {0, {}, first.input(), {}, run.out});
    quality.add(layer.view, {2, {}, second.input(), {}, again.out});
    const reports::QualitySection got = quality.result();
    ASSERT_EQ(got.layers.size(), 3U);
    EXPECT_EQ(got.layers[2].index, 7U);
    ByHand sums = by_hand(layer, first, run);
    sums.expect(got.layers[0].figures);
    EXPECT_FALSE(got.layers[1].figures.ssm_input_db);
    EXPECT_FALSE(got.network) << "no step came to its end";
    const ByHand other = by_hand(layer, second, again);
    other.expect(got.layers[2].figures);
    for (std::size_t i = 0; i < 2; ++i) {
        sums.x[i] += other.x[i];
        sums.bc[i] += other.bc[i];
        sums.output[i] += other.output[i];
    }
    sums.expect(got.all);
}

TEST(Quality, FollowsTheRunsOptions) {
    RandomLayer layer(golden::tiny_dims(), 1);
    layer.view.had_scale /= 4;  // most of the Hadamard's codes leave the range
    const Prompt prompt(2, 60, layer.dims, 2);
    golden::Options wrapping;
    wrapping.quamba_quirks = true;
    const Outcome run = golden::prefill(layer, prompt, wrapping);
    const auto output_db = [&](const golden::Options& options) {
        Quality quality(info_of(layer.dims, Phase::Prefill, 1), options);
        quality.add(layer.view, {0, {}, prompt.input(), {}, run.out});
        return *quality.result().all.layer_output_db;
    };
    EXPECT_GT(output_db(wrapping), output_db(golden::Options{}) + 3);
}

TEST(Quality, CountsTheCodesThatTheirRangeHeld) {
    RandomLayer layer(golden::tiny_dims(), 1);
    layer.view.conv_output_scale = layer.view.u_scale = 0.0043F;
    const Prompt prompt(2, 20, layer.dims, 2);
    for (const bool dual : {false, true}) {
        golden::Options options;
        options.x_code.format = dual ? traces::XFormat::Dual8 : traces::XFormat::Int8;
        options.x_code.factor = dual ? 2.0F : 0.0F;
        const Outcome run = golden::prefill(layer, prompt, options);
        Quality quality(info_of(layer.dims, Phase::Prefill, 1), options);
        quality.add(layer.view, {0, options.x_code, prompt.input(), {}, run.out});
        const auto& v = layer.view;
        const traces::ConvSection section{v.conv_input_scale, v.conv_weight_scale,
                                          v.conv_bias_scale};
        std::uint64_t beyond_one = 0;  // of the int8 range
        std::uint64_t beyond_two = 0;  // of twice that
        for (std::size_t i = 0; i < std::size_t{40} * 96; ++i) {
            const double y = conv_value(v, section, {prompt, run, 0}, i / 96, i % 96);
            if (y / 0.0043 >= 127.5 || y / 0.0043 <= -128.5) ++beyond_one;
            if (y / 0.0086 >= 127.5 || y / 0.0086 <= -128.5) ++beyond_two;
        }
        ASSERT_GT(beyond_two, 0U);
        ASSERT_GT(beyond_one, beyond_two);
        const reports::CodeCounts got = quality.result().x;
        EXPECT_EQ(got.elements, 40U * 96);
        EXPECT_EQ(got.flagged, dual ? beyond_one : 0);
        EXPECT_EQ(got.saturated, dual ? beyond_two : beyond_one);
    }
}

TEST(Quality, AnFp32InputHasNoCodesAndLosesNothing) {
    const RandomLayer layer(golden::tiny_dims(), 1);
    const Prompt prompt(2, 9, layer.dims, 2);
    const Outcome run = golden::prefill(layer, prompt, fp32());
    Quality quality(info_of(layer.dims, Phase::Prefill, 1), fp32());
    quality.add(layer.view, {0, fp32().x_code, prompt.input(), {}, run.out});
    quality.finish_step(run.out, nullptr);
    const reports::QualitySection got = quality.result();
    EXPECT_EQ(got.x.elements, 0U);
    EXPECT_FALSE(got.all.ssm_input_db);
    EXPECT_FALSE(got.all.layer_output_db);
    EXPECT_TRUE(got.all.ssm_input_noiseless);
    EXPECT_TRUE(got.all.layer_output_noiseless);
    EXPECT_TRUE(got.network->noiseless);
}

RandomMamba2 mamba2_layer() { return {golden::tiny2_dims(2), traces::LinearKind::W8Columns, 1}; }

TEST(Quality, OfAMamba1LayerByHand) { expect_by_hand(RandomLayer(golden::tiny_dims(), 1)); }

TEST(Quality, OfAMamba1LayerWithGroupsByHand) {
    expect_by_hand(GroupedLayer(golden::tiny_dims(), {1, 4, 3}, 1));
}

TEST(Quality, OfAMamba2LayerByHand) { expect_by_hand(mamba2_layer()); }

template <typename Layer>
QualityFigures figures_of(const Layer& layer) {
    const Prompt prompt(2, 60, layer.dims, 2);
    const Outcome run = golden::prefill(layer, prompt);
    const auto end = run.out.conv.end();
    EXPECT_EQ(std::find(run.out.conv.begin(), end, std::int8_t{127}), end) << "saturated";
    Quality quality(info_of(layer.dims, Phase::Prefill, 1), golden::Options{});
    quality.add(layer.view, {0, {}, prompt.input(), {}, run.out});
    return quality.result().all;
}

/// Of a convolution that stays between 4 and 12, where SiLU crowds no values around zero, so that
/// the error is uniform: a scale of half the size halves it, as long as no code saturates.
void expect_six_decibels(const QualityFigures& coarse, const QualityFigures& fine) {
    EXPECT_NEAR(*fine.ssm_input_db - *coarse.ssm_input_db, 6.02, 0.15);
    EXPECT_NEAR(*fine.ssm_input_x_db - *coarse.ssm_input_x_db, 6.02, 0.15);
    EXPECT_GT(*fine.layer_output_db, *coarse.layer_output_db + 2);
}

TEST(Quality, RisesBySixDecibelsAsMamba1sScaleHalves) {
    RandomLayer layer(golden::tiny_dims(), 1);
    std::fill(layer.conv_bias.begin(), layer.conv_bias.end(), std::int8_t{100});
    layer.view.conv_bias_scale = 0.08F;
    const auto with_scale = [&layer](float scale) {
        layer.view.conv_output_scale = layer.view.u_scale = scale;
        return figures_of(layer);
    };
    const QualityFigures coarse = with_scale(0.4F);
    const QualityFigures middle = with_scale(0.2F);
    expect_six_decibels(coarse, middle);
    expect_six_decibels(middle, with_scale(0.1F));
}

TEST(Quality, RisesBySixDecibelsAsMamba1sGroupsScalesHalve) {
    GroupedLayer layer(golden::tiny_dims(), {1, 4, 3}, 1);
    std::fill(layer.conv_bias.begin(), layer.conv_bias.end(), std::int8_t{100});
    layer.view.conv_bias_scale = 0.08F;
    const auto with_scale = [&layer](float scale) {
        for (float& s : layer.groups.x_scales) s = scale *= 1.001F;  // every cell another one
        return figures_of(layer);
    };
    const QualityFigures coarse = with_scale(0.4F);
    const QualityFigures middle = with_scale(0.2F);
    expect_six_decibels(coarse, middle);
    expect_six_decibels(middle, with_scale(0.1F));
}

TEST(Quality, RisesBySixDecibelsAsMamba2sScalesHalve) {
    RandomMamba2 layer = mamba2_layer();
    std::fill(layer.conv_bias.begin(), layer.conv_bias.end(), std::int8_t{100});
    for (auto* section : {&layer.view.conv_x, &layer.view.conv_b, &layer.view.conv_c}) {
        section->bias_scale = 0.08F;
    }
    const auto with_scale = [&layer](float scale) {
        for (auto* scales : {&layer.groups.x_scales, &layer.b_scales, &layer.c_scales}) {
            for (float& s : *scales) s = scale *= 1.001F;  // every cell another one
        }
        return figures_of(layer);
    };
    const QualityFigures coarse = with_scale(0.4F);
    const QualityFigures middle = with_scale(0.2F);
    expect_six_decibels(coarse, middle);
    expect_six_decibels(middle, with_scale(0.1F));
}

}  // namespace
}  // namespace mambasic::sim
