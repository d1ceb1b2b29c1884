// Whole layers: what flows where, which epilogue a call takes, how state moves.
#include "golden/layer.h"

#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "golden/conv1d.h"
#include "golden/hadamard.h"
#include "golden/linear.h"
#include "golden/rmsnorm.h"
#include "golden/scan_step.h"
#include "tests/golden/layer_run.h"

namespace mambasic::golden {
namespace {

template <typename Check>
void for_each_tensor(const LayerTensors& a, const LayerTensors& b, Check check) {
    check("norm.residual", a.residual, b.residual);
    check("norm.output", a.norm, b.norm);
    check("in_proj.output", a.in_proj, b.in_proj);
    check("conv1d.output", a.conv, b.conv);
    check("x_proj.output", a.x_proj, b.x_proj);
    check("dt_proj.output", a.dt_proj, b.dt_proj);
    check("scan.output", a.scan, b.scan);
    check("had.output", a.hadamard, b.hadamard);
    check("out_proj.output", a.out_proj, b.out_proj);
}

void expect_equal(const Outcome& a, const Outcome& b) {
    for_each_tensor(a.out, b.out, [](const char* name, const auto& x, const auto& y) {
        EXPECT_TRUE(x == y) << name;
    });
    EXPECT_EQ(a.out.carry, b.out.carry);
    EXPECT_EQ(a.state.conv, b.state.conv);
    EXPECT_EQ(a.state.ssm, b.state.ssm);
}

/// Rows [first, first + count) of every tensor of `all` are the rows of `part`.
void expect_rows(const Outcome& all, std::size_t all_rows, std::size_t first, std::size_t count,
                 const Outcome& part, std::size_t part_rows) {
    for_each_tensor(all.out, part.out, [=](const char* name, const auto& x, const auto& y) {
        const std::size_t width = x.size() / all_rows;
        ASSERT_EQ(y.size(), width * part_rows) << name;
        EXPECT_TRUE(
            std::equal(x.data() + first * width, x.data() + (first + count) * width, y.data()))
            << name;
    });
}

/// a * (b * acc), b * (a * acc) and alpha * acc are one formula when all factors are powers of two.
void make_epilogues_equal(traces::Linear& linear) {
    linear.b = 0x1p-10F;
    linear.a = std::exp2(std::round(std::log2(linear.alpha / linear.b)));
    linear.alpha = linear.a * linear.b;
}

RandomLayer layer_with_equal_epilogues() {
    RandomLayer layer(tiny_dims(), 1);
    for (auto* linear :
         {&layer.view.in_proj, &layer.view.x_proj, &layer.view.dt_proj, &layer.view.out_proj}) {
        make_epilogues_equal(*linear);
    }
    return layer;
}

Int8Rows rows_of(const std::vector<std::int8_t>& v, std::size_t stride, std::size_t offset,
                 float scale) {
    return {v.data() + offset, stride, scale};
}

TEST(PrefillLayer, IsTheKernelsInOrder) {
    const RandomLayer layer(tiny_dims(), 1);
    const Prompt prompt(2, 9, layer.dims, 2);
    Options options;
    options.ssm_sum.tree_width = 8;
    options.norm_sum.tree_width = 4;
    const Outcome run = prefill(layer, prompt, options);
    const auto& v = layer.view;
    const std::size_t e = layer.dims.d_inner;
    const std::size_t d = layer.dims.d_model;
    const std::size_t n = layer.dims.d_state;
    const std::size_t r = layer.dims.dt_rank;
    const std::size_t rows = 18;
    Outcome want;
    want.out.residual.resize(rows * d);
    want.out.norm.resize(rows * d);
    rmsnorm({v.norm_weight, 1e-5F, v.norm_output_scale, {4}},
            {rows, d, prompt.hidden.data(), prompt.residual.data()}, want.out.residual.data(),
            want.out.norm.data());
    want.out.in_proj.resize(rows * 2 * e);
    linear_to_seqlen_last(v.in_proj, rows_of(run.out.norm, d, 0, 0), rows, want.out.in_proj.data());
    want.out.conv.resize(rows * e);
    want.state.conv.resize(2 * e * 4);
    conv1d_prefill({e, v.conv_weight, v.conv_bias, v.conv_weight_scale, v.conv_bias_scale,
                    v.conv_input_scale, v.conv_output_scale},
                   rows_of(run.out.in_proj, 2 * e, 0, 0), 2, 9, want.out.conv.data(),
                   want.state.conv.data());
    want.out.x_proj.resize(rows * (r + 2 * n));
    linear_forward(v.x_proj, rows_of(run.out.conv, e, 0, 0), rows, false, want.out.x_proj.data());
    want.out.dt_proj.resize(rows * e);
    linear_to_seqlen_last(v.dt_proj, rows_of(run.out.x_proj, r + 2 * n, 0, 0), rows,
                          want.out.dt_proj.data());
    want.out.scan.resize(rows * e);
    want.out.carry.resize(2 * e * n);
    want.state.ssm.resize(2 * e * n);
    selective_scan(
        {e,
         n,
         v.a_log,
         v.d,
         v.dt_bias,
         v.a_scale,
         v.d_scale,
         v.dt_bias_scale,
         v.ssm_state_scale,
         ScanOrder::Sequential,
         {8},
         arith::Softplus::Log1p},
        {rows_of(run.out.conv, e, 0, v.u_scale), rows_of(run.out.dt_proj, e, 0, v.dt_scale),
         rows_of(run.out.x_proj, r + 2 * n, r, v.b_scale),
         rows_of(run.out.x_proj, r + 2 * n, r + n, v.c_scale),
         rows_of(run.out.in_proj, 2 * e, e, v.z_scale)},
        2, 9, {want.out.scan.data(), want.out.carry.data(), want.state.ssm.data()});
    want.out.hadamard.resize(rows * e);
    hadamard(run.out.scan.data(), rows, e, hadamard_scale(e, v.had_scale), false,
             want.out.hadamard.data());
    want.out.out_proj.resize(rows * d);
    linear_forward_half(v.out_proj, rows_of(run.out.hadamard, e, 0, 0), rows,
                        want.out.out_proj.data());
    expect_equal(run, want);
}

TEST(PrefillLayer, TheFirstLayerHasNoResidual) {
    const RandomLayer layer(tiny_dims(), 1);
    const Prompt prompt(1, 3, layer.dims, 2);
    LayerInput input = prompt.input();
    input.residual = nullptr;
    Outcome run;
    prefill_layer(layer.dims, layer.view, input, {}, run.out, run.state);
    for (std::size_t i = 0; i < prompt.hidden.size(); ++i) {
        EXPECT_EQ(run.out.residual[i], arith::from_half(prompt.hidden[i]));
    }
}

TEST(PrefillLayer, ATokenChangesNothingBeforeIt) {
    const RandomLayer layer(tiny_dims(), 1);
    const Prompt before(1, 20, layer.dims, 3);
    Prompt after = before;
    std::size_t changed = 13;
    after.hidden[changed * after.width] ^= 0x8000;
    for (std::size_t i = 0; i < after.width; ++i) {
        after.residual[changed * after.width + i] += 1.0F;
    }
    const Outcome a = prefill(layer, before);
    const Outcome b = prefill(layer, after);
    for_each_tensor(a.out, b.out, [changed](const char* name, const auto& x, const auto& y) {
        const std::size_t width = x.size() / 20;
        const auto first = std::mismatch(x.begin(), x.end(), y.begin()).first - x.begin();
        EXPECT_EQ(static_cast<std::size_t>(first) / width, changed) << name;
    });
    EXPECT_NE(a.state.ssm, b.state.ssm);
    EXPECT_EQ(a.state.conv, b.state.conv) << "the last four inputs came later";
}

TEST(PrefillLayer, SequencesOfABatchAreIndependent) {
    const RandomLayer layer(tiny_dims(), 1);
    const Prompt both(2, 11, layer.dims, 4);
    const Outcome all = prefill(layer, both);
    const std::size_t states = all.state.ssm.size() / 2;
    for (std::uint32_t s = 0; s < 2; ++s) {
        const Outcome one = prefill(layer, both.part(s, 0, 11));
        expect_rows(all, 22, s * std::size_t{11}, 11, one, 11);
        EXPECT_TRUE(std::equal(one.state.ssm.begin(), one.state.ssm.end(),
                               all.state.ssm.data() + s * states));
        EXPECT_TRUE(std::equal(one.out.carry.begin(), one.out.carry.end(),
                               all.out.carry.data() + s * states));
        EXPECT_TRUE(std::equal(one.state.conv.begin(), one.state.conv.end(),
                               all.state.conv.data() + s * one.state.conv.size()));
    }
}

TEST(PrefillLayer, AShorterPromptIsAPrefix) {
    const RandomLayer layer(tiny_dims(), 1);
    const Prompt prompt(1, 17, layer.dims, 5);
    expect_rows(prefill(layer, prompt), 17, 0, 6, prefill(layer, prompt.part(0, 0, 6)), 6);
}

TEST(DecodeLayer, SequencesOfABatchAreIndependent) {
    const RandomLayer layer = layer_with_equal_epilogues();
    const Prompt prompt(2, 5, layer.dims, 6);
    const LayerState state = prefill(layer, prompt).state;
    const Prompt token(2, 1, layer.dims, 7);
    const Outcome all = decode(layer, token, state);
    for (std::uint32_t s = 0; s < 2; ++s) {
        LayerState half;
        const std::size_t ssm = state.ssm.size() / 2;
        const std::size_t conv = state.conv.size() / 2;
        half.ssm.assign(state.ssm.data() + s * ssm, state.ssm.data() + (s + 1) * ssm);
        half.conv.assign(state.conv.data() + s * conv, state.conv.data() + (s + 1) * conv);
        const Outcome one = decode(layer, token.part(s, 0, 1), half);
        expect_rows(all, 2, s, 1, one, 1);
        EXPECT_TRUE(
            std::equal(one.state.ssm.begin(), one.state.ssm.end(), all.state.ssm.data() + s * ssm));
        EXPECT_TRUE(std::equal(one.state.conv.begin(), one.state.conv.end(),
                               all.state.conv.data() + s * conv));
    }
}

TEST(DecodeLayer, ContinuesWhatPrefillBegan) {
    const RandomLayer layer = layer_with_equal_epilogues();
    const std::uint32_t prompt_tokens = 24;
    const Prompt prompt(1, prompt_tokens + 4, layer.dims, 8);
    const Outcome whole = prefill(layer, prompt);
    Outcome step = prefill(layer, prompt.part(0, 0, prompt_tokens));
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

TEST(PrefillLayer, ThreadsChangeNothing) {
    const RandomLayer layer(tiny_dims(), 1);
    const Prompt prompt(2, 50, layer.dims, 13);
    omp_set_num_threads(1);
    const Outcome one = prefill(layer, prompt);
    omp_set_num_threads(3);
    expect_equal(one, prefill(layer, prompt));
}

TEST(Layer, WhatItCannotDoIsRefused) {
    const RandomLayer layer(tiny_dims(), 1);
    const Prompt prompt(1, 2, layer.dims, 14);
    Options odd;
    odd.norm_sum.tree_width = 3;
    EXPECT_THROW(prefill(layer, prompt, odd), std::invalid_argument);
    RandomLayer wide(tiny_dims(), 1);
    wide.dims.d_conv = 3;
    EXPECT_THROW(prefill(wide, prompt), std::invalid_argument);
    EXPECT_THROW(decode(layer, prompt, prefill(layer, prompt).state), std::invalid_argument);
    EXPECT_THROW(decode(layer, prompt.part(0, 0, 1), LayerState{}), std::invalid_argument);
    Prompt empty = prompt;
    empty.tokens = 0;
    EXPECT_THROW(prefill(layer, empty), std::invalid_argument);
}

}  // namespace
}  // namespace mambasic::golden
