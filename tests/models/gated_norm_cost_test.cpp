// Cost of the gated RMSNorm; every figure is counted by hand.
#include "models/gated_norm/gated_norm_cost.h"

#include <gtest/gtest.h>

namespace mambasic::models {
namespace {

NonlinearConfig units() {
    NonlinearConfig c;
    c.silu.latency_cycles = 17;
    c.rsqrt.latency_cycles = 12;
    return c;
}

GatedNormConfig eight_lanes() {
    GatedNormConfig c;
    c.lanes = 8;
    c.sum.tree_width = 8;
    c.sum_ii_cycles = 1;
    c.pipeline_cycles = 20;
    return c;
}

double part(const AreaParts& area, const std::string& name) {
    for (const LogicPart& p : area.logic) {
        if (p.name == name) return p.count;
    }
    return 0;
}

TEST(GatedNormCost, TwoPassesOverAGroup) {
    GatedNormConfig c = eight_lanes();
    // 1,536 elements are 192 cycles a pass; the latency is 20 + 17 + 12 and 20 again.
    EXPECT_EQ(gated_norm_cycles(c, units(), {1, 1536, 1}).count, 192U + 192U + 69U);
    EXPECT_EQ(gated_norm_cycles(c, units(), {10, 1536, 1}).count, 1920U + 192U + 69U);
    // Eight groups of 130 elements take 17 cycles each; only the last group's pass 2 shows.
    EXPECT_EQ(gated_norm_cycles(c, units(), {3, 1040, 8}).count, 24U * 17U + 17U + 69U);
    EXPECT_EQ(gated_norm_cycles(c, units(), {0, 1536, 1}).count, 0U);
    // The running sum takes 3 cycles for each of 192 blocks, or for each element when sequential.
    c.sum_ii_cycles = 3;
    EXPECT_EQ(gated_norm_cycles(c, units(), {10, 1536, 1}).count, 5760U + 192U + 69U);
    c.sum.tree_width = 0;
    EXPECT_EQ(gated_norm_cycles(c, units(), {2, 16, 2}).count, 4U * 24U + 1U + 69U);
}

TEST(GatedNormCost, MoreLanesAreNeverSlower) {
    GatedNormConfig c = eight_lanes();
    std::uint64_t before = ~std::uint64_t{0};
    for (c.lanes = 1; c.lanes <= 64; ++c.lanes) {
        const std::uint64_t cycles = gated_norm_cycles(c, units(), {7, 1000, 4}).count;
        EXPECT_LE(cycles, before);
        EXPECT_GE(cycles * c.lanes, 7000U);
        before = cycles;
    }
}

TEST(GatedNormCost, TheProductsPassTheScratchpad) {
    const SramTraffic traffic = gated_norm_traffic({3, 100, 2});
    EXPECT_EQ(traffic.activation_read_bytes, 300U * (2 + 1 + 4));
    EXPECT_EQ(traffic.activation_write_bytes, 300U * (4 + 2));
    EXPECT_EQ(traffic.weight_read_bytes, 600U);
}

TEST(GatedNormCost, AreaNamesItsParts) {
    GatedNormConfig c = eight_lanes();
    EXPECT_EQ(part(gated_norm_area(c, units()), "multipliers"), 24);
    EXPECT_EQ(part(gated_norm_area(c, units()), "z multipliers"), 64) << "bits of eight codes";
    EXPECT_EQ(part(gated_norm_area(c, units()), "FP16 converters"), 24);
    EXPECT_EQ(part(gated_norm_area(c, units()), "silu units"), 8);
    EXPECT_EQ(part(gated_norm_area(c, units()), "rsqrt units"), 1);
    EXPECT_EQ(part(gated_norm_area(c, units()), "squares"), 8);
    c.sum.tree_width = 0;
    EXPECT_EQ(part(gated_norm_area(c, units()), "squares"), 0);
    EXPECT_EQ(part(gated_norm_area(c, units()), "running sum"), 1);
}

}  // namespace
}  // namespace mambasic::models
