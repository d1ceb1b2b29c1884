// The words of a row by the chip's packer against golden's, which was written from the same page by
// itself: ssm.md 8.8, and 8.4 to 8.6 for which of an element's codes is packed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "golden/x_code.h"
#include "golden/x_words.h"
#include "models/x_code/x_kernels.h"
#include "models/x_code/x_layout.h"
#include "models/x_code/x_rows.h"
#include "tests/models/function_test_support.h"

namespace mambasic {
namespace {

using golden::XRow;
using models::test::Random;
using traces::FlagRule;
using traces::XCode;
using traces::XFormat;
using Bytes = std::vector<std::uint8_t>;

constexpr std::uint8_t kDirt = 0xA5;  // what the words replace
constexpr std::size_t kGuard = 16;    // bytes behind a row, which stay

XCode code_of(XFormat format, bool skewed, FlagRule rule, std::uint32_t sparse) {
    XCode code;
    code.format = format;
    code.skewed = skewed;
    code.rule = rule;
    code.sparse_percent = sparse;
    code.factor = 4;
    return code;
}

/// Every code with words of its own; lists of one place to one for every channel.
std::vector<XCode> all_codes() {
    std::vector<XCode> codes{code_of(XFormat::Int5, false, FlagRule::Overflow, 0)};
    for (const std::uint32_t sparse : {0U, 1U, 7U, 50U, 100U}) {
        codes.push_back(code_of(XFormat::Dual8, false, FlagRule::Overflow, sparse));
        for (const bool skewed : {false, true}) {
            for (const FlagRule rule : {FlagRule::Overflow, FlagRule::Threshold}) {
                codes.push_back(code_of(XFormat::Dual4, skewed, rule, sparse));
            }
        }
    }
    return codes;
}

std::string shown(const XCode& code, std::size_t channels) {
    return "format " + std::to_string(static_cast<int>(code.format)) +
           (code.skewed ? " skewed" : "") + " sparse " + std::to_string(code.sparse_percent) +
           ", " + std::to_string(channels) + " channels";
}

std::size_t pick(Random& random, std::size_t first, std::size_t last) {
    const auto span = static_cast<float>(last - first + 1);
    return std::min(last, first + static_cast<std::size_t>(random.uniform(0.0F, span)));
}

std::uint64_t room_for_flags(const XCode& code, std::size_t channels) {
    return code.sparse_percent == 0 ? channels : code.slots(channels);
}

/// Any codes of the format, the flags thin or dense; as many as there is room for.
XRow random_row(const XCode& code, std::size_t channels, Random& random) {
    const golden::XLevels levels = golden::x_levels(code);
    XRow row{random.codes(channels, static_cast<int>(levels.low), static_cast<int>(levels.high)),
             {}};
    if (!code.dual()) return row;
    row.flags = random.codes(channels, 0, static_cast<int>(pick(random, 1, 20)));
    std::uint64_t room = room_for_flags(code, channels);
    for (std::int8_t& flag : row.flags) {
        flag = flag == 1 && room > 0 ? std::int8_t{1} : std::int8_t{0};
        room -= flag != 0 ? 1 : 0;
    }
    return row;
}

const std::int8_t* flags_or_null(const XRow& row) {
    return row.flags.empty() ? nullptr : row.flags.data();
}

void expect_same_words(const XCode& code, const XRow& row) {
    const std::size_t channels = row.codes.size();
    const Bytes want = golden::pack_x_row(code, row);
    ASSERT_EQ(models::x_row_bytes(code, channels), want.size());
    Bytes got(want.size() + kGuard, kDirt);
    models::x_pack_row(code, channels, row.codes.data(), flags_or_null(row), got.data());
    for (std::size_t i = 0; i < got.size(); ++i) {
        ASSERT_EQ(got[i], i < want.size() ? want[i] : kDirt) << "byte " << i;
    }
    got.resize(want.size());
    ASSERT_EQ(golden::unpack_x_row(code, channels, got), row);
}

void expect_same_codes(const XCode& code, const XRow& row) {
    const std::size_t channels = row.codes.size();
    const Bytes words = golden::pack_x_row(code, row);
    XRow got{std::vector<std::int8_t>(channels, 77), std::vector<std::int8_t>(channels, 77)};
    models::x_unpack_row(code, channels, words.data(), got.codes.data(), got.flags.data());
    for (std::size_t c = 0; c < channels; ++c) {
        ASSERT_EQ(got.codes[c], row.codes[c]) << "channel " << c;
        ASSERT_EQ(got.flags[c], row.flags.empty() ? 0 : row.flags[c]) << "channel " << c;
    }
}

/// The channels of one tile, in the second of two rows.
void expect_same_part(const XCode& code, const XRow& row, Random& random) {
    const std::size_t channels = row.codes.size();
    const Bytes words = golden::pack_x_row(code, row);
    Bytes rows(words.size() + 3, kDirt);
    rows.insert(rows.end(), words.begin(), words.end());
    models::XInput in;
    in.use.code = code;
    in.channels = channels;
    in.words = rows.data();
    in.stride = words.size() + 3;
    in.first = pick(random, 0, channels - 1);
    const std::size_t count = pick(random, 1, channels - in.first);
    std::vector<std::int8_t> codes(count, 77), flags(count, 77);
    models::x_codes_of_row(in, count, 1, codes.data(), flags.data());
    for (std::size_t c = 0; c < count; ++c) {
        const std::size_t at = in.first + c;
        ASSERT_EQ(codes[c], row.codes[at]) << "channel " << at << " from " << in.first;
        ASSERT_EQ(flags[c], row.flags.empty() ? 0 : row.flags[at]) << "channel " << at;
    }
}

template <typename Check>
void with_random_shapes(const Check& check) {
    for (const models::Isa isa : models::test::available_isas()) {
        const models::test::IsaScope scope(isa);
        Random random(11);
        for (const XCode& code : all_codes()) {
            std::vector<std::size_t> widths{1, 63, 64, 65, 128, 1536};
            for (int i = 0; i < 12; ++i) widths.push_back(pick(random, 1, 700));
            for (const std::size_t channels : widths) {
                SCOPED_TRACE(shown(code, channels) + ", " + name_of(isa));
                check(code, channels, random);
                if (testing::Test::HasFatalFailure()) return;
            }
        }
    }
}

TEST(XWordsAgainstGolden, RowsPackAlike) {
    with_random_shapes([](const XCode& code, std::size_t channels, Random& random) {
        expect_same_words(code, random_row(code, channels, random));
    });
}

TEST(XWordsAgainstGolden, RowsAndTheirPartsUnpackAlike) {
    with_random_shapes([](const XCode& code, std::size_t channels, Random& random) {
        const XRow row = random_row(code, channels, random);
        expect_same_codes(code, row);
        if (!testing::Test::HasFatalFailure()) expect_same_part(code, row, random);
    });
}

TEST(XWordsAgainstGolden, EveryCodeWithEitherFlag) {
    for (const XCode& code : all_codes()) {
        if (code.sparse_percent != 0 && code.sparse_percent != 100) continue;  // a flag for any
        const golden::XLevels levels = golden::x_levels(code);
        XRow row;
        for (int flag = 0; flag < (code.dual() ? 2 : 1); ++flag) {
            for (int q = static_cast<int>(levels.low); q <= static_cast<int>(levels.high); ++q) {
                row.codes.push_back(static_cast<std::int8_t>(q));
                if (code.dual()) row.flags.push_back(static_cast<std::int8_t>(flag));
            }
        }
        SCOPED_TRACE(shown(code, row.codes.size()));
        expect_same_words(code, row);
        expect_same_codes(code, row);
    }
}

/// What the convolution leaves of a row: both codes of an element, and whether it wants the high.
struct Made {
    std::vector<std::int8_t> low, high;
    std::vector<std::uint8_t> marks;

