// Words of x against ssm.md 8.8, bit by bit.
#include "models/x_code/x_rows.h"

#include <gtest/gtest.h>

#include "models/x_code/x_layout.h"
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
using traces::FlagRule;
using traces::XCode;
using traces::XFormat;
using traces::XProjInput;

// Any codes, and as many flags as a row has room for.
std::vector<XElement> random_row(const XCode& code, std::uint64_t channels, Random& random) {
    const auto codes = random.codes(channels, test::lowest(code), test::highest(code));
    const auto flags = random.codes(channels, 0, code.sparse_percent == 0 ? 1 : 9);
    std::uint64_t room = code.sparse_percent == 0 ? channels : code.slots(channels);
    std::vector<XElement> row;
    for (std::uint64_t c = 0; c < channels; ++c) {
        const bool flag = code.dual() && flags[c] == 1 && room > 0;
        room -= flag ? 1 : 0;
        row.push_back({codes[c], flag ? 1 : 0, false, 0.0F});
    }
    return row;
}

struct Planes {
    std::vector<std::int8_t> codes, flags;
    explicit Planes(const std::vector<XElement>& row) {
        for (const XElement& e : row) {
            codes.push_back(static_cast<std::int8_t>(e.code));
            flags.push_back(static_cast<std::int8_t>(e.flag));
        }
    }
};

void expect_round_trip(const XCode& code, std::uint64_t channels, Random& random) {
    const std::vector<XElement> row = random_row(code, channels, random);
    const Planes want(row);
    const std::vector<std::uint8_t> words = test::WordsByHand(code, row).bytes;
    ASSERT_EQ(words.size(), x_row_bytes(code, channels));
    std::vector<std::uint8_t> packed(words.size(), 0xA5);
    x_pack_row(code, channels, want.codes.data(), want.flags.data(), packed.data());
    ASSERT_EQ(packed, words);
    std::vector<std::int8_t> codes(channels, 77);
    std::vector<std::int8_t> flags(channels, 77);
    x_unpack_row(code, channels, words.data(), codes.data(), flags.data());
    ASSERT_EQ(codes, want.codes);
    ASSERT_EQ(flags, want.flags);
    x_unpack_row(code, channels, words.data(), codes.data(), nullptr);
    ASSERT_EQ(codes, want.codes);
    XInput in;
    in.use.code = code;
    in.channels = channels;
    in.words = words.data();
    const auto pick = [&](std::uint64_t most) {
        return static_cast<std::uint64_t>(random.uniform(0.0F, 0.999F) * static_cast<float>(most));
    };
    in.first = pick(channels);
    const std::uint64_t count = 1 + pick(channels - in.first);
    x_codes_of_row(in, count, 0, codes.data(), flags.data());
    for (std::uint64_t c = 0; c < count; ++c) {
        ASSERT_EQ(codes[c], want.codes[in.first + c]) << "from " << in.first << " at " << c;
        ASSERT_EQ(flags[c], want.flags[in.first + c]) << "from " << in.first << " at " << c;
    }
}

TEST(DequantMux, WordsAreTheSpecsAndComeBack) {
    for (const Isa isa : test::available_isas()) {
        const test::IsaScope scope(isa);
        Random random(1);
        for (const XCode& code : codes_in_words()) {
            SCOPED_TRACE(test::shown(code) + " " + name_of(isa));
            for (std::uint64_t channels = 1; channels < 300; channels += 1 + channels / 20) {
                expect_round_trip(code, channels, random);
                if (HasFatalFailure()) return;
            }
            expect_round_trip(code, 1536, random);
        }
    }
}

TEST(DequantMux, FourBitsAndAFlagByHand) {
    std::vector<std::int8_t> codes(65, 0);
    std::vector<std::int8_t> flags(65, 0);
    codes[0] = -8;
    codes[1] = 7;
    codes[63] = -1;
    codes[64] = 3;
    flags[1] = flags[9] = flags[64] = 1;
    std::vector<std::uint8_t> words(80, 0xFF);
    x_pack_row(dual4(false, FlagRule::Overflow), 65, codes.data(), flags.data(), words.data());
    EXPECT_EQ(words[0], 0x78);
    EXPECT_EQ(words[1], 0x00);
    EXPECT_EQ(words[31], 0xF0);
    EXPECT_EQ(words[32], 0x02);
    EXPECT_EQ(words[33], 0x02);
    EXPECT_EQ(words[39], 0x00);
    EXPECT_EQ(words[40], 0x03);
    EXPECT_EQ(words[72], 0x01);
    EXPECT_EQ(words[79], 0x00);
    codes[0] = -1;
    codes[1] = 14;
    x_pack_row(dual4(true, FlagRule::Overflow), 65, codes.data(), flags.data(), words.data());
    EXPECT_EQ(words[0], 0xF0);
    EXPECT_EQ(words[31], 0x01);
    EXPECT_EQ(words[40], 0x14) << "the filling is the code of 0";
    EXPECT_EQ(words[71], 0x11) << "the filling is the code of 0";
}

