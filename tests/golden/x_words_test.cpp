// Rows of codes as bytes, by hand and there and back: ssm.md 8.8.
#include "golden/x_words.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <stdexcept>

#include "tests/golden/random_layer.h"
#include "tests/golden/x_oracle.h"

namespace mambasic::golden {
namespace {

using traces::XCode;
using traces::XFormat;
using Bytes = std::vector<std::uint8_t>;

XCode sparse(XCode code, std::uint32_t percent) {
    code.sparse_percent = percent;
    return code;
}

/// `count` channels, all zero but the given ones.
XRow row_of(std::size_t count, const std::vector<std::pair<std::size_t, int>>& codes,
            const std::vector<std::size_t>& flagged) {
    XRow row{std::vector<std::int8_t>(count, 0), std::vector<std::int8_t>(count, 0)};
    for (const auto& [channel, code] : codes) {
        row.codes[channel] = static_cast<std::int8_t>(code);
    }
    for (const std::size_t channel : flagged) {
        row.flags[channel] = 1;
    }
    return row;
}

TEST(XWords, RotatedCodesAreAByteEach) {
    XCode code;
    code.format = XFormat::Rotated8;
    const XRow row{{1, -2, 127, -128, 0, 15, 16}, {}};
    const Bytes bytes{1, 254, 127, 128, 0, 15, 16};
    EXPECT_EQ(pack_x_row(code, row), bytes);
    EXPECT_EQ(unpack_x_row(code, row.codes.size(), bytes), row);
}

TEST(XWords, SignedNibblesThenFlags) {
    const XRow row =
        row_of(66, {{0, 7}, {1, -8}, {2, -1}, {63, 5}, {64, 3}, {65, -2}}, {1, 8, 63, 65});
    Bytes want(80, 0);
    want[0] = 0x87;   // channel 1, channel 0
    want[1] = 0x0F;   // channel 2: -1
    want[31] = 0x50;  // channel 63
    want[32] = 0x02;  // flag of 1
    want[33] = 0x01;  // of 8
    want[39] = 0x80;  // of 63
    want[40] = 0xE3;  // the second block: 65 and 64
    want[72] = 0x02;
    EXPECT_EQ(pack_x_row(dual4(false), row), want);
    EXPECT_EQ(unpack_x_row(dual4(false), 66, want), row);
}

TEST(XWords, SkewedNibblesAreOneMoreAndFillABlockWithIt) {
    const XRow row = row_of(3, {{0, -1}, {1, 14}, {2, 0}}, {1});
    Bytes want(40, 0x11);  // the code of zero in both halves
    want[0] = 0xF0;
    std::fill(want.begin() + 32, want.end(), std::uint8_t{0});
    want[32] = 0x02;
    EXPECT_EQ(pack_x_row(dual4(true), row), want);
    EXPECT_EQ(unpack_x_row(dual4(true), 3, want), row);
}

TEST(XWords, TheFifthBitStandsWhereAFlagWould) {
    XRow row = row_of(64, {{0, -16}, {1, 15}, {2, -1}, {9, -9}}, {});
    row.flags.clear();
    Bytes want(40, 0);
    want[0] = 0xF0;
    want[1] = 0x0F;
    want[4] = 0x70;   // -9 is 10111
    want[32] = 0x05;  // 0 and 2 are negative
    want[33] = 0x02;  // and 9
    EXPECT_EQ(pack_x_row(code_of(XFormat::Int5), row), want);
    EXPECT_EQ(unpack_x_row(code_of(XFormat::Int5), 64, want), row);
}

TEST(XWords, EightBitsThenFlags) {
    const XRow row = row_of(65, {{0, -128}, {63, 127}, {64, -1}}, {0, 64});
    Bytes want(144, 0);
    want[0] = 0x80;
    want[63] = 0x7F;
    want[64] = 0x01;
    want[72] = 0xFF;
    want[136] = 0x01;
    EXPECT_EQ(pack_x_row(code_of(XFormat::Dual8, 4), row), want);
    EXPECT_EQ(unpack_x_row(code_of(XFormat::Dual8, 4), 65, want), row);
}

TEST(XWords, AListOfFlagsStandsBehindAllCodes) {
    const XCode code = sparse(dual4(false), 1);  // 300 channels: 3 places
    const XRow row = row_of(300, {{299, -3}}, {5, 258});
    Bytes want(5 * 32 + 6, 0);
    want[4 * 32 + 21] = 0xD0;
    want[160] = 5;
    want[162] = 0x02;  // 258, low byte first
    want[163] = 0x01;
    want[164] = want[165] = 0xFF;
    EXPECT_EQ(pack_x_row(code, row), want);
    EXPECT_EQ(unpack_x_row(code, 300, want), row);
}

TEST(XWords, Sizes) {
    EXPECT_EQ(x_row_bytes(code_of(XFormat::Int8), 1536), 1536U);
    EXPECT_EQ(x_row_bytes(code_of(XFormat::Uniform8, 3), 100), 100U);
    EXPECT_EQ(x_row_bytes(code_of(XFormat::Int5), 1536), 960U);
    EXPECT_EQ(x_row_bytes(dual4(true), 1536), 960U);
    EXPECT_EQ(x_row_bytes(dual4(true), 1537), 1000U);
    EXPECT_EQ(x_row_bytes(code_of(XFormat::Dual8, 3), 1536), 1728U);
    EXPECT_EQ(x_row_bytes(sparse(dual4(true), 1), 1536), 768U + 32U);  // 16 of 15.36 places
    EXPECT_EQ(x_row_bytes(sparse(code_of(XFormat::Dual8, 3), 2), 1536), 1536U + 62U);
}

/// As many flags as a list has room for, at most.
XRow random_row(std::mt19937& rng, const XCode& code, std::size_t channels) {
    XRow row;
    const XLevels levels = x_levels(code);
    row.codes =
        random_codes(rng, channels, static_cast<int>(levels.low), static_cast<int>(levels.high));
    row.flags.assign(code.dual() ? channels : 0, 0);
    const std::size_t places = code.sparse_percent == 0 ? channels : code.slots(channels);
    for (std::size_t i = 0; i < places && code.dual(); ++i) {
        row.flags[rng() % channels] = 1;
    }
    return row;
}

TEST(XWords, ThereAndBack) {
    std::mt19937 rng(1);
    std::vector<XCode> codes = all_codes();
    codes.push_back(sparse(dual4(true), 3));
    codes.push_back(sparse(code_of(XFormat::Dual8, 3), 7));
    for (const XCode& code : codes) {
        for (const std::size_t channels : {1U, 63U, 64U, 65U, 96U, 1536U}) {
            if (!code.values()) {
                const XRow row = random_row(rng, code, channels);
                ASSERT_EQ(unpack_x_row(code, channels, pack_x_row(code, row)), row) << channels;
            }
        }
    }
}

TEST(XWords, RefusesWhatIsNoRow) {
    const XCode listed = sparse(dual4(false), 1);
    EXPECT_THROW(x_row_bytes(code_of(XFormat::Fp32), 64), std::invalid_argument);
    EXPECT_THROW(x_row_bytes(code_of(XFormat::Int8Sim), 64), std::invalid_argument);
    EXPECT_THROW(x_row_bytes(listed, 65535), std::invalid_argument);
    EXPECT_NO_THROW(x_row_bytes(listed, 65534));
    EXPECT_THROW(pack_x_row(listed, row_of(64, {}, {1, 2})), std::invalid_argument);
    EXPECT_THROW(pack_x_row(code_of(XFormat::Int5), row_of(64, {}, {})), std::invalid_argument);
    EXPECT_THROW(unpack_x_row(dual4(false), 64, Bytes(39)), std::invalid_argument);
    const auto unpack_list = [](const Bytes& list) {
        Bytes bytes(2 * 32 + 4, 0);
        std::copy(list.begin(), list.end(), bytes.begin() + 64);
        return unpack_x_row(sparse(dual4(false), 2), 65, bytes);  // 2 places
    };
    EXPECT_NO_THROW(unpack_list({3, 0, 64, 0}));
    EXPECT_THROW(unpack_list({3, 0, 65, 0}), std::invalid_argument);
    EXPECT_THROW(unpack_list({3, 0, 3, 0}), std::invalid_argument);
    EXPECT_THROW(unpack_list({4, 0, 3, 0}), std::invalid_argument);
    EXPECT_THROW(unpack_list({255, 255, 3, 0}), std::invalid_argument);
}

}  // namespace
}  // namespace mambasic::golden
