// Whole Mamba2 layers: the right operands in the right order.
#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "golden/conv1d.h"
#include "golden/gated_norm.h"
#include "golden/hadamard.h"
#include "golden/linear.h"
#include "golden/rmsnorm.h"
#include "golden/ssd.h"
#include "tests/golden/layer_run.h"
#include "tests/golden/random_mamba2.h"

namespace mambasic::golden {
namespace {

using traces::LinearKind;

template <typename Check>
void for_each_tensor(const LayerTensors& a, const LayerTensors& b, Check check) {
    check("norm.residual", a.residual, b.residual);
    check("norm.output", a.norm, b.norm);
    check("in_proj.output", a.in_proj, b.in_proj);
    check("conv1d.output", a.conv, b.conv);
    check("scan.output", a.scan, b.scan);
    check("gated_norm.output", a.gated_norm, b.gated_norm);
    check("had.output", a.hadamard, b.hadamard);
    check("out_proj.output", a.out_proj, b.out_proj);
}

void expect_equal(const Outcome& a, const Outcome& b) {
    for_each_tensor(a.out, b.out, [](const char* name, const auto& x, const auto& y) {
        EXPECT_FALSE(x.empty()) << name;
        EXPECT_TRUE(x == y) << name;
    });
    EXPECT_EQ(a.out.carry, b.out.carry);
    EXPECT_EQ(a.state.conv, b.state.conv);
    EXPECT_EQ(a.state.ssm, b.state.ssm);
}

RandomMamba2 w8_layer(std::uint32_t groups) {
    return {tiny2_dims(groups), LinearKind::W8Columns, 1};
}

/// A layer by hand, from the kernels: every column range, scale and count written out for E = 96,
/// N = 16, H = 6.
class ByHand {
public:
    ByHand(const RandomMamba2& layer, const Prompt& prompt, const LayerState* before)
        : l_(layer), v_(layer.view), p_(prompt), bc_(std::size_t{16} * layer.dims.groups) {
        rows_ = std::size_t{prompt.batch} * prompt.tokens;
        if (before != nullptr) {
            want_.state = *before;
        }
        decode_ = before != nullptr;
        norm_and_in_proj();
        conv();
        ssd();
        output();
    }
    const Outcome& want() const { return want_; }

private:
    void norm_and_in_proj() {
        want_.out.residual.resize(rows_ * 48);
        want_.out.norm.resize(rows_ * 48);
        rmsnorm({v_.norm_weight, 1e-5F, v_.norm_output_scale, {8}},
                {rows_, 48, p_.hidden.data(), p_.residual.data()}, want_.out.residual.data(),
                want_.out.norm.data());
        want_.out.in_proj.resize(rows_ * (198 + 2 * bc_));
        linear_forward(v_.in_proj, {want_.out.norm.data(), 48, 0}, rows_, false,
                       want_.out.in_proj.data());
    }
    void conv() {
        Conv1dByChannel conv{v_.conv_weight, v_.conv_bias, {}};
        const traces::ConvSection* sections[] = {&v_.conv_x, &v_.conv_b, &v_.conv_c};
        for (std::size_t e = 0; e < 96 + 2 * bc_; ++e) {
            const std::size_t section = e < 96 ? 0 : e < 96 + bc_ ? 1 : 2;
            const auto& s = *sections[section];
            const float out = section == 0   ? l_.groups.x_scales[l_.groups.painted[e]]
                              : section == 1 ? l_.b_scales[(e - 96) / 16]
                                             : l_.c_scales[(e - 96 - bc_) / 16];
            conv.scales.push_back({s.weight_scale * s.input_scale, s.bias_scale, out});
        }
        want_.out.conv.resize(rows_ * (96 + 2 * bc_));
        want_.state.conv.resize(p_.batch * (96 + 2 * bc_) * 4);
        const Int8Rows xbc{want_.out.in_proj.data() + 96, 198 + 2 * bc_, 0};
        if (decode_) {
            conv1d_update(conv, xbc, p_.batch, want_.out.conv.data(), want_.state.conv.data());
        } else {
            conv1d_prefill(conv, xbc, p_.batch, p_.tokens, want_.out.conv.data(),
                           want_.state.conv.data());
        }
    }
    void ssd() {
        const GroupScales scales(l_.dims, v_.groups);
        SsdParams p;
        p.heads = 6;
        p.head_dim = 16;
        p.states = 16;
        p.groups = l_.dims.groups;
        p.dt_bias = v_.dt_bias;
        p.a_log = v_.a_log;
        p.d = v_.d;
        p.a_scale = v_.a_scale;
        p.d_scale = v_.d_scale;
        p.scales = &scales;
        p.bc_scales = l_.dims.groups;
        p.b_scales = v_.b_scales;
        p.c_scales = v_.c_scales;
        p.sum = {16};
        want_.out.scan.resize(rows_ * 96);
        want_.out.carry.resize(std::size_t{p_.batch} * 96 * 16);
        want_.state.ssm.resize(std::size_t{p_.batch} * 96 * 16);
        const std::size_t width = 96 + 2 * bc_;
        const SsdInput in{{want_.out.conv.data(), width, 0},
                          {want_.out.conv.data() + 96, width, 0},
                          {want_.out.conv.data() + 96 + bc_, width, 0},
                          {want_.out.in_proj.data() + 192 + 2 * bc_, 198 + 2 * bc_, v_.dt_scale}};
        const ScanOutput out{want_.out.scan.data(), want_.out.carry.data(), want_.state.ssm.data()};
        if (decode_) {
            ssd_step(p, in, p_.batch, out);
        } else {
            ssd_prefill(p, in, p_.batch, p_.tokens, out);
        }
    }
    void output() {
        want_.out.gated_norm.resize(rows_ * 96);
        gated_norm({96, l_.dims.groups, v_.gated_norm_weight, 1e-5F, {8}}, want_.out.scan.data(),
                   {want_.out.in_proj.data(), 198 + 2 * bc_, v_.z_scale}, rows_,
                   want_.out.gated_norm.data());
        want_.out.hadamard.resize(rows_ * 96);
        hadamard(want_.out.gated_norm.data(), rows_, 96, hadamard_scale(96, v_.had_scale), false,
                 want_.out.hadamard.data());
        want_.out.out_proj.resize(rows_ * 48);
        linear_forward_half(v_.out_proj, {want_.out.hadamard.data(), 96, 0}, rows_,
                            want_.out.out_proj.data());
    }

