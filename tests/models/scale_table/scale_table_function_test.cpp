// Five ways to look a scale up, each against the definition of a cell, and their counts by hand.
#include "models/scale_table/scale_table_function.h"

#include <gtest/gtest.h>

#include "models/common/error.h"
#include "tests/models/scale_table/random_table.h"

namespace mambasic::models {
namespace {

using test::RandomTable;

constexpr LookupKind kKinds[] = {LookupKind::Sequential, LookupKind::Parallel, LookupKind::Direct,
                                 LookupKind::Code, LookupKind::RunLength};

struct Answer {
    std::vector<float> scales;
    std::vector<std::uint32_t> cells;
    LookupCounts counts;
};

Answer ask(const ScaleTableImage& image, const LookupRun& run) {
    Answer answer;
    answer.scales.resize(run.count);
    answer.cells.resize(run.count);
    answer.counts = scale_table_lookup(
        image, run, {answer.scales.data(), answer.cells.data(), nullptr, nullptr});
    return answer;
}

Answer ask_all(const ScaleTableImage& image) { return ask(image, {0, image.shape.channels()}); }

ScaleTableShape of_kind(ScaleTableShape shape, LookupKind kind) {
    shape.kind = kind;
    return shape;
}

void expect_all_kinds(const ScaleTableConfig& config, const ScaleTableShape& shape,
                      std::uint32_t seed) {
    const RandomTable table(shape, seed);
    for (const LookupKind kind : kKinds) {
        const ScaleTableImage image =
            scale_table_build(config, of_kind(shape, kind), table.source());
        const Answer whole = ask_all(image);
        for (std::uint32_t c = 0; c < shape.channels(); ++c) {
            ASSERT_EQ(whole.scales[c], table.scale(c)) << name_of(kind) << " channel " << c;
        }
        // The scan's rows, from somewhere in the middle, with the cells of their states.
        const std::uint32_t first = shape.x_channels() / 3;
        const Answer part = ask(image, {first, shape.x_channels() - first, true, true});
        for (std::uint32_t c = first; c < shape.x_channels(); ++c) {
            ASSERT_EQ(part.scales[c - first], table.scale(c)) << name_of(kind) << " row " << c;
            ASSERT_EQ(part.cells[c - first], table.cell(c)) << name_of(kind) << " row " << c;
        }
    }
}

TEST(ScaleTable, EveryKindGivesTheScaleOfEveryChannel) {
    ScaleTableConfig config = test::base_table();
    std::uint32_t seed = 1;
    for (const std::uint32_t groups : {1U, 2U, 8U}) {
        for (const std::uint32_t head_groups : {1U, 2U, 4U}) {
            for (const std::uint32_t dim_groups : {1U, 4U, 8U}) {
                for (std::uint32_t i = 0; i < 6; ++i, ++seed) {
                    config.range_bytes = 1U << (seed % 3);
                    config.word_bytes = 4U << (seed % 4);
                    expect_all_kinds(
                        config,
                        {LookupKind::Direct, groups, head_groups, dim_groups,
                         head_groups + seed % 5, dim_groups + seed % 9, groups, groups * 16, 4},
                        seed);
                }
            }
        }
    }
}

TEST(ScaleTable, GroupsOfOneAndOneScaleForAllOfB) {
    // As many groups as heads, as many as rows; and B and C with one scale for both SSD groups.
    expect_all_kinds(test::base_table(), {LookupKind::Direct, 2, 6, 5, 6, 5, 1, 32, 1}, 7);
    expect_all_kinds(test::base_table(), {LookupKind::Direct, 1, 20, 20, 24, 64, 1, 128, 3}, 8);
}

TEST(ScaleTable, TheScanGetsBAndCOfTheSsdGroupsItEnters) {
    const ScaleTableShape shape{LookupKind::Direct, 4, 2, 2, 3, 4, 4, 64, 4};
    const RandomTable table(shape, 21);
    // The heads of the second and the third of four SSD groups of 12 channels.
    LookupRun run{12, 24, true, false, true};
    for (const LookupKind kind : kKinds) {
        const ScaleTableImage image =
            scale_table_build(test::base_table(), of_kind(shape, kind), table.source());
        std::vector<float> b(4, -1.0F);
        std::vector<float> c(4, -1.0F);
        run.with_bc = true;
        const LookupCounts with =
            scale_table_lookup(image, run, {nullptr, nullptr, b.data(), c.data()});
        EXPECT_EQ(b, (std::vector<float>{-1.0F, table.b[1], table.b[2], -1.0F})) << name_of(kind);
        EXPECT_EQ(c, (std::vector<float>{-1.0F, table.c[1], table.c[2], -1.0F})) << name_of(kind);
        run.with_bc = false;
        const LookupCounts without = scale_table_lookup(image, run, {});
        EXPECT_EQ(with.lookups, without.lookups + 4U) << name_of(kind);
        EXPECT_EQ(with.comparisons, without.comparisons) << "their place is known";
        EXPECT_GE(with.words, without.words + 4U) << name_of(kind);
    }
}

TEST(ScaleTable, RegistersHoldOneScaleEach) {
    const ScaleTableShape shape{LookupKind::Register, 1, 1, 1, 24, 64, 1, 128, 1};
    const RandomTable table(shape, 3);
    const ScaleTableImage image = scale_table_build(test::base_table(), shape, table.source());
    const Answer all = ask_all(image);
    for (std::uint32_t c = 0; c < shape.channels(); ++c) EXPECT_EQ(all.scales[c], table.scale(c));
    EXPECT_EQ(all.counts.lookups, 3U) << "x, B, C";
    EXPECT_EQ(all.counts.words, 0U);
    EXPECT_EQ(scale_table_lookup(image, {0, 1536, true, true, true}, {}).lookups, 3U);
    EXPECT_THROW(scale_table_build(test::base_table(), {LookupKind::Register, 1, 2, 1, 4, 4},
                                   table.source()),
                 InternalError);
}

// A wrong end, code or scale in the stored table shows in what is looked up.
TEST(ScaleTable, TheStoredBytesDecide) {
    const RandomTable table(test::mamba2_130m(LookupKind::Direct), 11);
    for (const LookupKind kind : kKinds) {
        const ScaleTableImage good =
            scale_table_build(test::base_table(), of_kind(table.shape, kind), table.source());
        const Answer want = ask_all(good);
        for (std::size_t i = 0; i < good.ranges.size(); i += good.range_bytes) {
            const bool last_head = i / good.range_bytes == 3;
            const bool last_row = i / good.range_bytes > 3 && (i / good.range_bytes) % 4 == 3;
            ScaleTableImage broken = good;
            // The last end has only to lie beyond all positions: make it too small.
            broken.ranges[i] =
                static_cast<std::uint8_t>(last_head || last_row ? 1 : broken.ranges[i] + 1);
            const bool same = ask_all(broken).scales == want.scales;
            // Where a counter waits for an end, one that never comes leaves the last group on.
            const bool silent = kind == LookupKind::RunLength && (last_head || last_row);
            EXPECT_EQ(same, silent) << name_of(kind) << " entry " << i / good.range_bytes;
        }
        for (std::size_t i = 0; i < good.codes.size(); i += 97) {
            if (kind != LookupKind::Code) break;
            ScaleTableImage broken = good;
            broken.codes[i] ^= 0x30U;
            EXPECT_NE(ask_all(broken).scales, want.scales) << "code byte " << i;
        }
        for (std::size_t i = 0; i < good.scales.size(); ++i) {
            ScaleTableImage broken = good;
            broken.scales[i] *= 2;
            EXPECT_NE(ask_all(broken).scales, want.scales) << name_of(kind) << " scale " << i;
        }
    }
}

TEST(ScaleTable, AChannelThatNoRangeHoldsGetsScaleZeroAsUpstream) {
    RandomTable table(test::mamba2_130m(LookupKind::Sequential), 12);
    table.dim_end = {63, 62, 61, 60, 63, 62, 61, 60, 63, 62, 61, 60, 63, 62, 61, 60};
    const ScaleTableImage image =
        scale_table_build(test::base_table(), table.shape, table.source());
    const Answer all = ask_all(image);
    EXPECT_EQ(all.scales[63], 0.0F);
    EXPECT_EQ(all.cells[63], 0U);
    EXPECT_NE(all.scales[62], 0.0F);
}

// 8 heads of 8 rows in 4 x 4 groups of two, 32-bit words: position 2 i + k is in group i.
ScaleTableShape pairs(LookupKind kind) { return {kind, 1, 4, 4, 8, 8, 1, 16, 8}; }

ScaleTableImage equal_pairs(const ScaleTableConfig& config, LookupKind kind) {
    const EqualRanges ranges = scale_table_equal_ranges(pairs(kind));
    static const std::vector<float> scales(16 * 8, 0.5F);
    return scale_table_build(config, pairs(kind),
                             {ranges.head_end.data(), ranges.dim_end.data(), scales.data(),
                              scales.data(), scales.data(), scales.data()});
}

TEST(ScaleTableCounts, SequentialReadsWhatItWalks) {
    const ScaleTableImage image = equal_pairs(test::base_table(), LookupKind::Sequential);
    // Head 0, row 0: one head end, one dim end, one scale. Head 7, row 7: four, four, one.
    EXPECT_EQ(ask(image, {0, 1}).counts.words, 3U);
    EXPECT_EQ(ask(image, {0, 1}).counts.comparisons, 2U);
    EXPECT_EQ(ask(image, {63, 1}).counts.words, 9U);
    EXPECT_EQ(ask(image, {63, 1}).counts.comparisons, 8U);
    // All of x: 2.5 + 2.5 + 1 a channel in the mean; B and C a scale a channel.
    const LookupCounts all = ask_all(image).counts;
    EXPECT_EQ(all.lookups, 64U + 32U);
    EXPECT_EQ(all.words, 64U * 6U + 32U);
    EXPECT_EQ(all.comparisons, 64U * 5U);
    // The scan walks a head once: 2.5 words for each of 8 heads, 3.5 for each of 64 rows; every
    // head enters 4 cells of 8 state scales.
    const LookupCounts scan = ask(image, {0, 64, true, true}).counts;
    EXPECT_EQ(scan.words, 20U + 224U);
    EXPECT_EQ(scan.comparisons, 20U + 160U);
    EXPECT_EQ(scan.state_words, 8U * 4U * 8U);
}

TEST(ScaleTableCounts, AWordHoldsSeveralNarrowEnds) {
    ScaleTableConfig config = test::base_table();
    config.range_bytes = 1;  // four ends a word: one read a row of ends
    const ScaleTableImage image = equal_pairs(config, LookupKind::Sequential);
    EXPECT_EQ(ask(image, {63, 1}).counts.words, 3U);
    EXPECT_EQ(ask(image, {63, 1}).counts.comparisons, 8U);
    EXPECT_EQ(scale_table_bytes(config, image.shape).ranges, 20U);
    config.word_bytes = 16;  // head ends and three rows in the first word, the last in another
    const ScaleTableImage wide = equal_pairs(config, LookupKind::Sequential);
    EXPECT_EQ(ask(wide, {0, 1}).counts.words, 2U);
    EXPECT_EQ(ask(wide, {63, 1}).counts.words, 3U);
    EXPECT_EQ(scale_table_bytes(config, wide.shape).ranges, 20U);
}

TEST(ScaleTableCounts, ParallelReadsAllEndsForEveryChannel) {
    const ScaleTableImage image = equal_pairs(test::base_table(), LookupKind::Parallel);
    const LookupCounts all = ask_all(image).counts;
    EXPECT_EQ(all.words, 64U * (4 + 16 + 1) + 32U);
    EXPECT_EQ(all.comparisons, 64U * 20U);
    const LookupCounts scan = ask(image, {0, 64, true, false}).counts;
    EXPECT_EQ(scan.words, 8U * 4U + 64U * (4 + 1));
    EXPECT_EQ(scan.state_words, 0U);
}

TEST(ScaleTableCounts, DirectAndCodeReadAWordOnce) {
    ScaleTableConfig config = test::base_table();
    config.word_bytes = 16;  // four scales, 32 codes
    EXPECT_EQ(ask_all(equal_pairs(config, LookupKind::Direct)).counts.words, 16U + 1U);
    EXPECT_EQ(ask(equal_pairs(config, LookupKind::Direct), {0, 64, true, true}).counts.words,
              16U + 2U);
    // Of the 64 channels' 16 scales, 4 words: heads in pairs take the same word all through.
    EXPECT_EQ(ask(equal_pairs(config, LookupKind::Code), {0, 64}).counts.words, 2U + 4U);
    EXPECT_EQ(ask_all(equal_pairs(config, LookupKind::Code)).counts.comparisons, 0U);
}

TEST(ScaleTableCounts, RunLengthReadsAtGroupEndsOnly) {
    const ScaleTableImage image = equal_pairs(test::base_table(), LookupKind::RunLength);
    const LookupCounts all = ask(image, {0, 64}).counts;
    // 4 dim ends and 4 scales a head; a new head end for every second head, and the first walk
    // reads the first ends: head end, dim end.
    EXPECT_EQ(all.words, 8U * 4U + 8U * 4U + 4U);
    // The walk compares twice, then each head or row step once; head 0 was walked to.
    EXPECT_EQ(all.comparisons, 2U + 7U + 8U * 7U);
    EXPECT_EQ(all.lookups, 64U);
}

TEST(ScaleTableCounts, BytesByKind) {
    const ScaleTableConfig config = test::base_table();
    const auto bytes = [&](LookupKind kind) {
        return scale_table_bytes(config, test::mamba2_130m(kind));
    };
    EXPECT_EQ(bytes(LookupKind::Sequential).ranges, 80U);
    EXPECT_EQ(bytes(LookupKind::Sequential).scales, 64U + 8U);
    EXPECT_EQ(bytes(LookupKind::Sequential).codes, 0U);
    EXPECT_EQ(bytes(LookupKind::Sequential).state_scales, 8192U);
    EXPECT_EQ(bytes(LookupKind::Direct).ranges, 0U);
    EXPECT_EQ(bytes(LookupKind::Direct).scales, 4U * 1536U + 8U);
    EXPECT_EQ(bytes(LookupKind::Code).codes, 768U) << "four bits a channel";
    EXPECT_EQ(bytes(LookupKind::Code).scales, 64U + 8U);
    ScaleTableShape eight = test::mamba2_130m(LookupKind::Parallel);
    eight.ssd_groups = 8;
    eight.heads = 16;
    EXPECT_EQ(scale_table_bytes(config, eight).ranges, 8U * 80U);
    EXPECT_EQ(scale_table_bytes(config, eight).state_scales, 65536U);
    ScaleTableShape many = test::mamba2_130m(LookupKind::Code);
    many.head_groups = many.dim_groups = 8;
    EXPECT_EQ(scale_table_bytes(config, many).codes, 1536U) << "64 cells take a byte";
}

// From DRAM come the bytes that there are; the table's memory holds them in whole words.
TEST(ScaleTableCounts, StoredSectionsFillWholeWords) {
    ScaleTableConfig config = test::base_table();
    config.range_bytes = 1;
    config.word_bytes = 32;
    const ScaleTableShape shape{LookupKind::Code, 2, 3, 2, 5, 7, 2, 16, 5};
    TableBytes bytes = scale_table_bytes(config, shape);
    EXPECT_EQ(bytes.scales, 4U * (12 + 4)) << "12 cells, 2 scales each of B and C";
    EXPECT_EQ(bytes.codes, 35U) << "70 channels of four bits";
    EXPECT_EQ(bytes.state_scales, 12U * 20U);
    bytes = scale_table_stored_bytes(config, shape);
    EXPECT_EQ(bytes.scales, 64U);
    EXPECT_EQ(bytes.codes, 64U);
    EXPECT_EQ(bytes.state_scales, 12U * 32U) << "a cell's begin at a word";
    const ScaleTableShape walked = of_kind(shape, LookupKind::Sequential);
    EXPECT_EQ(scale_table_bytes(config, walked).ranges, 2U * (3 + 6));
    EXPECT_EQ(scale_table_stored_bytes(config, walked).ranges, 2U * 32U) << "so do a group's";
    EXPECT_EQ(scale_table_stored_bytes(config, walked).codes, 0U);
}

TEST(ScaleTableCounts, AWiderWordIsNeverReadMoreOften) {
    for (const LookupKind kind : kKinds) {
        const RandomTable table(of_kind(test::mamba2_130m(kind), kind), 13);
        ScaleTableConfig config = test::base_table();
        LookupCounts before{0, ~0ULL, ~0ULL, 0};
        std::uint64_t fetched = 0;
        for (config.word_bytes = 4; config.word_bytes <= 64; config.word_bytes *= 2) {
            const ScaleTableImage image = scale_table_build(config, table.shape, table.source());
            const LookupCounts now = ask(image, {0, image.shape.x_channels(), true, true}).counts;
            EXPECT_LE(now.words, before.words) << name_of(kind) << " " << config.word_bytes;
            EXPECT_LE(now.state_words, before.state_words) << name_of(kind);
            const std::uint64_t bytes = scale_table_bytes(config, image.shape).all();
            EXPECT_TRUE(fetched == 0 || bytes == fetched) << name_of(kind);
            fetched = bytes;
            before = now;
        }
    }
}

TEST(ScaleTableCounts, EventsAreWhatIsPriced) {
    ScaleTableConfig config = test::base_table();
    config.word_bytes = 8;
    const Counts events = LookupCounts{3, 5, 7, 11}.events(config);
    EXPECT_EQ(events[Event::ScaleLookup], 3U);
    EXPECT_EQ(events[Event::TableReadBytes], 40U);
    EXPECT_EQ(events[Event::TableStateBytes], 56U);
    EXPECT_EQ(events[Event::TableCompare], 11U);
}

TEST(ScaleTableCounts, TokenMajorAsksForEveryToken) {
    ScaleTableConfig config = test::base_table();
    const ScaleTableImage image = equal_pairs(config, LookupKind::Sequential);
    const LookupDemand channel = scale_table_demand(config, image, {0, 96}, {10, 4});
    EXPECT_EQ(channel.groups, 24U);
    EXPECT_EQ(channel.group_steps, 10U);
    EXPECT_EQ(channel.all.words, 64U * 6U + 32U);
    EXPECT_EQ(channel.first_group.words, 3U + 3U + 4U + 4U);
    config.loop_order = LoopOrder::TokenMajor;
    const LookupDemand token = scale_table_demand(config, image, {0, 96}, {10, 4});
    EXPECT_EQ(token.groups, 240U);
    EXPECT_EQ(token.group_steps, 1U);
    EXPECT_EQ(token.all.words, 10U * (64U * 6U + 32U));
    EXPECT_EQ(token.first_group.words, 14U);
    const LookupDemand scan = scale_table_demand(config, image, {0, 64, true, true}, {10, 4});
    EXPECT_EQ(scan.all.words, 244U) << "the scan holds its channels for all tokens";
}

}  // namespace
}  // namespace mambasic::models
