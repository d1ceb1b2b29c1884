// What lookups read and compare, and the bytes of a table, by hand.
#include <gtest/gtest.h>

#include "models/scale_table/scale_table_function.h"
#include "tests/models/scale_table/ask_table.h"
#include "tests/models/scale_table/random_table.h"

namespace mambasic::models {
namespace {

using test::ask;
using test::ask_all;
using test::kKinds;
using test::of_kind;
using test::RandomTable;

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
