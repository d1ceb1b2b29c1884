// Where the codes of x end: ssm.md 8.4 to 8.6 at their boundaries and an ulp to either side of
// them.
#include <gtest/gtest.h>

#include <limits>

#include "models/conv/conv_function.h"
#include "tests/models/x_code/x_reference.h"

namespace mambasic::models {
namespace {

using test::codes_in_words;
using test::dual4;
using test::dual8;
using test::plain;
using test::XElement;
using traces::FlagRule;
using traces::XCode;
using traces::XFormat;

// One channel whose y is what the test wants: SiLU(v) is v from 20 on, and -0, infinity, NaN and
// halves of what is tiny come out of the bias.
struct OneValue {
    std::int8_t x = 0, weight[4] = {}, history[4] = {}, bias = 1;
    std::uint8_t words[72] = {};
    float int8 = 1, low = 1, high = 1, threshold = 1;

    XElement run(const XCode& code, float pre_activation) {
        ConvTile t;
        t.shape = {1, 1, 1};
        t.x = &x;
        t.history = history;
        t.weight = weight;
        t.bias = &bias;
        t.bias_scale = pre_activation;
        t.input_scale = t.weight_scale = 1.0F;
        t.output_scales = &int8;
        t.x_out.use.code = code;
        t.x_out.channels = 1;
        t.x_out.scales = {nullptr, &low, &high, &threshold};
        t.x_out.words = words;
        const Counts counts = conv_compute({}, {}, t);
        std::int8_t q = 0;
        std::int8_t flag = 0;
        x_unpack_row(code, 1, words, &q, &flag);
        EXPECT_EQ(counts[Event::Flagged], static_cast<std::uint64_t>(flag));
        return {q, flag, counts[Event::Saturated] == 1, 0.0F};
    }
};

void expect_element(const XElement& got, int code, int flag, bool saturated) {
    EXPECT_EQ(got.code, code);
    EXPECT_EQ(got.flag, flag);
    EXPECT_EQ(got.saturated, saturated);
}

float down(float v) { return std::nextafter(v, 0.0F); }

TEST(ConvXEnds, FlagsBeginWhereTheLowCodeEnds) {
    OneValue one;
    one.low = 16.0F;
    one.high = 128.0F;
    const XCode over = dual4(false, FlagRule::Overflow);
    expect_element(one.run(over, 120.0F), 1, 1, false);  // 7.5: r is 8; 0.94 of the high scale
    expect_element(one.run(over, down(120.0F)), 7, 0, false);
    expect_element(one.run(over, down(960.0F)), 7, 1, false);
    expect_element(one.run(over, 960.0F), 7, 1, true);
    const XCode skewed = dual4(true, FlagRule::Overflow);
    expect_element(one.run(skewed, 232.0F), 2, 1, false);
    expect_element(one.run(skewed, down(232.0F)), 14, 0, false);
    expect_element(one.run(skewed, down(1856.0F)), 14, 1, false);
    expect_element(one.run(skewed, 1856.0F), 14, 1, true);
    const XCode above = dual4(false, FlagRule::Threshold);
    one.threshold = 100.0F;
    expect_element(one.run(above, 100.0F), 6, 0, false);
    expect_element(one.run(above, std::nextafter(100.0F, 200.0F)), 1, 1, false);
    one.threshold = 1e9F;
    expect_element(one.run(above, 120.0F), 7, 0, true);
}

TEST(ConvXEnds, EightAndFiveBitsEndWhereTheyShould) {
    OneValue one;
    one.int8 = 2.0F;
    one.high = 8.0F;
    expect_element(one.run(dual8(), down(255.0F)), 127, 0, false);
    expect_element(one.run(dual8(), 255.0F), 32, 1, false);
    expect_element(one.run(dual8(), down(1020.0F)), 127, 1, false);
    expect_element(one.run(dual8(), 1020.0F), 127, 1, true);
    one.low = 2.0F;
    expect_element(one.run(plain(XFormat::Int5), down(31.0F)), 15, 0, false);
    expect_element(one.run(plain(XFormat::Int5), 31.0F), 15, 0, true);
}

TEST(ConvXEnds, BelowZeroASkewedCodeSaturatesAndASignedOneIsFlagged) {
    // SiLU is -0.2785 at its least; scales bring that to the end of the codes.
    const float v = -1.25F;
    const float y = v / (1.0F + arith::exp(-v));
    OneValue one;
    one.high = 0.5F;
    float scale = y / -8.5F;
    while (y / scale > -8.5F) scale = std::nextafter(scale, 0.0F);
    while (y / scale <= -8.5F) scale = std::nextafter(scale, 1.0F);
    one.low = scale;  // the first one whose quotient is above -8.5
    expect_element(one.run(dual4(false, FlagRule::Overflow), v), -8, 0, false);
    one.low = std::nextafter(scale, 0.0F);
    expect_element(one.run(dual4(false, FlagRule::Overflow), v), -1, 1, false);
    one.low = -y / 1.5F * 1.001F;
    expect_element(one.run(dual4(true, FlagRule::Overflow), v), -1, 0, false);
    one.low = -y / 1.5F * 0.999F;
    expect_element(one.run(dual4(true, FlagRule::Overflow), v), -1, 0, true);
    one.low = -y / 16.5F * 1.001F;
    expect_element(one.run(plain(XFormat::Int5), v), -16, 0, false);
    one.low = -y / 16.5F * 0.999F;
    expect_element(one.run(plain(XFormat::Int5), v), -16, 0, true);
}

TEST(ConvXEnds, ZerosAndWhatIsNoNumber) {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    for (const XCode& code : codes_in_words()) {
        SCOPED_TRACE(test::shown(code));
        OneValue one;
        expect_element(one.run(code, -0.0F), 0, 0, false);
        expect_element(one.run(code, 1e-40F), 0, 0, false);
        expect_element(one.run(code, std::numeric_limits<float>::quiet_NaN()), 0, 0, false);
        expect_element(one.run(code, -kInfinity), 0, 0, false);  // SiLU gives NaN there
        expect_element(one.run(code, kInfinity), test::highest(code), code.dual() ? 1 : 0, true);
        expect_element(one.run(code, std::numeric_limits<float>::max()), test::highest(code),
                       code.dual() ? 1 : 0, true);
        one.int8 = one.low = 1e-43F;
        one.threshold = 1e-43F;
        one.high = 1.0F;
        expect_element(one.run(code, 1e-40F), code.dual() ? 0 : 15, code.dual() ? 1 : 0,
                       !code.dual());
    }
}

}  // namespace
}  // namespace mambasic::models
