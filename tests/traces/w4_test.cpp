// 4-bit quantization by hand (kernels.md 2.3, 5), and what a linear makes of it.
#include "traces/synth/w4.h"

#include <gtest/gtest.h>

#include <cmath>

#include "traces/synth/draws.h"
#include "traces/synth/quantize.h"
#include "traces/synth/stored_linear.h"

namespace mambasic::traces::synth {
namespace {

std::vector<float> some_weights(std::size_t count) {
    std::vector<float> out(count);
    Draws(4, "w4").fill_normal(out, 0.05F);
    round_to_half(out);
    return out;
}

// max|w| * 2 / 15 = 1, so codes are weights, rounded half to even, and +-7.5 becomes 7 and -8.
TEST(W4, OneGroupByHand) {
    std::vector<float> row(128, 0.0F);
    const std::vector<float> begin{7.5F, -7.5F, 2.5F, 3.5F, -0.5F, 1.0F, 0.49F};
    std::copy(begin.begin(), begin.end(), row.begin());
    const W4Row out = quantize_w4_row(row.data(), row.size());
    const std::vector<std::uint8_t> codes{15, 0, 10, 12, 8, 9, 8};
    EXPECT_EQ(std::vector<std::uint8_t>(out.codes.begin(), out.codes.begin() + 7), codes);
    // What is largest stands for -8: s_channel = 8 / 127 and s_group = 127 / 8 in FP16.
    EXPECT_EQ(arith::to_half(8.0F / 127.0F), arith::to_half(out.s_channel));
    ASSERT_EQ(out.s_group.size(), 1U);
    EXPECT_EQ(expanded_w4(0, out.s_group[0]), -127);
    EXPECT_EQ(expanded_w4(8, out.s_group[0]), 0);
    EXPECT_EQ(expanded_w4(15, out.s_group[0]), 111);  // 7 * 15.875 = 111.1
    EXPECT_EQ(expanded_w4(9, out.s_group[0]), 16);
}

TEST(W4, GroupsHaveStepsOfTheirOwn) {
    std::vector<float> row(256, 0.0F);
    row[0] = 7.5F;
    row[128] = 0.75F;
    const W4Row out = quantize_w4_row(row.data(), row.size());
    EXPECT_EQ(out.codes[0], 15);
    EXPECT_EQ(out.codes[128], 15);
    EXPECT_EQ(expanded_w4(out.codes[0], out.s_group[0]), 127);
    EXPECT_EQ(expanded_w4(out.codes[128], out.s_group[1]), 13);  // a tenth
}

TEST(W4, ARowOfZerosStaysZero) {
    const std::vector<float> row(128, 0.0F);
    const W4Row out = quantize_w4_row(row.data(), row.size());
    EXPECT_EQ(out.codes, std::vector<std::uint8_t>(128, 8));
    EXPECT_GT(out.s_channel, 0);
    EXPECT_EQ(expanded_w4(8, out.s_group[0]), 0);
}

TEST(W4, ExpansionStaysWithinAnInt8AndNearTheWeight) {
    const std::size_t k = 1024;
    const std::vector<float> row = some_weights(k);
    const W4Row out = quantize_w4_row(row.data(), k);
    for (std::size_t i = 0; i < k; ++i) {
        const float step = arith::from_half(out.s_group[i / 128]);
        const float product = (static_cast<float>(out.codes[i]) - 8.0F) * step;
        EXPECT_LE(std::fabs(product), 127.5F);
        const auto code = static_cast<float>(expanded_w4(out.codes[i], out.s_group[i / 128]));
        // Half a step of the 4-bit code (15's is missing its upper half) and half an int8 step.
        const float error = std::fabs(row[i] - code * out.s_channel);
        EXPECT_LE(error, out.s_channel * (0.51F * step + 0.51F)) << i;
    }
}

TEST(W4, EmbeddingTakesTheSignedMaximumOverEight) {
    const std::vector<float> row{8.0F, -9.0F, 0.5F, -1.5F};
    EXPECT_EQ(w4_embedding_scale(row.data(), row.size()), 1.0F);
    EXPECT_EQ(w4_embedding_code(8.0F, 1.0F), 15);  // 16 does not exist
    EXPECT_EQ(w4_embedding_code(-9.0F, 1.0F), 0);
    EXPECT_EQ(w4_embedding_code(0.5F, 1.0F), 8);
    EXPECT_EQ(w4_embedding_code(-1.5F, 1.0F), 6);
    const std::vector<float> negative{-8.0F, -1.0F};
    EXPECT_EQ(w4_embedding_scale(negative.data(), negative.size()), 1.0F);
}

TEST(W4, LowNibbleFirst) {
    const std::vector<std::uint8_t> codes{1, 2, 15, 0};
    std::vector<std::uint8_t> packed(2);
    pack_nibbles(codes.data(), codes.size(), packed.data());
    EXPECT_EQ(packed, (std::vector<std::uint8_t>{0x21, 0x0F}));
}

TEST(StoredLinear, SectionsHaveWeightScalesOfTheirOwn) {
    const std::vector<float> weight{127.0F, 1.0F, 2.0F, -254.0F};  // two rows of two
    StoredLinear stored(Precision::W8A8, rows_of(weight, 2), {1, 2});
    stored.set_int8_factors(0.5F, {0.25F, 8.0F});
    const Linear linear = stored.view();
    EXPECT_EQ(linear.kind, LinearKind::W8Columns);
    EXPECT_EQ(linear.n, 2U);
    EXPECT_EQ(linear.n_padded, 16U);
    EXPECT_EQ(linear.a, 0.5F);
    EXPECT_EQ(std::vector<std::int8_t>(linear.weight, linear.weight + 4),
              (std::vector<std::int8_t>{127, 1, 1, -127}));
    EXPECT_EQ(linear.column[0], 1.0F / 0.25F);
    EXPECT_EQ(linear.column[1], 2.0F / 8.0F);
    EXPECT_EQ(linear.weight[31], 0);
}

TEST(StoredLinear, OneSectionIsAPlainW8) {
    const std::vector<float> weight{127.0F, 1.0F};
    StoredLinear stored(Precision::W8A8, rows_of(weight, 2));
    stored.set_int8_factors(0.5F, {0.25F});
    EXPECT_EQ(stored.view().kind, LinearKind::W8);
    EXPECT_EQ(stored.view().a, 2.0F);
    EXPECT_EQ(stored.view().b, 1.0F);
    EXPECT_EQ(stored.view().alpha, 2.0F);
    stored.set_half_factors(0.5F);
    EXPECT_EQ(stored.view().a, 0.5F);
    EXPECT_EQ(stored.view().alpha, 0.5F);
}

TEST(StoredLinear, W4FoldsTheOutputScaleIntoTheChannels) {
    const std::vector<float> weight = some_weights(3 * 128);
    StoredLinear stored(Precision::W4A8, rows_of(weight, 128), {1, 3});
    stored.set_half_factors(0.5F);
    const Linear plain = stored.view();
    EXPECT_EQ(plain.kind, LinearKind::W4);
    EXPECT_EQ(plain.n_padded, 64U);
    EXPECT_EQ(plain.a, 0.5F);
    std::vector<float> channel(plain.column, plain.column + 64);
    for (std::size_t n = 0; n < 3; ++n) {
        const W4Row row = quantize_w4_row(weight.data() + n * 128, 128);
        EXPECT_EQ(channel[n], row.s_channel);
        for (std::size_t i = 0; i < 128; ++i) {
            EXPECT_EQ(plain.weight[n * 128 + i], expanded_w4(row.codes[i], row.s_group[0]));
        }
    }
    stored.set_int8_factors(0.5F, {0.25F, 3.0F});
    const Linear folded = stored.view();
    EXPECT_EQ(folded.column[0], channel[0] / 0.25F);
    EXPECT_EQ(folded.column[1], channel[1] / 3.0F);
    EXPECT_EQ(folded.column[2], channel[2] / 3.0F);
    EXPECT_EQ(folded.weight[3 * 128], 0);
}

}  // namespace
}  // namespace mambasic::traces::synth