TEST(DequantMux, FiveBitsAndListsByHand) {
    const std::int8_t five[3] = {-16, 15, -1};
    std::vector<std::uint8_t> words(40, 0xFF);
    x_pack_row(plain(XFormat::Int5), 3, five, nullptr, words.data());
    EXPECT_EQ(words[0], 0xF0);
    EXPECT_EQ(words[1], 0x0F);
    EXPECT_EQ(words[2], 0x00);
    EXPECT_EQ(words[32], 0x05);
    std::vector<std::int8_t> codes(400, -128);
    std::vector<std::int8_t> flags(400, 0);
    flags[3] = flags[300] = 1;
    words.assign(7 * 64 + 2 * 4, 0xA5);
    x_pack_row(dual8(1), 400, codes.data(), flags.data(), words.data());
    EXPECT_EQ(words[0], 0x80);
    EXPECT_EQ(words[400], 0x00);
    const std::vector<std::uint8_t> list(words.end() - 8, words.end());
    EXPECT_EQ(list, (std::vector<std::uint8_t>{3, 0, 0x2C, 1, 255, 255, 255, 255}));
}

TEST(DequantMux, BytesOfARowAndOfItsParts) {
    const XCode four = dual4(false, FlagRule::Overflow);
    EXPECT_EQ(x_row_bytes({}, 1536), 1536U);
    EXPECT_EQ(x_row_bytes(plain(XFormat::Uniform8), 1536), 1536U);
    EXPECT_EQ(x_row_bytes(plain(XFormat::Fp32), 1536), 6144U);
    EXPECT_EQ(x_row_bytes(plain(XFormat::Int8Sim), 1536), 6144U);
    EXPECT_EQ(x_row_bytes(four, 1536), 960U);
    EXPECT_EQ(x_row_bytes(plain(XFormat::Int5), 1536), 960U);
    EXPECT_EQ(x_row_bytes(dual8(), 1536), 1728U);
    EXPECT_EQ(x_row_bytes(dual8(), 1), 72U);
    EXPECT_EQ(x_row_bytes(dual4(true, FlagRule::Overflow, 1), 1536), 24U * 32 + 2 * 16);
    EXPECT_EQ(x_row_bytes(dual8(100), 65), 2U * 64 + 2 * 65);
    EXPECT_EQ(x_part_bytes(four, 1536, 64, 64), 40U);
    EXPECT_EQ(x_part_bytes(four, 1536, 63, 2), 80U);
    EXPECT_EQ(x_part_bytes(four, 1536, 32, 97), 120U);
    EXPECT_EQ(x_part_bytes(dual8(1), 1536, 64, 64), 64U + 2 * 16);
    EXPECT_EQ(x_part_bytes(plain(XFormat::Fp32), 1536, 3, 5), 20U);
    EXPECT_EQ(x_part_bytes({}, 1536, 3, 5), 5U);
    EXPECT_EQ(x_part_bytes(four, 1536, 8, 0), 0U);
}

float pick_scale(const XCode& code, const XElement& e, const test::XScalesOf& s) {
    if (e.flag != 0) return s.high;
    return code.format == XFormat::Dual8 ? s.int8 : s.low;
}

TEST(DequantMux, RequantizesWhatTheSsmReads) {
    constexpr std::uint64_t kChannels = 200, kFirst = 37, kCount = 150, kRows = 3;
    for (const XCode& code : codes_in_words()) {
        SCOPED_TRACE(test::shown(code));
        Random random(3);
        std::vector<test::XScalesOf> scales;
        for (std::uint64_t c = 0; c < kChannels; ++c) {
            scales.push_back({random.uniform(0.01F, 0.03F), random.uniform(0.005F, 0.1F),
                              random.uniform(0.1F, 0.7F), 0.0F});
        }
        const std::uint64_t bytes = x_row_bytes(code, kChannels);
        std::vector<std::uint8_t> words;
        std::vector<std::int8_t> want;
        for (std::uint64_t r = 0; r < kRows; ++r) {
            const std::vector<XElement> row = random_row(code, kChannels, random);
            const std::vector<std::uint8_t> packed = test::WordsByHand(code, row).bytes;
            words.insert(words.end(), packed.begin(), packed.end());
            for (std::uint64_t c = kFirst; c < kFirst + kCount; ++c) {
                const float u =
                    pick_scale(code, row[c], scales[c]) * static_cast<float>(row[c].code);
                want.push_back(
                    static_cast<std::int8_t>(test::hold(u, scales[c].int8, -128, 127).code));
            }
        }
        std::vector<float> int8, low, high;
        for (std::uint64_t c = kFirst; c < kFirst + kCount; ++c) {
            int8.push_back(scales[c].int8);
            low.push_back(scales[c].low);
            high.push_back(scales[c].high);
        }
        XInput in;
        in.use = {code, true, XProjInput::Requantized};
        in.channels = kChannels;
        in.first = kFirst;
        in.scales = {int8.data(), code.format == XFormat::Dual8 ? nullptr : low.data(), high.data(),
                     nullptr};
        in.words = words.data();
        in.stride = bytes;
        for (const Isa isa : test::available_isas()) {
            const test::IsaScope scope(isa);
            std::vector<std::int8_t> got(want.size(), 99);
            x_requantize(in, kCount, kRows, got.data());
            EXPECT_EQ(got, want) << name_of(isa);
        }
    }
}

