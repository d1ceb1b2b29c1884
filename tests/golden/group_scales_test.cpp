#include "golden/group_scales.h"

#include <gtest/gtest.h>

#include <random>
#include <stdexcept>

#include "tests/golden/random_groups.h"

namespace mambasic::golden {
namespace {

/// Four heads in two SSD groups, heads of 4 channels.
traces::Dims small_dims() {
    traces::Dims dims;
    dims.family = traces::Family::Mamba2;
    dims.heads = 4;
    dims.head_dim = 4;
    dims.groups = 2;
    dims.d_inner = 16;
    return dims;
}

TEST(GroupCell, ByHand) {
    const std::int32_t head_end[] = {1, 2, 2, 2};  // g = 1: the second group is never reached
    const std::int32_t dim_end[] = {3, 4, 1, 4, 2, 4, 1, 4};
    traces::GroupTable table;
    table.shape = {2, 2, 2};
    table.head_end = head_end;
    table.dim_end = dim_end;
    const std::uint32_t want[] = {0, 0, 0, 1, 2, 3, 3, 3, 4, 4, 5, 5, 4, 4, 5, 5};
    for (std::uint32_t channel = 0; channel < 16; ++channel) {
        EXPECT_EQ(group_cell(small_dims(), table, channel), want[channel]) << channel;
    }
}

TEST(GroupCell, IsWhatPaintingTheRangesGives) {
    std::mt19937 rng(1);
    for (const std::uint32_t groups : {1U, 2U, 8U}) {
        for (const auto& split : {std::pair<std::uint32_t, std::uint32_t>{4, 4}, {1, 1}, {3, 5}}) {
            traces::Dims dims;
            dims.family = traces::Family::Mamba2;
            dims.groups = groups;
            dims.heads = groups * 6;
            dims.head_dim = 16;
            dims.d_inner = dims.heads * 16;
            const RandomGroups made(rng, dims, {groups, split.first, split.second}, 1);
            const GroupScales scales(dims, made.table);
            EXPECT_EQ(scales.cell, made.painted);
        }
    }
}

TEST(GroupCell, OfMamba1ByHand) {
    traces::Dims dims;
    dims.d_inner = 64;  // four times 16 channels, which count as heads of one SSD group
    const std::int32_t head_end[] = {1, 4};
    const std::int32_t dim_end[] = {4, 16, 10, 16};
    traces::GroupTable table;
    table.shape = {1, 2, 2};
    table.head_end = head_end;
    table.dim_end = dim_end;
    const std::uint32_t channels[] = {0, 3, 4, 15, 16, 25, 26, 31, 32, 42, 47, 57, 58, 63};
    const std::uint32_t cells[] = {0, 0, 1, 1, 2, 2, 3, 3, 2, 3, 3, 2, 3, 3};
    for (std::size_t i = 0; i < 14; ++i) {
        EXPECT_EQ(group_cell(dims, table, channels[i]), cells[i]) << channels[i];
    }
}

TEST(GroupCell, AHeadAndADimMayBeGroupsOfTheirOwn) {
    std::mt19937 rng(2);
    const RandomGroups made(rng, small_dims(), {2, 2, 4}, 1);  // no other way to split 2 and 4
    for (std::uint32_t channel = 0; channel < 16; ++channel) {
        EXPECT_EQ(group_cell(small_dims(), made.table, channel), channel);
    }
}

TEST(GroupCell, OneCellNeedsNoRanges) {
    traces::GroupTable table;
    for (const std::uint32_t ssd_groups : {1U, 2U}) {
        table.shape = {ssd_groups, 1, 1};
        for (std::uint32_t channel = 0; channel < 16; ++channel) {
            EXPECT_EQ(group_cell(small_dims(), table, channel), channel * ssd_groups / 16);
        }
    }
}

TEST(GroupCell, AChannelThatNoRangeHoldsIsRefused) {
    const std::int32_t heads_short[] = {0, 1, 1, 2};
    const std::int32_t heads[] = {1, 2, 1, 2};
    const std::int32_t dims_short[] = {3, 4, 1, 3, 2, 4, 1, 4};
    traces::GroupTable table;
    table.shape = {2, 2, 2};
    table.head_end = heads_short;
    table.dim_end = dims_short;
    EXPECT_THROW(group_cell(small_dims(), table, 4), std::invalid_argument);
    table.head_end = heads;
    EXPECT_EQ(group_cell(small_dims(), table, 6), 3U);
    EXPECT_THROW(group_cell(small_dims(), table, 7), std::invalid_argument);
}

TEST(GroupScales, StatesHaveAColumnEachOrShareOne) {
    std::mt19937 rng(3);
    const RandomGroups each(rng, small_dims(), {2, 2, 2}, 5);
    const GroupScales scales(small_dims(), each.table);
    const RandomGroups shared(rng, small_dims(), {2, 2, 2}, 1);
    const GroupScales one(small_dims(), shared.table);
    for (std::size_t channel = 0; channel < 16; ++channel) {
        EXPECT_EQ(scales.x(channel), each.x_scales[each.painted[channel]]);
        for (std::size_t n = 0; n < 5; ++n) {
            EXPECT_EQ(scales.state(channel, n),
                      each.state_scales[each.painted[channel] * std::size_t{5} + n]);
            EXPECT_EQ(one.state(channel, n), shared.state_scales[shared.painted[channel]]);
        }
    }
}

}  // namespace
}  // namespace mambasic::golden