    void add(const XCode& code, const golden::XChannel& channel, float y) {
        const golden::XElement first = golden::encode_x(code, channel, y, false);
        const golden::XElement chosen = golden::encode_x(code, channel, y, true);
        golden::XChannel second = channel;
        second.low = channel.high;
        const golden::XElement other = golden::encode_x(code, second, y, false);
        low.push_back(first.code);
        high.push_back(other.code);
        marks.push_back(static_cast<std::uint8_t>((chosen.flag ? models::kXFlag : 0) |
                                                  (first.saturated ? models::kXLowHeld : 0) |
                                                  (other.saturated ? models::kXHighHeld : 0)));
    }
};

/// A row of values is golden's codes, flags and counts.
void expect_same_choice(const XCode& code, std::size_t channels, Random& random) {
    std::vector<golden::XChannel> scales(channels);
    const std::vector<float> y = random.floats(channels, -3.0F, 3.0F);
    Made made;
    for (std::size_t c = 0; c < channels; ++c) {
        scales[c].low = random.uniform(0.004F, 0.4F);
        scales[c].high = 3 * scales[c].low;
        scales[c].threshold = random.uniform(0.5F, 4.0F);
        made.add(code, scales[c], y[c]);
    }
    XRow row{std::vector<std::int8_t>(channels), std::vector<std::int8_t>(channels)};
    const golden::XCounts counts = golden::encode_x_row(code, scales, y.data(), row.codes.data(),
                                                        code.dual() ? row.flags.data() : nullptr);
    if (!code.dual()) row.flags.clear();
    const Bytes want = golden::pack_x_row(code, row);
    Bytes got(want.size(), kDirt);
    std::vector<std::int8_t> scratch(models::x_row_scratch(channels));
    const models::XRowTotals totals = models::x_finish_row(
        code, channels,
        {made.low.data(), code.dual() ? made.high.data() : nullptr, made.marks.data()},
        scratch.data(), got.data());
    ASSERT_EQ(got, want);
    ASSERT_EQ(totals.flagged, counts.flagged);
    ASSERT_EQ(totals.saturated, counts.saturated);
}

TEST(XWordsAgainstGolden, TheFirstFlagsOfARowHaveThePlacesOfTheList) {
    with_random_shapes(expect_same_choice);
}

}  // namespace
}  // namespace mambasic
