// The model's two ends: embedding of tokens, final norm and LM head.
#include <gtest/gtest.h>

#include "golden/layer.h"
#include "golden/linear.h"
#include "golden/rmsnorm.h"
#include "tests/golden/random_layer.h"

namespace mambasic::golden {
namespace {

struct RandomHead {
    traces::Dims dims = tiny_dims();
    traces::Head view;
    std::vector<std::int8_t> embedding, lm_head;
    std::vector<Half> scales, norm_weight, hidden;
    std::vector<float> residual;
    RandomHead() {
        std::mt19937 rng(1);
        embedding = random_codes(rng, std::size_t{dims.vocab} * dims.d_model);
        scales = random_halves(rng, dims.vocab, 0.02F);
        norm_weight = random_halves(rng, dims.d_model, 1.0F);
        lm_head = random_codes(rng, std::size_t{112} * dims.d_model);
        hidden = random_halves(rng, std::size_t{3} * dims.d_model, 1.0F);
        residual = random_floats(rng, std::size_t{3} * dims.d_model, 1.0F);
        view.embedding_weight = embedding.data();
        view.embedding_scales = scales.data();
        view.norm_f_weight = norm_weight.data();
        view.norm_f_output_scale = 0.03F;
        view.lm_head = {lm_head.data(), 100, 112, dims.d_model, 0.013F, 0.0021F, 0.0000274F};
    }
};

TEST(Embed, GivesOneRowAToken) {
    const RandomHead head;
    const std::vector<std::int32_t> tokens = {99, 0, 7};
    const std::vector<Half> rows = embed(head.dims, head.view, tokens.data(), 3);
    ASSERT_EQ(rows.size(), 3U * head.dims.d_model);
    for (std::size_t r = 0; r < 3; ++r) {
        const auto token = static_cast<std::size_t>(tokens[r]);
        for (std::size_t i = 0; i < head.dims.d_model; ++i) {
            const float code = head.embedding[token * head.dims.d_model + i];
            EXPECT_EQ(rows[r * head.dims.d_model + i],
                      arith::to_half(arith::from_half(head.scales[token]) * code));
        }
    }
}

TEST(RunHead, IsNormThenLinearWithoutThePaddedRows) {
    const RandomHead head;
    const std::size_t d = head.dims.d_model;
    for (const std::size_t rows : {1U, 3U}) {  // one row takes alpha
        const HeadTensors got = run_head(head.dims, head.view, head.hidden.data(),
                                         head.residual.data(), rows, 1e-5F, {});
        HeadTensors want;
        want.residual.resize(rows * d);
        want.norm.resize(rows * d);
        want.logits.resize(rows * 100);
        rmsnorm({head.view.norm_f_weight, 1e-5F, head.view.norm_f_output_scale, {8}},
                {rows, d, head.hidden.data(), head.residual.data()}, want.residual.data(),
                want.norm.data());
        linear_forward_half(head.view.lm_head, {want.norm.data(), d, 0}, rows, want.logits.data());
        EXPECT_EQ(got.residual, want.residual);
        EXPECT_EQ(got.norm, want.norm);
        EXPECT_EQ(got.logits, want.logits);
    }
}

}  // namespace
}  // namespace mambasic::golden