    const RandomMamba2& l_;
    const traces::Mamba2Layer& v_;
    const Prompt& p_;
    std::size_t bc_;
    std::size_t rows_ = 0;
    bool decode_ = false;
    Outcome want_;
};

TEST(Mamba2Layer, IsTheKernelsInOrder) {
    for (const std::uint32_t groups : {1U, 2U}) {
        for (const LinearKind kind : {LinearKind::W8Columns, LinearKind::W4}) {
            const RandomMamba2 layer(tiny2_dims(groups), kind, 1);
            for (const std::uint32_t batch : {1U, 3U}) {
                const Prompt prompt(batch, 9, layer.dims, 2);
                const Outcome run = prefill(layer, prompt);
                expect_equal(run, ByHand(layer, prompt, nullptr).want());
                const Prompt token(batch, 1, layer.dims, 3);
                expect_equal(decode(layer, token, run.state),
                             ByHand(layer, token, &run.state).want());
            }
        }
    }
}

TEST(Mamba2Layer, NoStageIsSilentOrSaturated) {
    const RandomMamba2 layer = w8_layer(2);
    const Outcome run = prefill(layer, Prompt(1, 60, layer.dims, 3));
    for (const auto* codes :
         {&run.out.norm, &run.out.in_proj, &run.out.conv, &run.out.hadamard, &run.state.ssm}) {
        const auto saturated = std::count_if(codes->begin(), codes->end(),
                                             [](int code) { return code == 127 || code == -128; });
        const auto zeros = std::count(codes->begin(), codes->end(), std::int8_t{0});
        EXPECT_LT(static_cast<std::size_t>(saturated), codes->size() / 5);
        EXPECT_LT(static_cast<std::size_t>(zeros), codes->size() / 2);
    }
}

TEST(Mamba2Layer, ATokenChangesNothingBeforeIt) {
    const RandomMamba2 layer = w8_layer(2);
    const Prompt before(1, 20, layer.dims, 3);
    Prompt after = before;
    const std::size_t changed = 13;
    for (std::size_t i = 0; i < after.width; ++i) {
        after.residual[changed * after.width + i] += 1.0F + static_cast<float>(i % 3);
    }
    for (const SsdOrder order : {SsdOrder::Recurrent, SsdOrder::Chunked}) {
        Options options;
        options.ssd_order = order;
        const Outcome a = prefill(layer, before, options);
        const Outcome b = prefill(layer, after, options);
        for_each_tensor(a.out, b.out, [changed](const char* name, const auto& x, const auto& y) {
            const std::size_t width = x.size() / 20;
            const auto first = std::mismatch(x.begin(), x.end(), y.begin()).first - x.begin();
            EXPECT_EQ(static_cast<std::size_t>(first) / width, changed) << name;
        });
        EXPECT_NE(a.state.ssm, b.state.ssm);
    }
}

/// State scales that hold what a prompt leaves at any length, as an observer would set them.
void calibrate_states(RandomMamba2& layer, const Prompt& prompt) {
    std::vector<float>& scales = layer.groups.state_scales;
    std::fill(scales.begin(), scales.end(), 1e-6F);
    for (std::uint32_t tokens = 1; tokens <= prompt.tokens; ++tokens) {
        const std::vector<float> carry = prefill(layer, prompt.part(0, 0, tokens)).out.carry;
        for (std::size_t i = 0; i < carry.size(); ++i) {
            float& scale = scales[layer.groups.painted[i / 16] * std::size_t{16} + i % 16];
            scale = std::max(scale, std::abs(carry[i]) / 127.0F);
        }
    }
}

TEST(Mamba2Layer, AShorterPromptIsAPrefixAndContinuesByDecode) {
    RandomMamba2 layer(tiny2_dims(2), LinearKind::W4, 1);  // W4: one epilogue for any rows
    const std::uint32_t prompt_tokens = 24;
    const Prompt prompt(1, prompt_tokens + 4, layer.dims, 8);
    calibrate_states(layer, prompt);
    const Outcome whole = prefill(layer, prompt);
    Outcome step = prefill(layer, prompt.part(0, 0, prompt_tokens));
    EXPECT_TRUE(
        std::equal(step.out.out_proj.begin(), step.out.out_proj.end(), whole.out.out_proj.begin()));
    for (std::uint32_t t = prompt_tokens; t < prompt.tokens; ++t) {
        step = decode(layer, prompt.part(0, t, 1), step.state);
        const Half* want = whole.out.scan.data() + std::size_t{t} * layer.dims.d_inner;
        EXPECT_LT(distance(step.out.scan, want), 0.03) << "token " << t;
        LayerState forgotten = step.state;
        std::fill(forgotten.ssm.begin(), forgotten.ssm.end(), std::int8_t{0});
        const Outcome amnesia = decode(layer, prompt.part(0, t, 1), forgotten);
        EXPECT_GT(distance(amnesia.out.scan, want), 0.1) << "the state must matter";
    }
    EXPECT_EQ(step.state.conv, whole.state.conv);
}

TEST(Mamba2Layer, ThreadsChangeNothing) {
    const RandomMamba2 layer = w8_layer(2);
    const Prompt prompt(2, 50, layer.dims, 13);
    omp_set_num_threads(1);
    const Outcome one = prefill(layer, prompt);
    omp_set_num_threads(3);
    expect_equal(one, prefill(layer, prompt));
}

TEST(Mamba2Options, EachChangesTheBitsItShould) {
    const RandomMamba2 layer = w8_layer(1);
    const Prompt prompt(1, 1500, layer.dims, 11);  // FP16 hides most last bits
    const Outcome base = prefill(layer, prompt);
    Options sum;
    sum.ssd_sum.tree_width = 4;
    EXPECT_EQ(prefill(layer, prompt, sum).out.carry, base.out.carry);
    EXPECT_NE(prefill(layer, prompt, sum).out.scan, base.out.scan);
    Options norm;
    norm.gated_norm_sum.tree_width = 0;
    EXPECT_EQ(prefill(layer, prompt, norm).out.scan, base.out.scan);
    EXPECT_NE(prefill(layer, prompt, norm).out.gated_norm, base.out.gated_norm);
    Options softplus;
    softplus.softplus = arith::Softplus::LogExpPlus1;
    EXPECT_NE(prefill(layer, prompt, softplus).out.carry, base.out.carry);
    Options chunked;
    chunked.ssd_order = SsdOrder::Chunked;
    const Outcome far = prefill(layer, prompt, chunked);
    EXPECT_NE(far.out.carry, base.out.carry);
    EXPECT_LT(distance(far.out.scan, base.out.scan.data()), 1e-3);
    RandomMamba2 longer = w8_layer(1);
    longer.dims.chunk = 64;
    EXPECT_NE(prefill(longer, prompt, chunked).out.carry, far.out.carry);
}

TEST(Mamba2Layer, WithoutGroupsEveryChannelSharesOneScale) {
    RandomMamba2 one = w8_layer(2);
    one.view.groups.shape = {1, 1, 1};
    one.view.groups.head_end = one.view.groups.dim_end = nullptr;
    one.view.groups.state_columns = 1;
    one.view.bc_scales = 1;
    RandomMamba2 same = w8_layer(2);
    std::fill(same.groups.x_scales.begin(), same.groups.x_scales.end(), one.groups.x_scales[0]);
    std::fill(same.groups.state_scales.begin(), same.groups.state_scales.end(),
              one.groups.state_scales[0]);
    same.b_scales[1] = same.b_scales[0];
    same.c_scales[1] = same.c_scales[0];
    const Prompt prompt(2, 12, one.dims, 4);
    const Outcome run = prefill(one, prompt);
    expect_equal(run, prefill(same, prompt));
    const Prompt token(2, 1, one.dims, 5);
    expect_equal(decode(one, token, run.state), decode(same, token, run.state));
}

/// What prefill says about a layer whose dimensions or tables were spoilt.
template <typename Spoil>
bool refuses(Spoil spoil, const Options& options = {}) {
    RandomMamba2 layer = w8_layer(2);
    const Prompt prompt(1, 2, layer.dims, 14);
    spoil(layer);
    try {
        prefill(layer, prompt, options);
    } catch (const std::invalid_argument&) {
        return true;
    }
    return false;
}

TEST(Mamba2Layer, WhatItCannotDoIsRefused) {
    Options chunked;
    chunked.ssd_order = SsdOrder::Chunked;
    Options odd_ssd;
    odd_ssd.ssd_sum.tree_width = 12;
    Options odd_norm;
    odd_norm.gated_norm_sum.tree_width = 12;
    const auto nothing = [](RandomMamba2&) {};
    EXPECT_FALSE(refuses(nothing, chunked));
    EXPECT_TRUE(refuses(nothing, odd_ssd));
    EXPECT_TRUE(refuses(nothing, odd_norm));
    EXPECT_TRUE(refuses([](RandomMamba2& l) { l.dims.chunk = 0; }, chunked));
    EXPECT_TRUE(refuses([](RandomMamba2& l) { l.dims.heads = 5; }));
    EXPECT_TRUE(refuses([](RandomMamba2& l) { l.dims.heads = 0; }));
    EXPECT_TRUE(refuses([](RandomMamba2& l) { l.dims.groups = 4; }));
    EXPECT_TRUE(refuses([](RandomMamba2& l) { l.dims.groups = 0; }));
    EXPECT_TRUE(refuses([](RandomMamba2& l) { l.view.groups.shape.ssd_groups = 3; }));
    EXPECT_TRUE(refuses([](RandomMamba2& l) { l.view.bc_scales = 3; }));
    EXPECT_TRUE(refuses([](RandomMamba2& l) { l.groups.head_end.back() = 1; }));
    RandomMamba2 layer = w8_layer(2);
    const Prompt prompt(1, 2, layer.dims, 14);
    EXPECT_THROW(decode(layer, prompt, prefill(layer, prompt).state), std::invalid_argument);
    EXPECT_THROW(decode(layer, prompt.part(0, 0, 1), LayerState{}), std::invalid_argument);
}

}  // namespace
}  // namespace mambasic::golden
