// W4A8 in the runner: which linears are 4-bit, and that nothing else of the layer changes.
#include <gtest/gtest.h>

#include <cmath>

#include "golden/linear.h"
#include "tests/golden/layer_run.h"

namespace mambasic::golden {
namespace {

using traces::Linear;
using traces::LinearKind;

/// A Mamba1 layer with in_proj, x_proj and out_proj in 4 bits; dt_proj stays W8.
struct W4Layer : RandomLayer {
    std::vector<float> column;
    W4Layer() : RandomLayer(tiny_dims(), 1) {
        column.resize(400);
        for (Linear* linear : {&view.in_proj, &view.x_proj, &view.out_proj}) {
            linear->kind = LinearKind::W4;
            for (std::uint32_t n = 0; n < linear->n; ++n) {
                column[n] = linear->b;
            }
            linear->b = linear->alpha = NAN;
            linear->column = column.data();
        }
        std::fill(column.begin(), column.end(), 0.0013F);
    }
};

void expect_linear(const Linear& linear, const std::vector<std::int8_t>& x, std::size_t rows,
                   const std::vector<std::int8_t>& got) {
    std::vector<std::int8_t> want(got.size());
    linear_forward(linear, {x.data(), linear.k, 0}, rows, false, want.data());
    EXPECT_EQ(got, want);
}

TEST(Mamba1W4, EveryLinearButDtProjTakesItsOwnEpilogue) {
    const W4Layer layer;
    const std::size_t e = layer.dims.d_inner;
    for (const std::uint32_t tokens : {1U, 9U}) {
        const Prompt prompt(1, tokens, layer.dims, 2);
        const Outcome run = prefill(layer, prompt);
        const Outcome step = decode(layer, prompt.part(0, 0, 1), run.state);
        for (const Outcome* outcome : {&run, &step}) {
            const std::size_t rows = outcome->out.conv.size() / e;
            expect_linear(layer.view.in_proj, outcome->out.norm, rows, outcome->out.in_proj);
            expect_linear(layer.view.x_proj, outcome->out.conv, rows, outcome->out.x_proj);
            std::vector<Half> want(outcome->out.out_proj.size());
            linear_forward_half(layer.view.out_proj, {outcome->out.hadamard.data(), e, 0}, rows,
                                want.data());
            EXPECT_EQ(outcome->out.out_proj, want);
        }
        std::vector<std::int8_t> dt(run.out.dt_proj.size());
        const Int8Rows low{run.out.x_proj.data(), layer.dims.x_proj_width(), 0};
        linear_to_seqlen_last(layer.view.dt_proj, low, tokens, dt.data());
        EXPECT_EQ(run.out.dt_proj, dt);
    }
}

TEST(Mamba1W4, PrefillAndDecodeOfOneTokenHaveTheSameInProj) {
    const W4Layer layer;
    const Prompt prompt(1, 7, layer.dims, 3);
    const Outcome run = prefill(layer, prompt);
    for (std::uint32_t t = 0; t < 7; ++t) {
        const Outcome step = decode(layer, prompt.part(0, t, 1), run.state);
        EXPECT_TRUE(std::equal(step.out.in_proj.begin(), step.out.in_proj.end(),
                               run.out.in_proj.begin() + t * std::ptrdiff_t{192}));
    }
}

TEST(RunHeadW4, TakesChannelScales) {
    const traces::Dims dims = tiny_dims();
    std::mt19937 rng(4);
    const auto weight = random_codes(rng, std::size_t{128} * dims.d_model);
    const auto column = random_floats(rng, 128, 0.001F);
    const auto norm_weight = random_halves(rng, dims.d_model, 1.0F);
    const auto hidden = random_halves(rng, std::size_t{2} * dims.d_model, 1.0F);
    traces::Head head;
    head.norm_f_weight = norm_weight.data();
    head.norm_f_output_scale = 0.03F;
    head.lm_head.weight = weight.data();
    head.lm_head.n = 100;
    head.lm_head.n_padded = 128;
    head.lm_head.k = dims.d_model;
    head.lm_head.a = 0.03F;
    head.lm_head.b = head.lm_head.alpha = NAN;
    head.lm_head.kind = LinearKind::W4;
    head.lm_head.column = column.data();
    const HeadTensors two = run_head(dims, head, hidden.data(), nullptr, 2, 1e-5F, {});
    const HeadTensors one = run_head(dims, head, hidden.data(), nullptr, 1, 1e-5F, {});
    EXPECT_TRUE(std::equal(one.logits.begin(), one.logits.end(), two.logits.begin()));
    EXPECT_FALSE(std::isnan(arith::from_half(two.logits[0])));
}

}  // namespace
}  // namespace mambasic::golden
