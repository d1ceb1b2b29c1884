// Groups of a Mamba1 layer, whose channels may stand anywhere.
#include "traces/synth/sorted_grouping.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "regrouped.h"
#include "traces/synth/draws.h"

namespace mambasic::traces::synth {
namespace {

using Order = std::vector<std::uint32_t>;
using Ends = std::vector<std::int32_t>;

Dims channels(std::uint32_t count) {
    Dims dims;
    dims.d_inner = count;
    dims.d_state = 2;
    return dims;
}

// 16 channels each of 1, 2 and 40. Sorted, head 0 has the ones and head 1 the twos; they are one
// group, the forties another.
TEST(SortedGrouping, ByHand) {
    const Dims dims = channels(48);
    std::vector<float> statistic(48);
    for (std::size_t c = 0; c < 48; ++c) {
        statistic[c] = c % 3 == 0 ? 40.0F : (c % 3 == 1 ? 2.0F : 1.0F);
    }
    const Grouping grouping = group_sorted_channels(dims, {1, 2, 2}, statistic);
    EXPECT_EQ(grouping.head_end, (Ends{2, 3}));
    // 32 channels in 16 positions of 2: eight positions of ones, eight of twos.
    EXPECT_EQ(grouping.dim_end[0], 8);
    EXPECT_EQ(grouping.dim_end[1], 16);
    EXPECT_EQ(grouping.dim_end[3], 16);
    // The ones are channels 2, 5, 8, ..; position p of the two heads has ones 2p and 2p + 1.
    EXPECT_EQ(grouping.channels[0], 2U);
    EXPECT_EQ(grouping.channels[16], 5U);
    EXPECT_EQ(grouping.channels[1], 8U);
    EXPECT_EQ(grouping.channels[8], 1U);
    EXPECT_EQ(Order(grouping.channels.begin() + 32, grouping.channels.begin() + 35),
              (Order{0, 3, 6}));
    EXPECT_TRUE(grouping.heads.empty());
}

// Every cell is a run of the sorted channels, and its place is what a lookup gives.
TEST(SortedGrouping, CellsAreRunsOfTheSortedChannels) {
    const Dims dims = channels(256);
    std::vector<float> statistic(256);
    for (std::size_t c = 0; c < statistic.size(); ++c) {
        const float uniform = Draws(1, "statistic").uniform(c / 3);  // with ties
        statistic[c] = 1.0F / (0.02F + uniform);
    }
    for (const GroupShape& shape : {GroupShape{1, 4, 4},
                                    {1, 1, 1},
                                    {1, 3, 5},
                                    {1, 16, 1},
                                    {1, 16, 16},
                                    {1, 1, 16},
                                    {1, 16, 3}}) {
        const Grouping grouping = group_sorted_channels(dims, shape, statistic);
        Order sorted = grouping.channels;
        std::sort(sorted.begin(), sorted.end());
        for (std::uint32_t c = 0; c < 256; ++c) ASSERT_EQ(sorted[c], c);
        ASSERT_EQ(grouping.head_end.size(), shape.head_groups);
        ASSERT_EQ(grouping.dim_end.size(), shape.cells());
        GroupTable table;
        table.shape = shape;
        table.head_end = grouping.head_end.data();
        table.dim_end = grouping.dim_end.data();
        std::vector<float> lowest(shape.cells(), 1e9F);
        std::vector<float> highest(shape.cells(), 0.0F);
        for (std::uint32_t c = 0; c < 256; ++c) {
            const std::uint32_t cell = grouping.cells[c];
            ASSERT_EQ(cell, test::looked_up(dims, table, c));
            lowest[cell] = std::min(lowest[cell], statistic[grouping.channels[c]]);
            highest[cell] = std::max(highest[cell], statistic[grouping.channels[c]]);
        }
        for (std::size_t cell = 1; cell < lowest.size(); ++cell) {
            EXPECT_LE(highest[cell - 1], lowest[cell]) << "cell " << cell;
        }
        EXPECT_EQ(grouping_of(dims, table).cells, grouping.cells);
    }
}

TEST(SortedGrouping, NoOrderIsBetterOnlyForOneCellOrAll) {
    const Dims dims = channels(64);
    EXPECT_TRUE(needs_no_order(dims, {1, 1, 1}));
    EXPECT_TRUE(needs_no_order(dims, {1, 4, 16}));
    EXPECT_FALSE(needs_no_order(dims, {1, 4, 1}));  // which channels make a head matters
    EXPECT_FALSE(needs_no_order(dims, {1, 1, 16}));
    const Grouping grouping = even_groups(dims, {1, 4, 16});
    for (std::uint32_t c = 0; c < 64; ++c) EXPECT_EQ(grouping.cells[c], c);
}

// Heads of 1, 1, 1.5, 4 of the same direction, cut by their size.
TEST(SortedGrouping, CutInPlaceGoesBySize) {
    const Dims dims = channels(64);
    std::vector<float> statistic(64, 1.0F);
    std::fill(statistic.begin() + 32, statistic.begin() + 48, 1.5F);
    std::fill(statistic.begin() + 48, statistic.end(), 4.0F);
    const Grouping grouping = cut_in_place(dims, {1, 2, 1}, statistic);
    EXPECT_EQ(grouping.head_end, (Ends{3, 4}));
    EXPECT_TRUE(moves_nothing(grouping));
}

TEST(SortedGrouping, RowsOfInProjMoveInBothHalves) {
    const Dims dims = channels(32);
    std::vector<float> statistic(32);
    for (std::size_t c = 0; c < 32; ++c) statistic[c] = static_cast<float>(32 - c);
    const Grouping grouping = group_sorted_channels(dims, {1, 2, 1}, statistic);
    EXPECT_FALSE(moves_nothing(grouping));
    EXPECT_EQ(conv_order(dims, grouping), grouping.channels);
    const Order rows = in_proj_order(dims, grouping);
    ASSERT_EQ(rows.size(), 64U);
    for (std::size_t c = 0; c < 32; ++c) {
        EXPECT_EQ(rows[c], 31 - c);
        EXPECT_EQ(rows[32 + c], 32 + 31 - c);
    }
}

}  // namespace
}  // namespace mambasic::traces::synth
