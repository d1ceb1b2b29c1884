// Cycles, traffic and area of the SSD core against hand counts.
#include "models/ssm/ssd_cost.h"

#include <gtest/gtest.h>

namespace mambasic::models {
namespace {

SsmConfig core() {
    SsmConfig c;
    c.channel_lanes = 4;
    c.state_lanes = 8;
    c.exp_units = 2;
    c.softplus_units = 1;
    c.recurrence_ii_cycles = 4;
    c.pipeline_cycles = 40;
    c.ssd_sum.tree_width = 16;
    c.state_store_kib = 768;
    return c;
}

NonlinearConfig units() {
    NonlinearConfig c;
    c.exp.latency_cycles = 10;
    c.softplus.latency_cycles = 20;
    c.silu.latency_cycles = 500;
    return c;
}

// mamba2-130m: 24 heads of 64 rows, 128 states.
SsdShape tile(std::uint64_t sequences, std::uint64_t tokens) {
    return {sequences, tokens, 24, 64, 128, 24};
}

TEST(SsdCost, UpdatesSetThePace) {
    // 1536 / 4 channels x 128 / 8 states = 6144 groups a token.
    const SsmCycles c = ssd_cycles(core(), units(), tile(2, 10), 0);
    EXPECT_EQ(c.update, 2U * 10U * 6144U);
    EXPECT_EQ(c.exp, (2U * 10U * 24U + 24U) / 2U) << "a decay for each head, and A";
    EXPECT_EQ(c.softplus, 2U * 10U * 24U);
    EXPECT_EQ(c.silu, 0U) << "the gate is elsewhere";
    EXPECT_EQ(c.latency, 20U + 10U + 40U) << "the gate's unit does not delay it";
    EXPECT_EQ(c.total().count, 122880U + 70U);
    EXPECT_EQ(ssd_group_steps(core(), tile(2, 10), 0), 2U * 10U * 16U);
}

TEST(SsdCost, DividersBindADecodeStep) {
    const std::uint64_t codes = ssm_codes(tile(2, 1).flat(), true, false);
    EXPECT_EQ(codes, 2U * 1536U * 128U);
    const SsmCycles c = ssd_cycles(core(), units(), tile(2, 1), codes);
    EXPECT_EQ(c.update, 2U * 6144U);
    EXPECT_EQ(c.divide, 2U * 1536U * 128U / 4U) << "one divider a channel lane";
    EXPECT_EQ(c.total().count, c.divide + 70U);
    EXPECT_EQ(ssd_group_steps(core(), tile(2, 1), codes), 2U * 128U) << "a lane's channel by one";
    EXPECT_EQ(ssm_codes(tile(2, 1).flat(), false, false), 0U) << "FP32 from tile to tile";
    EXPECT_EQ(ssm_codes(tile(2, 1).flat(), false, true), codes);
}

TEST(SsdCost, RareUnitsCanBeTheSlowest) {
    SsmConfig wide = core();
    wide.channel_lanes = 1536;
    wide.state_lanes = 128;
    const SsmCycles c = ssd_cycles(wide, units(), tile(1, 100), 0);
    EXPECT_EQ(c.update, 99U * 4U + 1U) << "one group, so the recurrence shows";
    EXPECT_EQ(c.softplus, 2400U);
    EXPECT_EQ(c.total().count, 2400U + 70U);
    wide.softplus_units = wide.exp_units = 24;
    EXPECT_EQ(ssd_cycles(wide, units(), tile(1, 100), 0).total().count, 397U + 70U);
}

TEST(SsdCost, NothingTakesNoTime) {
    EXPECT_EQ(ssd_cycles(core(), units(), tile(1, 0), 0).total().count, 0U);
    EXPECT_EQ(ssd_cycles(core(), units(), tile(0, 5), 0).total().count, 0U);
    EXPECT_EQ(ssd_cycles(core(), units(), {1, 5, 0, 64, 128}, 0).total().count, 0U);
}

TEST(SsdCost, TrafficByHand) {
    const SramTraffic t = ssd_traffic({2, 3, 4, 5, 8, 2});
    EXPECT_EQ(t.weight_read_bytes, 4U * 4U) << "A_log, D and an FP16 bias a head";
    EXPECT_EQ(t.activation_read_bytes, 6U * (20U + 4U + 2U * 2U * 8U));
    EXPECT_EQ(t.activation_write_bytes, 6U * 20U * 2U);
}

TEST(SsdCost, StatesMoveAsTheScansDo) {
    const SsmShape flat = tile(2, 10).flat();
    EXPECT_EQ(flat.channels, 1536U);
    const std::uint64_t states = 2U * 1536U * 128U;
    EXPECT_EQ(ssm_state_traffic(flat, {false, true, false}).read_bytes, 0U);
    EXPECT_EQ(ssm_state_traffic(flat, {false, true, false}).write_bytes, 4U * states);
    EXPECT_EQ(ssm_state_traffic(flat, {false, false, true}).write_bytes, states);
    EXPECT_EQ(ssm_state_traffic(flat, {true, false, false}).read_bytes, states);
}

double part(const AreaParts& parts, const std::string& name) {
    double sum = 0;
    for (const LogicPart& p : parts.logic) sum += p.name == name ? p.count : 0;
    return sum;
}

TEST(SsdCost, AreaIsWhatTheCoreIsMadeOf) {
    SsmConfig c = core();
    const auto area = [&] { return ssd_area(c, units()); };
    EXPECT_EQ(part(area(), "state fma"), 32);
    EXPECT_EQ(part(area(), "update multipliers"), 32);
    EXPECT_EQ(part(area(), "B multipliers"), 8);
    // 32 states, B and C of 8 lanes, x of 4 channels, two codes of a head; 8 bits each.
    EXPECT_EQ(part(area(), "code multipliers"), 8 * (32 + 16 + 4 + 2));
    EXPECT_EQ(part(area(), "rotating states"), 32 * 32 * 4);
    // Eight lanes make a tree of 8; two of those meet, blocks are added: 4 x (7 + 1 + 1).
    EXPECT_EQ(part(area(), "output trees and sums"), 36);
    c.ssd_sum.tree_width = 4;  // two trees of 4 a channel, and the sum of blocks
    EXPECT_EQ(part(area(), "output trees and sums"), 4 * (2 * 3 + 1));
    c.ssd_sum.tree_width = 0;
    EXPECT_EQ(part(area(), "output trees and sums"), 0);
    EXPECT_EQ(part(area(), "output fma chain"), 32);
    ASSERT_EQ(area().memory.size(), 1U);
    EXPECT_EQ(area().memory[0].banks * area().memory[0].kib_per_bank, 768);
}

TEST(SsdCost, MorePartsNeverTakeLonger) {
    const SsdShape shape = tile(1, 16);
    SsmConfig c = core();
    std::uint64_t before = ssd_cycles(c, units(), shape, 0).total().count;
    for (std::uint32_t* knob :
         {&c.channel_lanes, &c.state_lanes, &c.exp_units, &c.softplus_units}) {
        *knob *= 2;
        const std::uint64_t after = ssd_cycles(c, units(), shape, 0).total().count;
        EXPECT_LE(after, before);
        before = after;
    }
}

}  // namespace
}  // namespace mambasic::models
