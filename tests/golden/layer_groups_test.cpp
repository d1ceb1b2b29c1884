// Mamba1 layers with a table of scales (ssm.md 1.6).
#include <gtest/gtest.h>

#include <stdexcept>

#include "golden/selective_scan.h"
#include "tests/golden/bits.h"
#include "tests/golden/grouped_call.h"
#include "tests/golden/oracle.h"
#include "tests/golden/scan_case.h"

namespace mambasic::golden {
namespace {

/// Ranges of unequal sizes; a scale for each channel, which is as many cells as there can be; one
/// cell.
constexpr traces::GroupShape kShapes[] = {{1, 4, 3}, {1, 6, 16}, {1, 1, 1}};

/// A prompt, and two tokens after it.
void expect_calls_as_written(const GroupedLayer& layer, const Options& options) {
    const Prompt prompt(2, 9, layer.dims, 2);
    Outcome run = prefill(layer, prompt, options);
    expect_as_written({layer, prompt, options, run, nullptr});
    for (const std::uint32_t seed : {3U, 4U}) {
        const LayerState before = run.state;
        const Prompt token(2, 1, layer.dims, seed);
        run = decode(layer, token, before, options);
        expect_as_written({layer, token, options, run, &before});
    }
}

TEST(GroupedLayer, EveryChannelHasTheScalesOfItsCell) {
    for (const traces::GroupShape& shape : kShapes) {
        expect_calls_as_written(GroupedLayer(tiny_dims(), shape, 1), {});
    }
}

TEST(GroupedLayer, WithEveryOption) {
    const GroupedLayer layer(tiny_dims(), kShapes[0], 2);
    Options options;
    options.ssm_sum.tree_width = 8;
    expect_calls_as_written(layer, options);
    options.softplus = arith::Softplus::LogExpPlus1;
    expect_calls_as_written(layer, options);
    options.quamba_quirks = true;
    expect_calls_as_written(layer, options);
    options.x_code.format = traces::XFormat::Fp32;
    expect_calls_as_written(layer, options);
}

/// The scan of a layer that has the scales of one cell for all its channels, on what `run` read.
ScanResult one_scale_scan(const GroupedLayer& layer, const Outcome& run, const Prompt& prompt,
                          float u_scale, const Options& options) {
    const auto& v = layer.view;
    const std::size_t rows = std::size_t{prompt.batch} * prompt.tokens;
    ScanParams p;
    p.channels = kTinyInner;
    p.states = kTinyStates;
    p.a_log = v.a_log;
    p.d = v.d;
    p.dt_bias = v.dt_bias;
    p.a_scale = v.a_scale;
    p.d_scale = v.d_scale;
    p.dt_bias_scale = v.dt_bias_scale;
    p.state_scale = 1.0F;
    p.order = options.scan_order;
    p.softplus = options.softplus;
    const std::int8_t* bc = run.out.x_proj.data() + kTinyRank;
    const std::size_t width = kTinyRank + 2 * kTinyStates;
    const ScanInput in{{run.out.conv.data(), kTinyInner, u_scale},
                       {run.out.dt_proj.data(), kTinyInner, v.dt_scale},
                       {bc, width, v.b_scale},
                       {bc + kTinyStates, width, v.c_scale},
                       {run.out.in_proj.data() + kTinyInner, 2 * kTinyInner, v.z_scale}};
    const std::size_t states = prompt.batch * kTinyInner * kTinyStates;
    ScanResult result{std::vector<Half>(rows * kTinyInner), std::vector<float>(states),
                      std::vector<std::int8_t>(states)};
    selective_scan(p, in, prompt.batch, prompt.tokens, view_of(result));
    return result;
}

TEST(GroupedLayer, InUpstreamsOrderACellIsALayerOfItsScale) {
    const GroupedLayer layer(tiny_dims(), kShapes[0], 3);
    Options cub;
    cub.scan_order = ScanOrder::Cub;
    const Prompt prompt(2, 40, layer.dims, 2);
    const Outcome run = prefill(layer, prompt, cub);
    EXPECT_NE(run.out.carry, prefill(layer, prompt).out.carry) << "the orders must differ";
    expect_conv({layer, prompt, cub, run, nullptr});
    expect_x_proj({layer, prompt, cub, run, nullptr});
    for (std::uint32_t cell = 0; cell < kShapes[0].cells(); ++cell) {
        const ScanResult want =
            one_scale_scan(layer, run, prompt, layer.groups.x_scales[cell], cub);
        for (std::size_t i = 0; i < run.out.scan.size(); ++i) {
            if (layer.groups.painted[i % kTinyInner] == cell) {
                ASSERT_EQ(run.out.scan[i], want.y[i]) << i;
            }
        }
        for (std::size_t i = 0; i < run.out.carry.size(); ++i) {
            if (layer.groups.painted[i / kTinyStates % kTinyInner] == cell) {
                const float scale = layer.groups.state_scales[cell * kTinyStates + i % kTinyStates];
                ASSERT_TRUE(same_bits(run.out.carry[i], want.carry[i])) << i;
                ASSERT_EQ(run.state.ssm[i], away_code(want.carry[i] / scale)) << i;
            }
        }
    }
}

void expect_equal(const Outcome& a, const Outcome& b) {
    EXPECT_EQ(a.out.conv, b.out.conv);
    EXPECT_EQ(a.out.scan, b.out.scan);
    EXPECT_EQ(a.out.out_proj, b.out.out_proj);
    EXPECT_EQ(a.state.ssm, b.state.ssm);
}

TEST(GroupedLayer, WithOneScaleInAllCellsIsTheLayerWithoutATable) {
    GroupedLayer same(tiny_dims(), kShapes[0], 1);
    RandomLayer one(tiny_dims(), 1);
    one.view.u_scale = one.view.conv_output_scale;  // apart in that layer, as they may be
    for (float& scale : same.groups.x_scales) scale = one.view.u_scale;
    for (float& scale : same.groups.state_scales) scale = one.view.ssm_state_scale;
    const Prompt prompt(2, 12, one.dims, 4);
    const Outcome run = prefill(one, prompt);
    expect_equal(prefill(same, prompt), run);
    const Prompt token(2, 1, one.dims, 5);
    expect_equal(decode(same, token, run.state), decode(one, token, run.state));
}

/// Whether prefill and decode both refuse a layer whose dimensions or table were spoilt.
template <typename Spoil>
bool refuses(Spoil spoil) {
    GroupedLayer layer(tiny_dims(), kShapes[0], 1);
    const Prompt prompt(1, 1, layer.dims, 14);
    const LayerState state = prefill(layer, prompt).state;
    spoil(layer);
    int refusals = 0;
    try {
        prefill(layer, prompt);
    } catch (const std::invalid_argument&) {
        ++refusals;
    }
    try {
        decode(layer, prompt, state);
    } catch (const std::invalid_argument&) {
        ++refusals;
    }
    return refusals == 2;
}

TEST(GroupedLayer, ATableThatDoesNotFitIsRefused) {
    EXPECT_TRUE(refuses([](GroupedLayer& l) { l.view.groups->shape.ssd_groups = 2; }));
    EXPECT_TRUE(refuses([](GroupedLayer& l) { l.view.groups->shape.ssd_groups = 0; }));
    EXPECT_TRUE(refuses([](GroupedLayer& l) { l.dims.d_inner = 88; }));
    EXPECT_TRUE(refuses([](GroupedLayer& l) { l.groups.head_end.back() = 5; }));
    EXPECT_TRUE(refuses([](GroupedLayer& l) { l.groups.dim_end.back() = 15; }));
    EXPECT_FALSE(refuses([](GroupedLayer&) {}));
}

}  // namespace
}  // namespace mambasic::golden
