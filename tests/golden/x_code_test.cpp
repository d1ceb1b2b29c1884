// Codes of the SSM input, one element at a time: every boundary of ssm.md 8.1 to 8.6.
#include "golden/x_code.h"

#include <gtest/gtest.h>

#include <random>
#include <stdexcept>

#include "tests/golden/bits.h"
#include "tests/golden/random_layer.h"
#include "tests/golden/x_oracle.h"

namespace mambasic::golden {
namespace {

using traces::XCode;
using traces::XFormat;

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kTiniest = std::numeric_limits<float>::denorm_min();
constexpr float kLargest = std::numeric_limits<float>::max();

struct Want {
    float y;
    int code;
    bool flag;
    bool saturated;
    float u;
};

void expect_element(const XCode& code, const XChannel& channel, const Want& want) {
    const XElement got = encode_x(code, channel, want.y);
    EXPECT_EQ(got.code, want.code) << want.y;
    EXPECT_EQ(got.flag, want.flag) << want.y;
    EXPECT_EQ(got.saturated, want.saturated) << want.y;
    EXPECT_EQ(decode_x(channel, got.code, got.flag), want.u) << want.y;
}

void expect_elements(const XCode& code, const XChannel& channel, const std::vector<Want>& wants) {
    for (const Want& want : wants) {
        expect_element(code, channel, want);
    }
}

/// Scales that make every quotient exact.
XChannel channel_of(float low, float high, float threshold = 0) {
    return {low, high, threshold, low, high};
}

TEST(XCode, SignedFourBitsByOverflow) {
    expect_elements(dual4(false), channel_of(1, 4),
                    {{0.0F, 0, false, false, 0},
                     {-0.0F, 0, false, false, 0},
                     {kTiniest, 0, false, false, 0},
                     {-kTiniest, 0, false, false, 0},
                     {next_down(0.5F), 0, false, false, 0},
                     {0.5F, 1, false, false, 1},
                     {-0.5F, -1, false, false, -1},
                     {7.0F, 7, false, false, 7},
                     {next_down(7.5F), 7, false, false, 7},
                     {7.5F, 2, true, false, 8},  // rounds to 8, which is one too many
                     {next_up(7.5F), 2, true, false, 8},
                     {next_up(-8.5F), -8, false, false, -8},
                     {-8.5F, -2, true, false, -8},
                     {next_down(-8.5F), -2, true, false, -8},
                     {28.0F, 7, true, false, 28},
                     {next_down(30.0F), 7, true, false, 28},
                     {30.0F, 7, true, true, 28},
                     {next_up(-34.0F), -8, true, false, -32},
                     {-34.0F, -8, true, true, -32},
                     {kLargest, 7, true, true, 28},
                     {kInf, 7, true, true, 28},
                     {-kInf, -8, true, true, -32},
                     {kNan, 0, false, false, 0}});
}

TEST(XCode, SkewedFourBitsByOverflow) {
    expect_elements(dual4(true), channel_of(1, 4),
                    {{-0.2785F, 0, false, false, 0},
                     {-0.5F, -1, false, false, -1},
                     {next_up(-1.5F), -1, false, false, -1},
                     {-1.5F, -1, false, true, -1},  // no flag below: it is held
                     {-kInf, -1, false, true, -1},
                     {next_down(14.5F), 14, false, false, 14},
                     {14.5F, 4, true, false, 16},
                     {next_down(58.0F), 14, true, false, 56},
                     {58.0F, 14, true, true, 56},
                     {kInf, 14, true, true, 56},
                     {kNan, 0, false, false, 0}});
}

TEST(XCode, SmallestFlaggedValueIsLostBeyondTheLargestRatio) {
    expect_element(dual4(false), channel_of(1, 15), {7.5F, 1, true, false, 15});
    expect_element(dual4(false), channel_of(1, 16), {7.5F, 0, true, false, 0});
    expect_element(dual4(true), channel_of(1, 29), {14.5F, 1, true, false, 29});
    expect_element(dual4(true), channel_of(1, 30), {14.5F, 0, true, false, 0});
}

TEST(XCode, FourBitsByThreshold) {
    expect_elements(dual4_by_threshold(false), channel_of(1, 4, 7),
                    {{7.0F, 7, false, false, 7},
                     {next_up(7.0F), 2, true, false, 8},
                     {-7.0F, -7, false, false, -7},
                     {next_down(-7.0F), -2, true, false, -8},
                     {30.0F, 7, true, true, 28},
                     {kInf, 7, true, true, 28},
                     {-kInf, -8, true, true, -32},
                     {kNan, 0, false, false, 0}});
    // A threshold that the codes of the low scale do not reach, and one that negatives pass too.
    expect_element(dual4_by_threshold(false), channel_of(1, 4, 20), {9.0F, 7, false, true, 7});
    expect_element(dual4_by_threshold(true), channel_of(1, 4, 7), {-20.0F, -1, true, true, -4});
}

TEST(XCode, FiveBits) {
    expect_elements(code_of(XFormat::Int5), channel_of(1, 0),
                    {{-0.0F, 0, false, false, 0},
                     {kTiniest, 0, false, false, 0},
                     {next_down(15.5F), 15, false, false, 15},
                     {15.5F, 15, false, true, 15},
                     {next_up(-16.5F), -16, false, false, -16},
                     {-16.5F, -16, false, true, -16},
                     {kInf, 15, false, true, 15},
                     {-kInf, -16, false, true, -16},
                     {kNan, 0, false, false, 0}});
}

TEST(XCode, EightBits) {
    for (const XFormat format : {XFormat::Int8, XFormat::Int8Sim}) {
        expect_elements(code_of(format), channel_of(2, 0),
                        {{1.0F, 1, false, false, 2},
                         {next_down(255.0F), 127, false, false, 254},
                         {255.0F, 127, false, true, 254},
                         {next_up(-257.0F), -128, false, false, -256},
                         {-257.0F, -128, false, true, -256},
                         {kNan, 0, false, false, 0}});
    }
}

/// The channel of a format that int8's one scale gives.
XChannel of_int8(const XCode& code, float coding, float decoding) {
    return x_channels(code, {}, {coding, decoding, nullptr}, 1).front();
}

TEST(XCode, EightBitsTimesAFactorExtendNothing) {
    const XCode code = code_of(XFormat::Uniform8, 3);
    expect_elements(code, of_int8(code, 2, 2),
                    {{1.0F, 1, false, false, 6}, {300.0F, 127, false, true, 762}});
}

TEST(XCode, EightBitsOfTwoScales) {
    const XCode code = code_of(XFormat::Dual8, 4);
    expect_elements(code, of_int8(code, 0.5F, 0.5F),
                    {{next_down(63.75F), 127, false, false, 63.5F},
                     {63.75F, 32, true, false, 64},
                     {next_up(-64.25F), -128, false, false, -64},
                     {-64.25F, -32, true, false, -64},
                     {next_down(255.0F), 127, true, false, 254},
                     {255.0F, 127, true, true, 254},
                     {-257.0F, -128, true, true, -256},
                     {kInf, 127, true, true, 254},
                     {-kInf, -128, true, true, -256},
                     {kNan, 0, false, false, 0}});
}

/// What the first value beyond int8 becomes, and the last that is no zero's.
TEST(XCode, FactorsOfTwoScales) {
    struct Case {
        float factor;
        int code;
        float u;
    };
    for (const Case& c :
         {Case{3, 43, 129}, {8, 16, 128}, {64, 2, 128}, {255, 1, 255}, {2025, 0, 0}}) {
        const XCode code = code_of(XFormat::Dual8, c.factor);
        for (const float s1 : {1.0F, 0.25F, 8.0F}) {
            const XChannel channel = of_int8(code, s1, s1);
            expect_element(code, channel, {128 * s1, c.code, true, false, c.u * s1});
            expect_element(code, channel,
                           {127 * c.factor * s1, 127, true, false, 127 * c.factor * s1});
            expect_element(code, channel,
                           {127.5F * c.factor * s1, 127, true, true, 127 * c.factor * s1});
        }
    }
}

TEST(XCode, AFactorOf2025ZeroesWhatItFlags) {
    const XCode code = code_of(XFormat::Dual8, 2025);
    expect_elements(code, of_int8(code, 1, 1),
                    {{127.0F, 127, false, false, 127},
                     {127.5F, 0, true, false, 0},
                     {1000.0F, 0, true, false, 0},
                     {next_down(1012.5F), 0, true, false, 0},
                     {1012.5F, 1, true, false, 2025},
                     {-1012.0F, 0, true, false, 0}});
}

TEST(XCode, CodesWithOneScaleAndDecodesWithTheOther) {
    const XCode dual = code_of(XFormat::Dual8, 4);
    expect_elements(dual, of_int8(dual, 1, 2),
                    {{3.0F, 3, false, false, 6}, {200.0F, 50, true, false, 400}});
    const XCode uniform = code_of(XFormat::Uniform8, 4);
    expect_element(uniform, of_int8(uniform, 1, 2), {3.0F, 3, false, false, 24});
}

/// Scales that no quotient is exact for, against division and rounding in double.
TEST(XCode, RandomValuesAreTheOracles) {
    std::mt19937 rng(1);
    for (const XCode& code : all_codes()) {
        const XChannel channel = code.own_scales() ? channel_of(0.0171F, 0.0713F, 0.113F)
                                                   : of_int8(code, 0.0093F, 0.0097F);
        for (const float y : random_floats(rng, 20000, 1.0F)) {
            const XElement got = encode_x(code, channel, y);
            const XElement want = oracle_x(code, channel, y);
            ASSERT_EQ(got.code, want.code) << y;
            ASSERT_EQ(got.flag, want.flag) << y;
            ASSERT_EQ(got.saturated, want.saturated) << y;
        }
    }
}

TEST(XCode, ARowsListHoldsItsFirstFlags) {
    XCode code = dual4(false);
    code.sparse_percent = 25;  // of 9 channels: 3 places
    const std::vector<XChannel> channels(9, channel_of(1, 4));
    const float y[] = {8, 1, 9, 29, -40, 31, 2, 100, 7};
    std::int8_t codes[9], flags[9];
    const XCounts counts = encode_x_row(code, channels, y, codes, flags);
    const int want_codes[] = {2, 1, 2, 7, -8, 7, 2, 7, 7};
    const int want_flags[] = {1, 0, 1, 1, 0, 0, 0, 0, 0};
    for (std::size_t e = 0; e < 9; ++e) {
        EXPECT_EQ(codes[e], want_codes[e]) << e;
        EXPECT_EQ(flags[e], want_flags[e]) << e;
    }
    EXPECT_EQ(counts.flagged, 3U);
    EXPECT_EQ(counts.saturated, 3U);  // -40, 31 and 100 had no place left
    code.sparse_percent = 0;
    const XCounts packed = encode_x_row(code, channels, y, codes, flags);
    EXPECT_EQ(packed.flagged, 6U);
    EXPECT_EQ(packed.saturated, 3U);  // -40, 31 and 100 are beyond the high scale
}

TEST(XCode, EveryChannelHasTheScalesOfItsCell) {
    const GroupedLayer layer(tiny_dims(), {1, 2, 3}, 5);
    const GroupScales groups(layer.dims, layer.groups.table);
    std::vector<float> low, high, threshold;
    for (std::size_t cell = 0; cell < 6; ++cell) {
        low.push_back(1.0F + static_cast<float>(cell));
        high.push_back(10.0F + static_cast<float>(cell));
        threshold.push_back(20.0F + static_cast<float>(cell));
    }
    const XInt8Scales int8{0, 0, &groups};
    const auto own =
        x_channels(dual4_by_threshold(true), {low.data(), high.data(), threshold.data()}, int8,
                   layer.dims.d_inner);
    const auto of_eight = x_channels(code_of(XFormat::Dual8, 4), {}, int8, layer.dims.d_inner);
    for (std::size_t e = 0; e < layer.dims.d_inner; ++e) {
        const std::size_t cell = layer.groups.painted[e];
        EXPECT_EQ(own[e].low, low[cell]);
        EXPECT_EQ(own[e].decoded_high, high[cell]);
        EXPECT_EQ(own[e].threshold, threshold[cell]);
        EXPECT_EQ(of_eight[e].low, layer.groups.x_scales[cell]);
        EXPECT_EQ(of_eight[e].decoded_high, layer.groups.x_scales[cell] * 4);
    }
}

TEST(XCode, MissingScalesAndNoFactorsAreRefused) {
    const float scale = 1;
    const auto channels = [](const XCode& code, const traces::XScales& scales) {
        return x_channels(code, scales, {1, 1, nullptr}, 4);
    };
    EXPECT_THROW(channels(code_of(XFormat::Int5), {}), std::invalid_argument);
    EXPECT_NO_THROW(channels(code_of(XFormat::Int5), {&scale, nullptr, nullptr}));
    EXPECT_THROW(channels(dual4(true), {&scale, nullptr, nullptr}), std::invalid_argument);
    EXPECT_NO_THROW(channels(dual4(true), {&scale, &scale, nullptr}));
    EXPECT_THROW(channels(dual4_by_threshold(true), {&scale, &scale, nullptr}),
                 std::invalid_argument);
    for (const XFormat format : {XFormat::Dual8, XFormat::Uniform8}) {
        for (const float factor : {0.0F, 1.0F, -3.0F, kInf, kNan}) {
            EXPECT_THROW(channels(code_of(format, factor), {}), std::invalid_argument) << factor;
        }
    }
}

// The scale and the factor are finite, and their product may be too large all the same.
TEST(XCode, AMultipleBeyondFp32IsRefused) {
    const auto channels = [](XFormat format, float coding, float decoding) {
        return x_channels(code_of(format, 1e6F), {}, {coding, decoding, nullptr}, 4);
    };
    const float fits = 3e32F;  // 3e38, below FP32's largest, 3.4e38
    const float is_too_large = 4e32F;
    for (const XFormat format : {XFormat::Dual8, XFormat::Uniform8}) {
        EXPECT_NO_THROW(channels(format, fits, fits));
        EXPECT_THROW(channels(format, fits, is_too_large), std::invalid_argument);
    }
    EXPECT_THROW(channels(XFormat::Dual8, is_too_large, fits), std::invalid_argument);
    EXPECT_NO_THROW(channels(XFormat::Uniform8, is_too_large, fits)) << "no multiple codes";
    GroupedLayer grouped(tiny_dims(), {1, 2, 3}, 1);
    const GroupScales scales(grouped.dims, grouped.groups.table);
    const XCode code = code_of(XFormat::Dual8, 1e6F);
    EXPECT_NO_THROW(x_channels(code, {}, {0, 0, &scales}, grouped.dims.d_inner));
    grouped.groups.x_scales.back() = is_too_large;
    EXPECT_THROW(x_channels(code, {}, {0, 0, &scales}, grouped.dims.d_inner),
                 std::invalid_argument);
}

}  // namespace
}  // namespace mambasic::golden
