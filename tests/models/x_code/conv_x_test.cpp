// The convolution where x is not int8: its values against the scalar derivation of kernels.md 1.2
// and 1.3, its words against ssm.md 8.
#include <gtest/gtest.h>

#include "models/conv/conv_function.h"
#include "tests/models/function_test_support.h"
#include "tests/models/x_code/x_reference.h"

namespace mambasic::models {
namespace {

using test::codes_in_words;
using test::dual4;
using test::dual8;
using test::plain;
using test::Random;
using test::XElement;
using test::XScalesOf;
using traces::FlagRule;
using traces::XCode;
using traces::XFormat;
using traces::XProjInput;

struct Problem {
    ConvShape shape;
    std::uint64_t of_x;
    bool per_tap;
    std::uint64_t in_stride, out_stride, value_stride, word_stride = 0;
    std::vector<std::int8_t> x, history, weight, bias, output;
    std::vector<float> int8, low, high, threshold, values;
    std::vector<std::uint8_t> words;

    Problem(const ConvShape& s, std::uint64_t channels_of_x, bool decode, std::uint32_t seed)
        : shape(s),
          of_x(channels_of_x),
          per_tap(decode),
          in_stride(s.channels + 9),
          out_stride(s.channels + 3),
          value_stride(s.channels + 2) {
        Random random(seed);
        x = random.codes(s.sequences * s.tokens * in_stride);
        history = random.codes(s.sequences * s.channels * 4);
        weight = random.codes(s.channels * 4);
        bias = random.codes(s.channels);
        int8 = random.floats(s.channels, 0.005F, 0.03F);
        low = random.floats(of_x, 0.01F, 0.2F);
        high = random.floats(of_x, 0.2F, 0.8F);
        threshold = random.floats(of_x, 0.1F, 1.5F);
        output.assign(s.sequences * s.tokens * out_stride, 77);
        values.assign(s.sequences * s.tokens * value_stride, -77.0F);
    }

