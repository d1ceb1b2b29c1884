// Mamba1 layers with a table of scales (ssm.md 1.6): the convolution, x_proj and the scan of a
// layer once more in plain loops, every channel with the scales that painting the ranges gives it.
#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

#include "golden/scan_step.h"
#include "tests/golden/bits.h"
#include "tests/golden/layer_run.h"
#include "tests/golden/oracle.h"
#include "tests/golden/scan_case.h"

namespace mambasic::golden {
namespace {

constexpr std::size_t kInner = 96;  // six times 16 channels
constexpr std::size_t kStates = 16;
constexpr std::size_t kRank = 16;

/// Ranges of unequal sizes; a scale for each channel, which is as many cells as there can be; one
/// cell.
constexpr traces::GroupShape kShapes[] = {{1, 4, 3}, {1, 6, 16}, {1, 1, 1}};

/// A call, what it made, and the states that it started from (decode).
struct Call {
    const GroupedLayer& layer;
    const Prompt& prompt;
    const Options& options;
    const Outcome& run;
    const LayerState* before;

    std::size_t rows() const { return std::size_t{prompt.batch} * prompt.tokens; }
    float x_scale(std::size_t e) const { return layer.groups.x_scales[layer.groups.painted[e]]; }
    float state_scale(std::size_t e, std::size_t n) const {
        return layer.groups.state_scales[layer.groups.painted[e] * kStates + n];
    }
    /// The convolution's input `back` tokens before token t of sequence s.
    float sample(std::size_t s, std::size_t t, std::size_t back, std::size_t e) const {
        if (back <= t) {
            return run.out.in_proj[(s * prompt.tokens + t - back) * 2 * kInner + e];
        }
        return before == nullptr ? 0.0F : before->conv[(s * kInner + e) * 4 + 4 - back];
    }
};

/// What the convolution quantizes. Prefill scales the exact sum once, decode tap by tap.
float conv_value(const Call& call, std::size_t row, std::size_t e) {
    const auto& v = call.layer.view;
    const std::size_t s = row / call.prompt.tokens;
    const std::size_t t = row % call.prompt.tokens;
    const float tap = v.conv_weight_scale * v.conv_input_scale;
    const float bias = v.conv_bias_scale * call.layer.conv_bias[e];
    float exact = 0.0F;
    float by_tap = bias;
    for (std::size_t k = 0; k < 4; ++k) {
        const float weight = call.layer.conv_weight[e * 4 + k];
        const float x = call.sample(s, t, 3 - k, e);
        exact += weight * x;
        by_tap = std::fma(tap * weight, x, by_tap);
    }
    return arith::silu(call.before == nullptr ? std::fma(tap, exact, bias) : by_tap);
}

void expect_conv(const Call& call) {
    for (std::size_t i = 0; i < call.rows() * kInner; ++i) {
        const float y = conv_value(call, i / kInner, i % kInner);
        ASSERT_EQ(call.run.out.conv[i], away_code(y / call.x_scale(i % kInner))) << i;
        if (call.options.ssm_input == SsmInput::Fp32) {
            ASSERT_TRUE(same_bits(call.run.out.ssm_input[i], y)) << i;
        }
    }
}

/// The codes as they are, whatever their scales. Of more than one row: the epilogue is a (b acc).
void expect_x_proj(const Call& call) {
    const traces::Linear& linear = call.layer.view.x_proj;
    for (std::size_t i = 0; i < call.rows() * linear.n; ++i) {
        int acc = 0;
        for (std::size_t e = 0; e < kInner; ++e) {
            acc += call.layer.x_proj[i % linear.n * kInner + e] *
                   call.run.out.conv[i / linear.n * kInner + e];
        }
        const float scaled = linear.b * static_cast<float>(acc);
        ASSERT_EQ(call.run.out.x_proj[i], even_code(linear.a * scaled)) << i;
    }
}

/// What a channel's step in either phase reads.
struct Step {
    Step(const Call& call, std::size_t row, std::size_t e) {
        const auto& v = call.layer.view;
        const auto& out = call.run.out;
        const bool codes = call.options.ssm_input == SsmInput::Int8;
        u = codes ? call.x_scale(e) * out.conv[row * kInner + e] : conv_value(call, row, e);
        const float bias = v.dt_bias_scale * call.layer.dt_bias[e];
        const float dt_code = out.dt_proj[row * kInner + e];
        dt = arith::softplus(std::fma(v.dt_scale, dt_code, bias), call.options.softplus);
        d = v.d_scale * call.layer.d[e];
        z = v.z_scale * out.in_proj[row * 2 * kInner + kInner + e];
        for (std::size_t n = 0; n < kStates; ++n) {
            const float a = -arith::exp(v.a_scale * call.layer.a_log[e * kStates + n]);
            decay.push_back(arith::exp(a * dt));
            const std::int8_t* bc = out.x_proj.data() + row * (kRank + 2 * kStates) + kRank;
            b.push_back(v.b_scale * bc[n]);
            c.push_back(v.c_scale * bc[kStates + n]);
        }
    }
    float u, dt, d, z;
    std::vector<float> decay, b, c;
};

/// ssm.md 1.2 in time order: moves `h` on; without a tree the sum starts from D u.
Half prefill_step(const Step& in, std::size_t tree, std::vector<float>& h) {
    const float du = in.dt * in.u;
    const float skip = in.d * in.u;
    float out = skip;
    for (std::size_t n = 0; n < kStates; ++n) {
        const float term = du * in.b[n];
        h[n] = std::fma(in.decay[n], h[n], term);
        out = std::fma(h[n], in.c[n], out);
    }
    if (tree > 0) {
        out = sum_by_levels(h, in.c, tree) + skip;
    }
    const float product = out * in.z;
    return arith::to_half(product / (1.0F + arith::exp(-in.z)));
}

/// ssm.md 2.2.
Half decode_step(const Step& in, std::size_t tree, std::vector<float>& h) {
    for (std::size_t n = 0; n < kStates; ++n) {
        const float db = in.b[n] * in.dt;
        const float term = db * in.u;
        h[n] = std::fma(h[n], in.decay[n], term);
    }
    const float out = std::fma(in.u, in.d, sum_by_levels(h, in.c, tree));
    const float sigmoid = 1.0F / (1.0F + arith::exp(-in.z));
    const float gate = in.z * sigmoid;
    return arith::to_half(out * gate);
}

void expect_scan(const Call& call, std::size_t s, std::size_t e) {
    const std::size_t tree = call.options.ssm_sum.tree_width;
    const bool decodes = call.before != nullptr;
    const std::size_t first = (s * kInner + e) * kStates;
    std::vector<float> h(kStates, 0.0F);
    for (std::size_t n = 0; n < kStates && decodes; ++n) {
        h[n] = call.state_scale(e, n) * call.before->ssm[first + n];
    }
    for (std::size_t t = 0; t < call.prompt.tokens; ++t) {
        const std::size_t row = s * call.prompt.tokens + t;
        const Step in(call, row, e);
        const Half y = decodes ? decode_step(in, tree, h) : prefill_step(in, tree, h);
        ASSERT_EQ(call.run.out.scan[row * kInner + e], y) << t << " " << e;
    }
    for (std::size_t n = 0; n < kStates; ++n) {
        ASSERT_TRUE(same_bits(call.run.out.carry[first + n], h[n])) << e << " " << n;
        const float quotient = h[n] / call.state_scale(e, n);
        ASSERT_EQ(call.run.state.ssm[first + n],
                  decodes ? even_code(quotient) : away_code(quotient))
            << e << " " << n;
    }
}

void expect_as_written(const Call& call) {
    expect_conv(call);
    expect_x_proj(call);
    for (std::size_t i = 0; i < call.prompt.batch * kInner; ++i) {
        expect_scan(call, i / kInner, i % kInner);
    }
}

/// A prompt, and two tokens after it.
void expect_as_written(const GroupedLayer& layer, const Options& options) {
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
        expect_as_written(GroupedLayer(tiny_dims(), shape, 1), {});
    }
}

TEST(GroupedLayer, WithEveryOption) {
    const GroupedLayer layer(tiny_dims(), kShapes[0], 2);
    Options options;
    options.ssm_sum.tree_width = 8;
    expect_as_written(layer, options);
    options.softplus = arith::Softplus::LogExpPlus1;
    expect_as_written(layer, options);
    options.quamba_quirks = true;
    expect_as_written(layer, options);
    options.ssm_input = SsmInput::Fp32;
    expect_as_written(layer, options);
}

/// The scan of a layer that has the scales of one cell for all its channels, on what `run` read.
ScanResult one_scale_scan(const GroupedLayer& layer, const Outcome& run, const Prompt& prompt,
                          float u_scale, const Options& options) {
    const auto& v = layer.view;
    const std::size_t rows = std::size_t{prompt.batch} * prompt.tokens;
    ScanParams p;
    p.channels = kInner;
    p.states = kStates;
    p.a_log = v.a_log;
    p.d = v.d;
    p.dt_bias = v.dt_bias;
    p.a_scale = v.a_scale;
    p.d_scale = v.d_scale;
    p.dt_bias_scale = v.dt_bias_scale;
    p.state_scale = 1.0F;
    p.order = options.scan_order;
    p.softplus = options.softplus;
    const std::int8_t* bc = run.out.x_proj.data() + kRank;
    const std::size_t width = kRank + 2 * kStates;
    const ScanInput in{{run.out.conv.data(), kInner, u_scale},
                       {run.out.dt_proj.data(), kInner, v.dt_scale},
                       {bc, width, v.b_scale},
                       {bc + kStates, width, v.c_scale},
                       {run.out.in_proj.data() + kInner, 2 * kInner, v.z_scale}};
    const std::size_t states = prompt.batch * kInner * kStates;
    ScanResult result{std::vector<Half>(rows * kInner), std::vector<float>(states),
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
            if (layer.groups.painted[i % kInner] == cell) {
                ASSERT_EQ(run.out.scan[i], want.y[i]) << i;
            }
        }
        for (std::size_t i = 0; i < run.out.carry.size(); ++i) {
            if (layer.groups.painted[i / kStates % kInner] == cell) {
                const float scale = layer.groups.state_scales[cell * kStates + i % kStates];
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
