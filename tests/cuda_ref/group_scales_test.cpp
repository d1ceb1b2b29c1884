// Which scale a channel has (kernels.md 1.4), by hand.
#include "cuda_ref/group_scales.h"

#include <gtest/gtest.h>

namespace mambasic::cuda_ref {
namespace {

using Cells = std::vector<std::uint32_t>;
using Scales = std::vector<float>;

/// Six heads of four channels in two SSD groups.
traces::Dims six_heads() {
    traces::Dims dims;
    dims.family = traces::Family::Mamba2;
    dims.d_inner = 24;
    dims.d_state = 2;
    dims.heads = 6;
    dims.head_dim = 4;
    dims.groups = 2;
    return dims;
}

/// Heads 0 | 1 2 of the first SSD group and 3 4 | 5 of the second; channels of a head split after
/// one, three, two and one.
struct UnequalGroups {
    std::vector<std::int32_t> head_end = {1, 3, 2, 3};
    std::vector<std::int32_t> dim_end = {1, 4, 3, 4, 2, 4, 1, 4};
    Scales x_scales = {10, 11, 12, 13, 14, 15, 16, 17};
    Scales state_scales = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    Scales b_scales = {1.5F, 2.5F};
    Scales c_scales = {3.5F, 4.5F};
    traces::Mamba2Layer layer;

    UnequalGroups() {
        layer.groups = {{2, 2, 2},       head_end.data(),     dim_end.data(),
                        x_scales.data(), state_scales.data(), 2};
        layer.bc_scales = 2;
        layer.b_scales = b_scales.data();
        layer.c_scales = c_scales.data();
    }
};

const Cells kUnequalCells = {0, 1, 1, 1, 2, 2, 2, 3, 2, 2, 2, 3,   // heads 0, 1, 2
                             4, 4, 5, 5, 4, 4, 5, 5, 6, 7, 7, 7};  // heads 3, 4, 5

TEST(GroupScales, RangesOfUnequalSizesAreSearchedPerGroup) {
    const UnequalGroups groups;
    EXPECT_EQ(cells_of_channels(six_heads(), groups.layer.groups), kUnequalCells);
    const GroupScales scales = group_scales(six_heads(), groups.layer);
    ASSERT_EQ(scales.x.size(), 24U);
    ASSERT_EQ(scales.state.size(), 48U);
    for (std::size_t channel = 0; channel < 24; ++channel) {
        const auto cell = static_cast<float>(kUnequalCells[channel]);
        EXPECT_EQ(scales.x[channel], 10.0F + cell);
        EXPECT_EQ(scales.state[2 * channel], 2.0F * cell);
        EXPECT_EQ(scales.state[2 * channel + 1], 2.0F * cell + 1.0F);
    }
    EXPECT_EQ(scales.b, groups.b_scales);
    EXPECT_EQ(scales.c, groups.c_scales);
}

TEST(GroupScales, ConvolutionHasXThenBThenC) {
    const UnequalGroups groups;
    const GroupScales scales = group_scales(six_heads(), groups.layer);
    Scales expected = scales.x;
    expected.insert(expected.end(), {1.5F, 1.5F, 2.5F, 2.5F, 3.5F, 3.5F, 4.5F, 4.5F});
    EXPECT_EQ(conv_output_scales(six_heads(), scales), expected);
}

TEST(GroupScales, WithoutATableEveryPlaceHasTheOneScale) {
    const std::int32_t heads = 6;
    const std::int32_t head_dim = 4;
    const Scales x = {7.0F};
    const Scales state = {8.0F};
    traces::Mamba2Layer layer;
    layer.groups = {{1, 1, 1}, &heads, &head_dim, x.data(), state.data(), 1};
    layer.bc_scales = 1;
    layer.b_scales = x.data();
    layer.c_scales = state.data();
    const GroupScales scales = group_scales(six_heads(), layer);  // of two SSD groups
    EXPECT_EQ(scales.x, Scales(24, 7.0F));
    EXPECT_EQ(scales.state, Scales(48, 8.0F));
    EXPECT_EQ(scales.b, Scales(2, 7.0F));
    EXPECT_EQ(scales.c, Scales(2, 8.0F));
}

/// 48 channels of Mamba1, three times 16: heads 0 1 | 2, channels of a head split after 5 and 14.
struct Mamba1Groups {
    std::vector<std::int32_t> head_end = {2, 3};
    std::vector<std::int32_t> dim_end = {5, 16, 14, 16};
    Scales x_scales = {10, 11, 12, 13};
    Scales state_scales = {0, 1, 2, 3, 4, 5, 6, 7};
    traces::Dims dims;
    traces::Mamba1Layer layer;

    Mamba1Groups() {
        dims.d_inner = 48;
        dims.d_state = 2;
        layer.groups = {{1, 2, 2},       head_end.data(),     dim_end.data(),
                        x_scales.data(), state_scales.data(), 2};
    }
};

TEST(GroupScales, OfMamba1CountSixteenChannelsAsAHead) {
    const Mamba1Groups groups;
    const GroupScales scales = group_scales(groups.dims, groups.layer);
    ASSERT_EQ(scales.x.size(), 48U);
    ASSERT_EQ(scales.state.size(), 96U);
    for (std::size_t channel = 0; channel < 48; ++channel) {
        const std::size_t cell =
            channel < 32 ? (channel % 16 < 5 ? 0U : 1U) : (channel % 16 < 14 ? 2U : 3U);
        EXPECT_EQ(scales.x[channel], groups.x_scales[cell]);
        EXPECT_EQ(scales.state[2 * channel], groups.state_scales[2 * cell]);
        EXPECT_EQ(scales.state[2 * channel + 1], groups.state_scales[2 * cell + 1]);
    }
    EXPECT_TRUE(scales.b.empty());
    EXPECT_TRUE(scales.c.empty());
    EXPECT_EQ(conv_output_scales(groups.layer, scales), scales.x);
}

TEST(GroupScales, OfMamba1WithoutATableAreThoseUnderEachKey) {
    Mamba1Groups groups;
    groups.layer.groups.reset();
    groups.layer.conv_output_scale = 6.0F;
    groups.layer.u_scale = 7.0F;
    groups.layer.ssm_state_scale = 8.0F;
    const GroupScales scales = group_scales(groups.dims, groups.layer);
    EXPECT_EQ(scales.x, Scales(48, 7.0F));
    EXPECT_EQ(scales.state, Scales(96, 8.0F));
    EXPECT_EQ(conv_output_scales(groups.layer, scales), Scales(48, 6.0F));
}

}  // namespace
}  // namespace mambasic::cuda_ref
