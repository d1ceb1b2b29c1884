// Five ways to look a scale up, each against the definition of a cell.
#include "models/scale_table/scale_table_function.h"

#include <gtest/gtest.h>

#include "models/common/error.h"
#include "tests/models/scale_table/ask_table.h"
#include "tests/models/scale_table/random_table.h"

namespace mambasic::models {
namespace {

using test::Answer;
using test::ask;
using test::ask_all;
using test::kKinds;
using test::of_kind;
using test::RandomTable;

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

}  // namespace
}  // namespace mambasic::models
