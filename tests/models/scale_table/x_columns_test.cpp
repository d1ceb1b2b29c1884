// A table whose cells have several words of x: what each reader gets of them, and what that takes.
#include <gtest/gtest.h>

#include "models/scale_table/scale_table_cost.h"
#include "tests/models/scale_table/ask_table.h"
#include "tests/models/scale_table/random_table.h"

namespace mambasic::models {
namespace {

using test::kKinds;
using test::RandomTable;

// Two SSD groups of 4 heads of 6 rows, 2 x 3 cells each; B and C of 32 channels.
ScaleTableShape shape_of(LookupKind kind, const XColumns& columns) {
    return {kind, 2, 2, 3, 4, 6, 2, 32, 4, columns};
}
constexpr XColumns kAll{true, true, true, true};
constexpr XColumns kNone{false, false, false, false};

struct Table {
    RandomTable random;
    std::vector<float> low, high, threshold;

    explicit Table(const ScaleTableShape& shape) : random(shape, 17) {
        for (const float x : random.x) {
            low.push_back(x + 1.0F);
            high.push_back(x + 2.0F);
            threshold.push_back(x + 3.0F);
        }
    }
    ScaleTableImage image(const ScaleTableConfig& config) const {
        ScaleTableSource source = random.source();
        source.x_low = low.data();
        source.x_high = high.data();
        source.x_threshold = threshold.data();
        return scale_table_build(config, random.shape, source);
    }
};

struct Got {
    std::vector<float> int8, low, high, threshold;
    std::vector<std::uint32_t> cells;
    LookupCounts counts;
};

Got ask(const ScaleTableImage& image, const LookupRun& run) {
    const std::vector<float> none(run.count, -1.0F);
    Got got{none, none, none, none, std::vector<std::uint32_t>(run.count, 99), {}};
    got.counts = scale_table_lookup(image, run,
                                    {got.int8.data(), got.cells.data(), nullptr, nullptr,
                                     got.low.data(), got.high.data(), got.threshold.data()});
    return got;
}

TEST(XColumns, EveryKindGivesTheWordsThatAreAskedFor) {
    const XColumns wanted[] = {kAll,
                               {true, false, false, false},
                               {false, true, true, false},
                               {true, true, false, true},
                               {false, false, true, false}};
    for (const LookupKind kind : kKinds) {
        for (const std::uint32_t word : {4U, 16U}) {
            ScaleTableConfig config = test::base_table();
            config.word_bytes = word;
            const Table table(shape_of(kind, kAll));
            const ScaleTableImage image = table.image(config);
            for (const XColumns& asked : wanted) {
                const Got got = ask(image, {5, 43, true, true, false, asked});
                for (std::uint32_t i = 0; i < 43; ++i) {
                    const std::uint32_t cell = table.random.cell(5 + i);
                    const float x = table.random.x[cell];
                    SCOPED_TRACE(name_of(kind));
                    ASSERT_EQ(got.cells[i], cell);
                    ASSERT_EQ(got.int8[i], asked.int8 ? x : -1.0F);
                    ASSERT_EQ(got.low[i], asked.low ? x + 1.0F : -1.0F);
                    ASSERT_EQ(got.high[i], asked.high ? x + 2.0F : -1.0F);
                    ASSERT_EQ(got.threshold[i], asked.threshold ? x + 3.0F : -1.0F);
                }
            }
        }
    }
}

TEST(XColumns, WordsOfBAndCFollowThoseOfX) {
    for (const LookupKind kind : kKinds) {
        for (const XColumns& columns : {kAll, kNone, XColumns{false, true, true, false}}) {
            const Table table(shape_of(kind, columns));
            const ScaleTableImage image = table.image(test::base_table());
            const Got got = ask(image, {0, image.shape.channels(), false, false, false, columns});
            for (std::uint32_t c = image.shape.x_channels(); c < image.shape.channels(); ++c) {
                ASSERT_EQ(got.int8[c], table.random.scale(c)) << name_of(kind);
            }
        }
    }
}

LookupCounts counts_of(LookupKind kind, std::uint32_t word_bytes, const XColumns& asked) {
    ScaleTableConfig config = test::base_table();
    config.word_bytes = word_bytes;
    return ask(Table(shape_of(kind, kAll)).image(config), {0, 48, false, false, false, asked})
        .counts;
}

TEST(XColumns, AFlatTableReadsTheWordsOfEveryChannel) {
    const LookupCounts one = counts_of(LookupKind::Direct, 4, {true, false, false, false});
    EXPECT_EQ(one.lookups, 48U);
    EXPECT_EQ(one.words, 48U);
    EXPECT_EQ(one.further_scales, 0U);
    const LookupCounts three = counts_of(LookupKind::Direct, 4, {false, true, true, true});
    EXPECT_EQ(three.lookups, 48U);
    EXPECT_EQ(three.words, 144U);
    EXPECT_EQ(three.further_scales, 96U);
    EXPECT_EQ(three.events(test::base_table())[Event::ScaleLookup], 144U);
    const LookupCounts wide = counts_of(LookupKind::Direct, 16, kAll);
    EXPECT_EQ(wide.words, 48U) << "a channel's four scales are a word";
    EXPECT_EQ(wide.further_scales, 144U);
}

TEST(XColumns, ASearchIsMadeOnceForAllWords) {
    for (const LookupKind kind : {LookupKind::Sequential, LookupKind::Parallel}) {
        const LookupCounts one = counts_of(kind, 4, {true, false, false, false});
        const LookupCounts two = counts_of(kind, 4, {false, true, true, false});
        EXPECT_EQ(two.comparisons, one.comparisons) << name_of(kind);
        EXPECT_EQ(two.words, one.words + 48U) << name_of(kind);
        EXPECT_EQ(two.lookups, one.lookups) << name_of(kind);
    }
}

TEST(XColumns, ARegisterHoldsItsScales) {
    ScaleTableShape shape{LookupKind::Register, 1, 1, 1, 1, 48, 1, 16, 1, kAll};
    const Table table(shape);
    const Got got = ask(table.image(test::base_table()), {0, 80, false, false, false, kAll});
    EXPECT_EQ(got.counts.lookups, 3U) << "of x, of B, of C";
    EXPECT_EQ(got.counts.further_scales, 3U);
    EXPECT_EQ(got.high[47], table.random.x[0] + 2.0F);
    const ScaleTableConfig config = test::base_table();
    const AreaParts four = scale_table_area(config, {{shape, 3}});
    shape.x_columns = {};
    const AreaParts one = scale_table_area(config, {{shape, 3}});
    EXPECT_EQ(four.logic.front().count - one.logic.front().count, 2 * 3 * 32.0) << "of two layers";
}

TEST(XColumns, WhereNothingIsAskedNothingIsLookedUp) {
    for (const LookupKind kind : kKinds) {
        const ScaleTableImage image = Table(shape_of(kind, kNone)).image(test::base_table());
        const LookupCounts none = ask(image, {0, 48, true, false, false, kNone}).counts;
        EXPECT_EQ(none.lookups + none.words + none.comparisons, 0U) << name_of(kind);
        const LookupCounts cells = ask(image, {0, 48, true, true, false, kNone}).counts;
        EXPECT_EQ(cells.lookups, 48U) << name_of(kind);
        EXPECT_GT(cells.state_words, 0U) << name_of(kind);
    }
}

TEST(XColumns, BytesAreTheWordsOfAllCells) {
    const ScaleTableConfig config = test::base_table();
    // 12 cells, 48 channels; two scales of B and two of C.
    const auto scales = [&](LookupKind kind, const XColumns& columns) {
        return scale_table_bytes(config, shape_of(kind, columns)).scales;
    };
    EXPECT_EQ(scales(LookupKind::Sequential, {true, false, false, false}), 4U * (12 + 4));
    EXPECT_EQ(scales(LookupKind::Sequential, kAll), 4U * (4 * 12 + 4));
    EXPECT_EQ(scales(LookupKind::Direct, {false, true, true, false}), 4U * (2 * 48 + 4));
    EXPECT_EQ(scales(LookupKind::Code, kNone), 4U * 4);
}

TEST(XColumns, MoreWordsTakeMoreCycles) {
    const ScaleTableConfig config = test::base_table();
    const Table table(shape_of(LookupKind::Direct, kAll));
    const ScaleTableImage image = table.image(config);
    const auto cycles = [&](const XColumns& asked) {
        const LookupRun run{0, 8, false, false, false, asked};
        return scale_table_cycles(config, image.shape,
                                  scale_table_demand(config, image, run, {100, 4}));
    };
    // Two groups of four channels: the first one's words are waited for.
    EXPECT_EQ(cycles({true, false, false, false}).exposed, 4U);
    EXPECT_EQ(cycles({true, false, true, false}).exposed, 8U);
    EXPECT_EQ(cycles({true, false, true, false}).hidden, 8U);
    EXPECT_EQ(cycles(kNone).exposed, 0U);
}

}  // namespace
}  // namespace mambasic::models
