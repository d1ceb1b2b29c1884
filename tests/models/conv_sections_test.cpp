// The convolution over x, B and C with scales of their own, against a scalar derivation from
// kernels.md 1.2-1.4.
#include <gtest/gtest.h>

#include "models/common/error.h"
#include "models/conv/conv_function.h"
#include "tests/models/function_test_support.h"

namespace mambasic::models {
namespace {

using test::Random;
using Sections = std::array<ConvSection, kConvSections>;

enum class Form { Prefill, Decode, DecodeBiasSecond };

struct Problem {
    ConvShape shape;
    Sections sections;
    std::vector<std::int8_t> x, history, weight, bias, output;
    std::vector<float> output_scales;

    Problem(const ConvShape& s, const Sections& parts, std::uint32_t seed)
        : shape(s), sections(parts) {
        Random random(seed);
        x = random.codes(s.sequences * s.tokens * stride());
        history = random.codes(s.sequences * s.channels * 4);
        weight = random.codes(s.channels * 4);
        bias = random.codes(s.channels);
        output_scales = random.floats(s.channels, 0.002F, 0.08F);
        output.assign(s.sequences * s.tokens * stride(), 77);
    }
    std::uint64_t stride() const { return shape.channels + 5; }

    ConvTile tile(Form form) {
        ConvTile t;
        t.shape = shape;
        t.per_tap_scaling = form != Form::Prefill;
        t.bias_after_first_tap = form == Form::DecodeBiasSecond;
        t.sections = sections;
        t.x = x.data();
        t.x_stride = stride();
        t.x_sequence_stride = stride() * shape.tokens;
        t.history = history.data();
        t.weight = weight.data();
        t.bias = bias.data();
        t.output_scales = output_scales.data();
        t.output = output.data();
        t.output_stride = stride();
        t.output_sequence_stride = stride() * shape.tokens;
        return t;
    }
};

Sections cut(std::uint64_t x, std::uint64_t b, std::uint64_t c) {
    return {
        {{x, 0.031F, 0.0073F, 0.0041F}, {b, 0.011F, 0.019F, 0.0097F}, {c, 0.047F, 0.003F, 0.02F}}};
}

const ConvSection& section_of(const Sections& sections, std::uint64_t channel) {
    std::uint64_t end = 0;
    for (const ConvSection& section : sections) {
        end += section.channels;
        if (channel < end) return section;
    }
    throw std::logic_error("a channel of no section");
}

// taps: the four inputs, oldest first.
float value(const ConvSection& s, const std::int8_t* w, const std::int8_t* taps, std::int8_t bias,
            Form form) {
    const float scale = s.weight_scale * s.input_scale;
    const auto b = static_cast<float>(bias);
    if (form == Form::Prefill) {
        std::int32_t acc = 0;
        for (int k = 0; k < 4; ++k) acc += taps[k] * w[k];
        return arith::fma(scale, static_cast<float>(acc), s.bias_scale * b);
    }
    float p[4];
    for (int k = 0; k < 4; ++k) p[k] = scale * static_cast<float>(w[k]);
    float v = 0.0F;
    if (form == Form::Decode) {
        v = arith::fma(p[0], static_cast<float>(taps[0]), b * s.bias_scale);
    } else {
        const float t = p[0] * static_cast<float>(taps[0]);
        v = arith::fma(b, s.bias_scale, t);
    }
    for (int k = 1; k < 4; ++k) v = arith::fma(p[k], static_cast<float>(taps[k]), v);
    return v;
}

std::uint64_t scalar(Problem& p, Form form) {
    const ConvShape& shape = p.shape;
    std::uint64_t saturated = 0;
    for (std::uint64_t i = 0; i < shape.sequences * shape.channels; ++i) {
        const std::uint64_t c = i % shape.channels;
        const std::uint64_t row = i / shape.channels * shape.tokens;
        std::vector<std::int8_t> inputs(p.history.data() + i * 4, p.history.data() + i * 4 + 4);
        for (std::uint64_t t = 0; t < shape.tokens; ++t) {
            inputs.push_back(p.x[(row + t) * p.stride() + c]);
            const float v = value(section_of(p.sections, c), p.weight.data() + c * 4,
                                  inputs.data() + inputs.size() - 4, p.bias[c], form);
            const float u = (v / (1.0F + arith::exp(-v))) / p.output_scales[c];
            p.output[(row + t) * p.stride() + c] = arith::quantize_rha(u);
            saturated += u >= 127.5F || u <= -128.5F ? 1U : 0U;
        }
        std::copy(inputs.end() - 4, inputs.end(), p.history.data() + i * 4);
    }
    return saturated;
}

constexpr Form kForms[] = {Form::Prefill, Form::Decode, Form::DecodeBiasSecond};

std::uint64_t compare(const ConvShape& shape, const Sections& sections, std::uint32_t seed) {
    std::uint64_t all = 0;
    for (const Form form : kForms) {
        Problem want(shape, sections, seed);
        const std::uint64_t saturated = scalar(want, form);
        all += saturated;
        for (const Isa isa : test::available_isas()) {
            const test::IsaScope scope(isa);
            Problem got(shape, sections, seed);
            const ConvTile tile = got.tile(form);
            Counts counts = conv_compute({}, {}, tile);
            EXPECT_EQ(got.output, want.output) << name_of(isa) << " " << static_cast<int>(form);
            EXPECT_EQ(got.history, want.history) << name_of(isa);
            EXPECT_EQ(counts[Event::Saturated], saturated) << name_of(isa);
            counts[Event::Saturated] = 0;
            EXPECT_TRUE(counts == conv_count(tile));
        }
    }
    return all;
}

TEST(ConvSections, AreTheSpecAtEveryTail) {
    std::uint64_t saturated = 0;
    for (std::uint64_t channels = 1; channels <= 70; ++channels) {
        const std::uint64_t x = channels / 2;
        const std::uint64_t b = channels / 3;
        saturated += compare({1, 1 + channels % 5, channels}, cut(x, b, channels - x - b),
                             static_cast<std::uint32_t>(channels));
    }
    EXPECT_GT(saturated, 100U);
}

TEST(ConvSections, BeginAnywhere) {
    compare({2, 3, 300}, cut(127, 2, 171), 100);   // around the edge of a block of channels
    compare({1, 2, 300}, cut(129, 130, 41), 101);  // two edges in the second block
    compare({1, 5, 257}, cut(1, 255, 1), 102);
    compare({3, 1, 131}, cut(0, 131, 0), 103);  // a panel of channels inside B
    compare({1, 4, 140}, cut(0, 3, 137), 104);
}

TEST(ConvSections, OneSectionIsTheScalesOfAll) {
    for (const Form form : kForms) {
        Problem sections({1, 7, 150}, cut(150, 0, 0), 110);
        Problem plain({1, 7, 150}, {}, 110);
        ConvTile t = plain.tile(form);
        const ConvSection all = sections.sections[0];
        t.input_scale = all.input_scale;
        t.weight_scale = all.weight_scale;
        t.bias_scale = all.bias_scale;
        conv_compute({}, {}, t);
        conv_compute({}, {}, sections.tile(form));
        EXPECT_EQ(plain.output, sections.output);
    }
}

// The bias all but cancels the taps, so that what is left is rounding, and the code shows its
// order.
TEST(ConvSections, EachOrderRoundsWhereTheSpecRounds) {
    int differs[3] = {};
    for (std::uint32_t seed = 0; seed < 300; ++seed) {
        Problem p({1, 1, 1}, cut(1, 0, 0), seed);
        const ConvSection& s = p.sections[0];
        p.bias[0] = 113;
        p.sections[0].bias_scale = 0.0F;
        const std::int8_t taps[4] = {p.history[1], p.history[2], p.history[3], p.x[0]};
        p.sections[0].bias_scale = -value(s, p.weight.data(), taps, 0, Form::Prefill) / 113.0F;
        const auto silu = [&](Form form) {
            const float v = value(s, p.weight.data(), taps, p.bias[0], form);
            return v / (1.0F + arith::exp(-v));
        };
        p.output_scales[0] = 1e-9F;
        for (const Form form : kForms) {
            Problem run = p;
            conv_compute({}, {}, run.tile(form));
            EXPECT_EQ(run.output[0], arith::quantize_rha(silu(form) / p.output_scales[0]));
            const Form other = form == Form::Decode ? Form::DecodeBiasSecond : Form::Decode;
            const bool seen =
                run.output[0] != arith::quantize_rha(silu(other) / p.output_scales[0]);
            differs[static_cast<int>(form)] += seen ? 1 : 0;
        }
    }
    for (const int count : differs) EXPECT_GT(count, 20);
}

TEST(ConvSections, ThatDoNotCoverTheTileAreRefused) {
    Problem p({1, 1, 9}, cut(3, 3, 2), 112);
    EXPECT_THROW(conv_compute({}, {}, p.tile(Form::Prefill)), InternalError);
}

TEST(ConvSections, CountsAreTheHandCount) {
    Problem p({2, 3, 5}, cut(3, 1, 1), 113);  // 30 outputs
    const Counts prefill = conv_count(p.tile(Form::Prefill));
    EXPECT_EQ(prefill[Event::Int8Mac], 120U);
    EXPECT_EQ(prefill[Event::Fp32Fma], 30U);
    EXPECT_EQ(prefill[Event::Fp32Mul], 3U) << "a scale for each section";
    EXPECT_EQ(prefill[Event::CodeMulBit], 8U * 5) << "biases";
    const Counts decode = conv_count(p.tile(Form::DecodeBiasSecond));
    EXPECT_EQ(decode[Event::Int8Mac], 0U);
    EXPECT_EQ(decode[Event::Fp32Fma], 120U) << "the bias and three taps";
    EXPECT_EQ(decode[Event::Fp32Mul], 3U);
    EXPECT_EQ(decode[Event::CodeMulBit], 8U * (20 + 30)) << "taps scaled, first products";
    EXPECT_EQ(decode[Event::Silu], 30U);
}

}  // namespace
}  // namespace mambasic::models
