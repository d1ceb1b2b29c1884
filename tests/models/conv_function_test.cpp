// The causal convolution against a scalar derivation from kernels.md 1.2-1.5.
#include "models/conv/conv_function.h"

#include <gtest/gtest.h>

#include "tests/models/function_test_support.h"

namespace mambasic::models {
namespace {

using test::Random;

struct Problem {
    ConvShape shape;
    std::uint64_t in_stride, out_stride;
    std::vector<std::int8_t> x, history, weight, bias, output;
    std::vector<float> output_scales;

    Problem(const ConvShape& s, std::uint32_t seed)
        : shape(s), in_stride(2 * s.channels + 1), out_stride(s.channels + 3) {
        Random random(seed);
        x = random.codes(s.sequences * s.tokens * in_stride);
        history = random.codes(s.sequences * s.channels * 4);
        weight = random.codes(s.channels * 4);
        bias = random.codes(s.channels);
        output_scales.assign(s.channels, 0.0209F);
        output.assign(s.sequences * s.tokens * out_stride, 77);
    }

    ConvTile tile(bool per_tap) {
        ConvTile t;
        t.shape = shape;
        t.per_tap_scaling = per_tap;
        t.x = x.data();
        t.x_stride = in_stride;
        t.x_sequence_stride = in_stride * shape.tokens;
        t.history = history.data();
        t.weight = weight.data();
        t.bias = bias.data();
        t.input_scale = 0.0317F;
        t.weight_scale = 0.0073F;
        t.bias_scale = 0.0041F;
        t.output_scales = output_scales.data();
        t.output = output.data();
        t.output_stride = out_stride;
        t.output_sequence_stride = out_stride * shape.tokens;
        return t;
    }
};

std::uint64_t scalar(const ConvTile& t, std::uint64_t s, std::uint64_t c) {
    std::vector<std::int8_t> inputs(t.history + (s * t.shape.channels + c) * 4,
                                    t.history + (s * t.shape.channels + c + 1) * 4);
    std::uint64_t saturated = 0;
    const float scale = t.weight_scale * t.input_scale;
    const float bias = static_cast<float>(t.bias[c]) * t.bias_scale;
    for (std::uint64_t i = 0; i < t.shape.tokens; ++i) {
        inputs.push_back(t.x[s * t.x_sequence_stride + i * t.x_stride + c]);
        const std::int8_t* taps = inputs.data() + inputs.size() - 4;
        std::int32_t acc = 0;
        float v = bias;
        for (int k = 0; k < 4; ++k) {
            acc += taps[k] * t.weight[c * 4 + static_cast<std::uint64_t>(k)];
            const float p =
                scale * static_cast<float>(t.weight[c * 4 + static_cast<std::uint64_t>(k)]);
            v = arith::fma(p, static_cast<float>(taps[k]), v);
        }
        if (!t.per_tap_scaling) v = arith::fma(scale, static_cast<float>(acc), bias);
        const float u = (v / (1.0F + arith::exp(-v))) / t.output_scales[c];
        t.output[s * t.output_sequence_stride + i * t.output_stride + c] = arith::quantize_rha(u);
        saturated += u >= 127.5F || u <= -128.5F ? 1U : 0U;
    }
    std::copy(inputs.end() - 4, inputs.end(), t.history + (s * t.shape.channels + c) * 4);
    return saturated;
}

void compare(const ConvShape& shape, bool per_tap, std::uint32_t seed) {
    Problem want(shape, seed);
    const ConvTile reference = want.tile(per_tap);
    std::uint64_t saturated = 0;
    for (std::uint64_t s = 0; s < shape.sequences; ++s) {
        for (std::uint64_t c = 0; c < shape.channels; ++c) saturated += scalar(reference, s, c);
    }
    for (const Isa isa : test::available_isas()) {
        const test::IsaScope scope(isa);
        Problem got(shape, seed);
        Counts counts = conv_compute({}, {}, got.tile(per_tap));
        EXPECT_EQ(got.output, want.output) << name_of(isa);
        EXPECT_EQ(got.history, want.history) << name_of(isa);
        EXPECT_EQ(counts[Event::Saturated], saturated) << name_of(isa);
        counts[Event::Saturated] = 0;
        EXPECT_TRUE(counts == conv_count(got.tile(per_tap)));
    }
    if (shape.tokens * shape.channels > 1000) {
        EXPECT_GT(saturated, 0U);
    }
}

TEST(ConvFunction, PrefillIsTheSpecOverAwkwardShapes) {
    compare({1, 1, 1}, false, 1);
    compare({1, 2, 127}, false, 2);
    compare({2, 3, 129}, false, 3);
    compare({1, 33, 300}, false, 4);
    compare({3, 4, 16}, false, 5);
}

TEST(ConvFunction, DecodeIsTheSpecOverAwkwardShapes) {
    compare({1, 1, 1536}, true, 6);
    compare({4, 1, 131}, true, 7);
    compare({1, 9, 200}, true, 8);
}

TEST(ConvFunction, TheTwoScalingsDiffer) {
    // The bias cancels the taps to within their rounding: S * acc = -1000.0000149 exactly, and the
    // per-tap sum can only land on multiples of ulp(1000) = 6.1e-5 near there.
    std::int8_t codes[2];
    for (const bool per_tap : {false, true}) {
        Problem p({1, 4, 1}, 9);
        p.weight = {-13, -27, -51, -109};
        p.bias = {1};
        p.x.assign(p.x.size(), 100);
        ConvTile t = p.tile(per_tap);
        t.input_scale = 1.0F;
        t.weight_scale = 0.05F;
        t.bias_scale = 1000.0F;
        p.output_scales[0] = 1e-7F;
        conv_compute({}, {}, t);
        codes[per_tap ? 1 : 0] = p.output[3 * p.out_stride];
    }
    EXPECT_EQ(codes[0], -75);
    EXPECT_NE(codes[1], -75);
}

TEST(ConvFunction, TiesRoundAwayFromZero) {
    for (const bool per_tap : {false, true}) {
        Problem p({1, 1, 1}, 11);
        p.weight = {0, 0, 0, 1};
        p.bias = {0};
        p.x[0] = 21;  // silu(21) = 21 in FP32
        ConvTile t = p.tile(per_tap);
        t.input_scale = t.weight_scale = t.bias_scale = 1.0F;
        p.output_scales[0] = 2.0F;
        conv_compute({}, {}, t);
        EXPECT_EQ(p.output[0], 11);
    }
}

TEST(ConvFunction, SplittingTheTokensChangesNothing) {
    for (const bool per_tap : {false, true}) {
        Problem whole({2, 17, 140}, 10);
        Problem split({2, 17, 140}, 10);
        conv_compute({}, {}, whole.tile(per_tap));
        std::uint64_t first = 0;
        for (const std::uint64_t count : {1U, 2U, 3U, 11U}) {
            ConvTile t = split.tile(per_tap);
            t.shape.tokens = count;
            t.x += first * t.x_stride;
            t.output += first * t.output_stride;
            conv_compute({}, {}, t);
            first += count;
        }
        EXPECT_EQ(whole.output, split.output);
        EXPECT_EQ(whole.history, split.history);
    }
}

TEST(ConvFunction, CountsAreTheHandCount) {
    ConvTile tile;
    tile.shape = {2, 3, 5};  // 30 outputs
    const Counts prefill = conv_count(tile);
    EXPECT_EQ(prefill[Event::Int8Mac], 120U);
    EXPECT_EQ(prefill[Event::Fp32Fma], 30U);
    EXPECT_EQ(prefill[Event::Fp32Mul], 1U);
    EXPECT_EQ(prefill[Event::CodeMulBit], 8U * 5);
    EXPECT_EQ(prefill[Event::Silu], 30U);
    EXPECT_EQ(prefill[Event::Fp32Div], 30U);
    EXPECT_EQ(prefill[Event::QuantizeInt8], 30U);
    tile.per_tap_scaling = true;
    const Counts decode = conv_count(tile);
    EXPECT_EQ(decode[Event::Int8Mac], 0U);
    EXPECT_EQ(decode[Event::Fp32Fma], 120U);
    EXPECT_EQ(decode[Event::Fp32Mul], 1U);
    EXPECT_EQ(decode[Event::CodeMulBit], 8U * 25);
}

}  // namespace
}  // namespace mambasic::models
