// Quamba2's reorder: one case by hand, and what every reorder must keep (kernels.md 6.4).
#include "traces/synth/grouping.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tiny_options.h"
#include "traces/synth/draws.h"

namespace mambasic::traces::synth {
namespace {

using Order = std::vector<std::uint32_t>;
using Ends = std::vector<std::int32_t>;

Dims four_heads_of_four() {
    Dims dims;
    dims.family = Family::Mamba2;
    dims.d_model = 8;
    dims.d_inner = 16;
    dims.d_state = 2;
    dims.heads = 4;
    dims.head_dim = 4;
    dims.groups = 1;
    return dims;
}

// Heads 0 and 2 rise evenly, heads 1 and 3 have one large channel; sizes differ, directions agree.
Grouping by_hand() {
    return group_channels(four_heads_of_four(), {1, 2, 2},
                          {4, 1, 3, 2, 1, 1, 1, 10, 2, 4, 6, 8, 20, 2, 2, 2});
}

TEST(Grouping, ByHand) {
    const Grouping grouping = by_hand();
    EXPECT_EQ(grouping.heads, (Order{0, 2, 1, 3}));
    EXPECT_EQ(grouping.channels, (Order{1, 3, 2, 0, 8, 9, 10, 11, 4, 5, 6, 7, 13, 14, 15, 12}));
    EXPECT_EQ(grouping.head_end, (Ends{2, 4}));
    EXPECT_EQ(grouping.dim_end, (Ends{2, 4, 3, 4}));
    EXPECT_EQ(grouping.cells, (Order{0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 2, 3, 2, 2, 2, 3}));
}

TEST(Grouping, RowsOfInProjAndConv) {
    const Dims dims = four_heads_of_four();  // B and C have 2 rows each
    const Grouping grouping = by_hand();
    const Order conv = conv_order(dims, grouping);
    ASSERT_EQ(conv.size(), 20U);
    EXPECT_EQ(Order(conv.begin(), conv.begin() + 16), grouping.channels);
    EXPECT_EQ(Order(conv.begin() + 16, conv.end()), (Order{16, 17, 18, 19}));
    const Order rows = in_proj_order(dims, grouping);
    ASSERT_EQ(rows.size(), dims.in_proj_width());
    EXPECT_EQ(Order(rows.begin(), rows.begin() + 16), grouping.channels);
    for (std::size_t i = 0; i < conv.size(); ++i) EXPECT_EQ(rows[16 + i], 16 + conv[i]);
    EXPECT_EQ(Order(rows.begin() + 36, rows.end()), (Order{36, 38, 37, 39}));
}

TEST(Grouping, ReorderedTakesWholeRows) {
    EXPECT_EQ(reordered(std::vector<int>{1, 2, 3, 4, 5, 6}, 2, {2, 0}),
              (std::vector<int>{5, 6, 1, 2}));
}

// ssm.md 3.0's lookup, written out from the page.
std::uint32_t looked_up(const Dims& dims, const Grouping& grouping, std::uint32_t channel) {
    const std::uint32_t heads = dims.heads / dims.groups;
    const std::uint32_t head = channel / dims.head_dim;
    const auto& shape = grouping.shape;
    const std::uint32_t g = head / heads;
    std::uint32_t hg = 0;
    for (std::uint32_t i = 0; i < shape.head_groups; ++i) {
        hg += grouping.head_end[g * shape.head_groups + i] <= static_cast<int>(head % heads);
    }
    std::uint32_t dg = 0;
    const std::uint32_t row = (g * shape.head_groups + hg) * shape.dim_groups;
    for (std::uint32_t i = 0; i < shape.dim_groups; ++i) {
        dg += grouping.dim_end[row + i] <= static_cast<int>(channel % dims.head_dim);
    }
    return row + dg;
}

void expect_a_grouping(const Dims& dims, const GroupShape& shape) {
    std::vector<float> statistic(dims.d_inner);
    for (std::size_t c = 0; c < statistic.size(); ++c) {
        statistic[c] = 0.5F + Draws(1, "statistic").uniform(c / 3);  // with ties
    }
    const Grouping grouping = group_channels(dims, shape, statistic);
    ASSERT_EQ(grouping.heads.size(), dims.heads);
    ASSERT_EQ(grouping.channels.size(), dims.d_inner);
    Order sorted = grouping.channels;
    std::sort(sorted.begin(), sorted.end());
    std::vector<bool> used(shape.cells(), false);
    for (std::uint32_t c = 0; c < dims.d_inner; ++c) {
        EXPECT_EQ(sorted[c], c);  // each channel once
        const std::uint32_t head = c / dims.head_dim;
        const std::uint32_t heads = dims.heads / dims.groups;
        EXPECT_EQ(grouping.channels[c] / dims.head_dim, grouping.heads[head]);
        EXPECT_EQ(grouping.heads[head] / heads, head / heads) << "left its SSD group";
        if (c % dims.head_dim != 0) {
            EXPECT_LE(statistic[grouping.channels[c - 1]], statistic[grouping.channels[c]]);
        }
        EXPECT_EQ(grouping.cells[c], looked_up(dims, grouping, c));
        used[grouping.cells[c]] = true;
    }
    EXPECT_EQ(std::count(used.begin(), used.end(), false), 0) << "a cell without channels";
    for (std::uint32_t g = 0; g < shape.ssd_groups; ++g) {
        EXPECT_EQ(grouping.head_end[(g + 1) * shape.head_groups - 1],
                  static_cast<int>(dims.heads / dims.groups));
    }
}

TEST(Grouping, KeepsChannelsInHeadsAndHeadsInSsdGroups) {
    const Dims dims = test::tiny2_dims();
    const std::uint32_t heads = dims.heads / dims.groups;
    for (const GroupShape& shape : {GroupShape{2, 4, 4}, GroupShape{2, 1, 1}, GroupShape{2, 3, 5},
                                    GroupShape{2, 2, 1}, GroupShape{2, heads, dims.head_dim}}) {
        expect_a_grouping(dims, shape);
    }
}

TEST(Grouping, CutInPlaceByHand) {
    Dims dims = four_heads_of_four();
    const std::vector<float> statistic{1, 2, 3, 4, 2, 4, 6, 8, 1, 1, 1, 10, 2, 2, 2, 20};
    const Grouping one = cut_in_place(dims, {1, 2, 2}, statistic);
    EXPECT_EQ(one.head_end, (Ends{2, 4}));
    EXPECT_EQ(one.dim_end, (Ends{2, 4, 3, 4}));
    EXPECT_EQ(one.cells, (Order{0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 2, 3, 2, 2, 2, 3}));
    EXPECT_EQ(one.channels, ungrouped(dims).channels);
    EXPECT_EQ(one.heads, ungrouped(dims).heads);
    dims.groups = 2;
    const Grouping two = cut_in_place(dims, {2, 1, 2}, statistic);
    EXPECT_EQ(two.head_end, (Ends{2, 2}));
    EXPECT_EQ(two.dim_end, one.dim_end);
    EXPECT_EQ(two.cells, one.cells);
}

TEST(Grouping, EvenGroupsAreOneOrAll) {
    const Dims dims = four_heads_of_four();
    EXPECT_TRUE(needs_no_order(dims, {1, 4, 1}));
    EXPECT_TRUE(needs_no_order(dims, {1, 1, 4}));
    EXPECT_FALSE(needs_no_order(dims, {1, 2, 1}));
    EXPECT_FALSE(needs_no_order(dims, {1, 4, 2}));
    const Grouping heads = even_groups(dims, {1, 4, 1});
    EXPECT_EQ(heads.head_end, (Ends{1, 2, 3, 4}));
    EXPECT_EQ(heads.dim_end, (Ends{4, 4, 4, 4}));
    EXPECT_EQ(heads.cells, (Order{0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3}));
    EXPECT_EQ(even_groups(dims, {1, 1, 4}).cells,
              (Order{0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3, 0, 1, 2, 3}));
}

TEST(Grouping, UngroupedIsOneCellAndMovesNothing) {
    const Dims dims = test::tiny2_dims();
    const Grouping grouping = ungrouped(dims);
    EXPECT_EQ(grouping.shape, GroupShape{});
    EXPECT_EQ(grouping.head_end, (Ends{static_cast<int>(dims.heads)}));
    EXPECT_EQ(grouping.dim_end, (Ends{static_cast<int>(dims.head_dim)}));
    for (std::uint32_t i = 0; i < dims.in_proj_width(); ++i) {
        EXPECT_EQ(in_proj_order(dims, grouping)[i], i);
    }
    EXPECT_EQ(grouping.cells, Order(dims.d_inner, 0));
}

}  // namespace
}  // namespace mambasic::traces::synth