TEST(DequantMux, RequantizesFp32WithOneScale) {
    const float y[4] = {1.25F, -0.25F, 400.0F, 0.5F};
    XInput in;
    in.use = {plain(XFormat::Fp32), true, XProjInput::Requantized};
    in.channels = 2;
    in.one.int8 = 0.5F;
    in.values = y;
    in.value_stride = 2;
    std::int8_t got[4] = {};
    x_requantize(in, 2, 2, got);
    EXPECT_EQ(got[0], 3) << "2.5 away from zero";
    EXPECT_EQ(got[1], -1);
    EXPECT_EQ(got[2], 127);
    EXPECT_EQ(got[3], 1);
}

TEST(DequantMux, OneInt8ScaleMayDecodeAndAnotherCodeAgain) {
    const std::int8_t codes[2] = {10, 10};
    const std::int8_t flags[2] = {0, 1};
    std::uint8_t words[72];
    x_pack_row(dual8(), 2, codes, flags, words);
    XInput in;
    in.use = {dual8(), true, XProjInput::Requantized};
    in.channels = 2;
    in.one = {0.5F, 0.75F, 3.0F};
    in.words = words;
    std::int8_t got[2] = {};
    x_requantize(in, 2, 1, got);
    EXPECT_EQ(got[0], 15);
    EXPECT_EQ(got[1], 60);
}

std::uint32_t bits(bool int8, bool low, bool high, bool threshold) {
    return XColumns{int8, low, high, threshold}.bits();
}

TEST(XUse, EachReaderAsksForItsScalesOnly) {
    const XUse mamba2{dual4(true, FlagRule::Threshold), false, XProjInput::Copy};
    EXPECT_EQ(conv_columns(mamba2).bits(), bits(false, true, true, true));
    EXPECT_EQ(ssm_columns(mamba2).bits(), bits(false, true, true, false));
    EXPECT_EQ(table_columns(mamba2).count(), 3U);
    XUse mamba1{dual4(true, FlagRule::Overflow), true, XProjInput::Copy};
    EXPECT_EQ(conv_columns(mamba1).bits(), bits(true, true, true, false));
    EXPECT_EQ(x_proj_columns(mamba1).count(), 0U);
    mamba1.x_proj = XProjInput::Requantized;
    EXPECT_EQ(conv_columns(mamba1).bits(), bits(false, true, true, false));
    EXPECT_EQ(x_proj_columns(mamba1).bits(), bits(true, true, true, false));
    EXPECT_EQ(table_columns(mamba1).bits(), bits(true, true, true, false));
    const XUse eight{dual8(), true, XProjInput::Copy};
    EXPECT_EQ(conv_columns(eight).bits(), bits(true, false, true, false));
    EXPECT_EQ(ssm_columns(eight).bits(), bits(true, false, true, false));
    const XUse uniform{plain(XFormat::Uniform8), true, XProjInput::Requantized};
    EXPECT_EQ(conv_columns(uniform).bits(), bits(true, false, false, false));
    EXPECT_EQ(ssm_columns(uniform).bits(), bits(false, false, true, false));
    EXPECT_EQ(x_proj_columns(uniform).count(), 0U) << "it reads int8 codes";
    EXPECT_EQ(table_columns({}).bits(), bits(true, false, false, false));
    const XUse none{plain(XFormat::Fp32), false, XProjInput::Copy};
    EXPECT_EQ(table_columns(none).count(), 0U);
    EXPECT_EQ(table_columns({plain(XFormat::Fp32), true, XProjInput::Copy}).count(), 1U);
    EXPECT_EQ(conv_columns({plain(XFormat::Int8Sim), false, XProjInput::Copy}).count(), 1U);
    EXPECT_EQ(ssm_columns({plain(XFormat::Int8Sim), false, XProjInput::Copy}).count(), 0U);
    const XUse five{plain(XFormat::Int5), true, XProjInput::Codes};
    EXPECT_EQ(table_columns(five).bits(), bits(false, true, false, false));
}

}  // namespace
}  // namespace mambasic::models