    ConvTile tile(const XUse& use) {
        ConvTile t;
        t.shape = shape;
        t.per_tap_scaling = per_tap;
        t.bias_after_first_tap = per_tap && of_x < shape.channels;
        t.x = x.data();
        t.x_stride = in_stride;
        t.x_sequence_stride = in_stride * shape.tokens;
        t.history = history.data();
        t.weight = weight.data();
        t.bias = bias.data();
        t.sections[0] = {of_x, 0.0317F, 0.0073F, 0.0041F};
        t.sections[1] = {shape.channels - of_x, 0.02F, 0.009F, 0.003F};
        t.output_scales = int8.data();
        t.output = output.data();
        t.output_stride = out_stride;
        t.output_sequence_stride = out_stride * shape.tokens;
        word_stride = x_row_bytes(use.code, of_x) + 5;
        words.assign(shape.sequences * shape.tokens * word_stride, 0xA5);
        t.x_out.use = use;
        t.x_out.channels = of_x;
        t.x_out.scales = {nullptr, low.data(), high.data(), threshold.data()};
        t.x_out.words = words.data();
        t.x_out.stride = word_stride;
        t.x_out.sequence_stride = word_stride * shape.tokens;
        t.x_out.values = values.data();
        t.x_out.value_stride = value_stride;
        t.x_out.value_sequence_stride = value_stride * shape.tokens;
        return t;
    }
    XScalesOf scales_of(std::uint64_t c) const { return {int8[c], low[c], high[c], threshold[c]}; }
};

// y of every row and channel, by kernels.md 1.2 and 1.3; replaces the history as the chip does.
std::vector<float> scalar(Problem& p) {
    const ConvTile t = p.tile({});
    std::vector<float> y(p.shape.sequences * p.shape.tokens * p.shape.channels);
    for (std::uint64_t s = 0; s < p.shape.sequences; ++s) {
        for (std::uint64_t c = 0; c < p.shape.channels; ++c) {
            const ConvSection& section = t.sections[c < p.of_x ? 0 : 1];
            std::int8_t* history = p.history.data() + (s * p.shape.channels + c) * 4;
            std::vector<std::int8_t> in(history, history + 4);
            const float scale = section.weight_scale * section.input_scale;
            for (std::uint64_t i = 0; i < p.shape.tokens; ++i) {
                in.push_back(p.x[(s * p.shape.tokens + i) * p.in_stride + c]);
                const std::int8_t* taps = in.data() + in.size() - 4;
                const std::int8_t* w = p.weight.data() + c * 4;
                const auto b = static_cast<float>(p.bias[c]);
                int acc = 0;
                for (int k = 0; k < 4; ++k) acc += taps[k] * w[k];
                float v = arith::fma(scale, static_cast<float>(acc), b * section.bias_scale);
                if (p.per_tap) {
                    v = b * section.bias_scale;
                    if (t.bias_after_first_tap) {
                        v = arith::fma(b, section.bias_scale, (scale * w[0]) * taps[0]);
                    }
                    for (int k = t.bias_after_first_tap ? 1 : 0; k < 4; ++k) {
                        v = arith::fma(scale * w[k], taps[k], v);
                    }
                }
                y[(s * p.shape.tokens + i) * p.shape.channels + c] = v / (1.0F + arith::exp(-v));
            }
            std::copy(in.end() - 4, in.end(), history);
        }
    }
    return y;
}

struct Expected {
    std::vector<std::uint8_t> words;
    std::vector<std::int8_t> output;
    std::vector<float> values;
    std::uint64_t saturated = 0, flagged = 0;
};

Expected expect_rows(Problem& p, const XUse& use) {
    const std::vector<float> y = scalar(p);
    p.tile(use);  // lays the words out
    Expected e{p.words, p.output, p.values, 0, 0};
    for (std::uint64_t row = 0; row < p.shape.sequences * p.shape.tokens; ++row) {
        const auto first = y.begin() + static_cast<std::ptrdiff_t>(row * p.shape.channels);
        const std::vector<float> of_row(first,
                                        first + static_cast<std::ptrdiff_t>(p.shape.channels));
        std::vector<XScalesOf> scales;
        for (std::uint64_t c = 0; c < p.of_x; ++c) scales.push_back(p.scales_of(c));
        if (use.code.own_codes()) {
            const std::vector<float> x(of_row.begin(),
                                       of_row.begin() + static_cast<std::ptrdiff_t>(p.of_x));
            const std::vector<XElement> coded = test::code_row(use.code, x, scales);
            for (const XElement& c : coded) {
                e.saturated += c.saturated ? 1U : 0U;
                e.flagged += c.flag != 0 ? 1U : 0U;
            }
            const std::vector<std::uint8_t> bytes = test::WordsByHand(use.code, coded).bytes;
            std::copy(bytes.begin(), bytes.end(),
                      e.words.begin() + static_cast<std::ptrdiff_t>(row * p.word_stride));
        }
        for (std::uint64_t c = 0; c < p.shape.channels; ++c) {
            const XElement q = test::hold(of_row[c], p.int8[c], -128, 127);
            const bool sim = use.code.format == XFormat::Int8Sim;
            if (use.code.values()) {
                e.values[row * p.value_stride + c] = sim ? q.value : of_row[c];
            }
            const bool is_x = c < p.of_x;
            const bool int8 = is_x ? use.copied() : !use.code.values();
            if (int8) e.output[row * p.out_stride + c] = static_cast<std::int8_t>(q.code);
            const bool counted = sim || (!is_x && int8);  // a copy's are not the SSM input's
            e.saturated += counted && q.saturated ? 1U : 0U;
        }
    }
    return e;
}

void compare(const ConvShape& shape, std::uint64_t of_x, const XUse& use, bool decode,
             std::uint32_t seed) {
    Problem want(shape, of_x, decode, seed);
    const Expected expected = expect_rows(want, use);
    for (const Isa isa : test::available_isas()) {
        const test::IsaScope scope(isa);
        SCOPED_TRACE(test::shown(use.code) + " " + name_of(isa));
        Problem got(shape, of_x, decode, seed);
        const ConvTile tile = got.tile(use);
        Counts counts = conv_compute({}, {}, tile);
        EXPECT_EQ(got.words, expected.words);
        EXPECT_EQ(got.output, expected.output);
        EXPECT_EQ(test::bits_of(got.values), test::bits_of(expected.values));
        EXPECT_EQ(got.history, want.history);
        EXPECT_EQ(counts[Event::Saturated], expected.saturated);
        EXPECT_EQ(counts[Event::Flagged], expected.flagged);
        counts[Event::Saturated] = counts[Event::Flagged] = 0;
        EXPECT_TRUE(counts == conv_count(tile));
    }
    if (use.code.dual() && shape.tokens * of_x > 1000) {
        EXPECT_GT(expected.flagged, 0U);
        if (use.code.format == XFormat::Dual4) {
            EXPECT_GT(expected.saturated, 0U);
        }
    }
}

std::vector<XCode> all_codes() {
    std::vector<XCode> codes = codes_in_words();
    codes.push_back(plain(XFormat::Fp32));
    codes.push_back(plain(XFormat::Int8Sim));
    return codes;
}

TEST(ConvX, Mamba1MakesEveryCodeWithAndWithoutACopy) {
    std::uint32_t seed = 1;
    for (const XCode& code : all_codes()) {
        for (const XProjInput input :
             {XProjInput::Copy, XProjInput::Requantized, XProjInput::Codes}) {
            compare({1, 7, 300}, 300, {code, true, input}, false, ++seed);
        }
        compare({2, 3, 65}, 65, {code, true, XProjInput::Copy}, true, ++seed);
    }
}

TEST(ConvX, Mamba2KeepsBAndCAsTheyAre) {
    std::uint32_t seed = 50;
    for (const XCode& code : all_codes()) {
        compare({2, 5, 240}, 176, {code, false, XProjInput::Copy}, false, ++seed);
        compare({3, 1, 144}, 128, {code, false, XProjInput::Copy}, true, ++seed);
        compare({1, 2, 131}, 3, {code, false, XProjInput::Copy}, false, ++seed);
    }
}

// ssm.md 8: without a table what decodes may differ from what codes; the copy is x_proj's and keeps
// the codes.
TEST(ConvX, Int8InFp32IsDecodedWithAScaleOfItsOwn) {
    const XUse use{plain(XFormat::Int8Sim), true, XProjInput::Copy};
    Problem coded({1, 7, 300}, 300, false, 91);
    conv_compute({}, {}, coded.tile(use));
    for (const Isa isa : test::available_isas()) {
        const test::IsaScope scope(isa);
        Problem p({1, 7, 300}, 300, false, 91);
        ConvTile tile = p.tile(use);
        tile.x_out.decoding_scale = 0.0123F;
        conv_compute({}, {}, tile);
        ASSERT_EQ(p.output, coded.output) << "coding has nothing to do with it";
        for (std::uint64_t row = 0; row < 7; ++row) {
            for (std::uint64_t c = 0; c < 300; ++c) {
                const float code = p.output[row * p.out_stride + c];
                ASSERT_EQ(p.values[row * p.value_stride + c], 0.0123F * code) << name_of(isa);
            }
        }
    }
}

TEST(ConvX, ManyElementsAreCodedByAllThreads) {
    compare({1, 80, 1700}, 1600, {dual4(true, FlagRule::Overflow, 5), false, XProjInput::Copy},
            false, 90);
}

TEST(ConvX, AListHasRoomForTheFirstOnesOfARow) {
    // 100 channels of 3 per cent: room for 3. Channels 10, 20, 30, 40 want a flag.
    Problem p({1, 1, 100}, 100, false, 5);
    std::fill(p.weight.begin(), p.weight.end(), std::int8_t{0});
    std::fill(p.bias.begin(), p.bias.end(), std::int8_t{0});
    for (const std::size_t c : {10U, 20U, 30U, 40U}) p.bias[c] = 100;
    std::fill(p.int8.begin(), p.int8.end(), 0.1F);
    std::fill(p.high.begin(), p.high.end(), 0.5F);
    ConvTile tile = p.tile({dual8(3), false, XProjInput::Copy});
    tile.sections[0].bias_scale = 0.3F;  // y = 30, which is 60 of the high scale
    const Counts counts = conv_compute({}, {}, tile);
    EXPECT_EQ(counts[Event::Flagged], 3U);
    EXPECT_EQ(counts[Event::Saturated], 1U);
    std::vector<std::int8_t> codes(100);
    std::vector<std::int8_t> flags(100);
    x_unpack_row(dual8(3), 100, p.words.data(), codes.data(), flags.data());
    EXPECT_EQ(codes[30], 60);
    EXPECT_EQ(flags[30], 1);
    EXPECT_EQ(codes[40], 127);
    EXPECT_EQ(flags[40], 0);
}

Counts count_of(const XCode& code, bool mamba1, XProjInput input) {
    ConvTile tile;
    tile.shape = {1, 10, mamba1 ? 64U : 80U};  // 640 elements of x, 160 of B and C
    tile.x_out.use = {code, mamba1, input};
    tile.x_out.channels = 64;
    Counts counts = conv_count(tile);
    counts[Event::Fp32Mul] -= mamba1 ? 65 : 81;  // weights: S and the biases
    return counts;
}

void expect_making(const Counts& counts, std::uint64_t divisions, std::uint64_t others) {
    EXPECT_EQ(counts[Event::Fp32Div], divisions);
    EXPECT_EQ(counts[Event::QuantizeInt8], divisions);
    EXPECT_EQ(counts[Event::PackCode], others);
}

TEST(ConvX, CountsAreTheHandCount) {
    const XProjInput copy = XProjInput::Copy;
    const XCode four = dual4(false, FlagRule::Overflow);
    expect_making(count_of({}, true, copy), 640, 0);
    expect_making(count_of(plain(XFormat::Uniform8), true, copy), 640, 0);
    expect_making(count_of(four, false, copy), 1280 + 160, 640);
    expect_making(count_of(four, true, copy), 1920, 640);
    expect_making(count_of(four, true, XProjInput::Codes), 1280, 640);
    expect_making(count_of(dual8(), true, copy), 1280, 640);
    expect_making(count_of(plain(XFormat::Int5), true, copy), 1280, 640);
    expect_making(count_of(plain(XFormat::Int5), true, XProjInput::Requantized), 640, 640);
    expect_making(count_of(plain(XFormat::Fp32), true, copy), 640, 0);
    expect_making(count_of(plain(XFormat::Fp32), false, copy), 0, 0);
    expect_making(count_of(plain(XFormat::Int8Sim), false, copy), 800, 0);
    EXPECT_EQ(count_of(plain(XFormat::Int8Sim), false, copy)[Event::Fp32Mul], 800U);
    EXPECT_EQ(count_of(four, true, copy)[Event::Fp32Mul], 0U);
    EXPECT_EQ(count_of(four, true, copy)[Event::Int32Add], 0U);
    EXPECT_EQ(count_of(dual4(true, FlagRule::Threshold), true, copy)[Event::Int32Add], 640U);
}

}  // namespace
}  // namespace mambasic::models
