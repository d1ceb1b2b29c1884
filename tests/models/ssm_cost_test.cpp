#include "models/ssm/ssm_cost.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <utility>
#include <vector>

namespace mambasic::models {
namespace {

SsmConfig core(std::uint32_t channel_lanes, std::uint32_t state_lanes) {
    SsmConfig c;
    c.channel_lanes = channel_lanes;
    c.state_lanes = state_lanes;
    c.exp_units = 1000000;
    c.softplus_units = 1000000;
    c.silu_units = 1000000;
    c.recurrence_ii_cycles = 4;
    c.pipeline_cycles = 40;
    c.state_store_kib = 64;
    return c;
}

NonlinearConfig units() {
    NonlinearConfig c;
    c.exp.latency_cycles = 10;
    c.softplus.latency_cycles = 20;
    c.silu.latency_cycles = 17;
    return c;
}

constexpr std::uint64_t kLatency = 20 + 10 + 40;

TEST(SsmCost, AGroupsStepsAreTheSlowestResourcesByHand) {
    const SsmShape shape{2, 5, 64, 16};
    // 10 rows of 16 states on 4 state lanes; no unit is slower.
    EXPECT_EQ(ssm_group_steps(core(4, 4), shape, 0), 40U);
    SsmConfig c = core(4, 4);
    c.exp_units = 8;  // 10 rows x 4 channels x 16 states, and A's
    EXPECT_EQ(ssm_group_steps(c, shape, 0), 88U);
    for (auto unit : {&SsmConfig::softplus_units, &SsmConfig::silu_units}) {
        SsmConfig one = core(4, 16);
        one.exp_units = 1024;
        EXPECT_EQ(ssm_group_steps(one, shape, 0), 10U);
        one.*unit = 1;  // 10 rows x 4 channels
        EXPECT_EQ(ssm_group_steps(one, shape, 0), 40U);
    }
    // One divider a lane: the 16 states of a channel in each of two sequences.
    EXPECT_EQ(ssm_group_steps(core(4, 16), {2, 1, 64, 16}, 2U * 64U * 16U), 32U);
    EXPECT_EQ(ssm_group_steps(core(4, 4), {2, 5, 0, 16}, 0), 0U);
    EXPECT_EQ(ssm_group_steps(c, {2, 5, 2, 16}, 0), 44U) << "two of the four lanes have work";
}

TEST(SsmCost, TheLanesHoldTheStateScalesOfTheirCells) {
    const auto bits = [](std::uint32_t lanes, const TableNeeds& needs) {
        const LogicPart part = ssm_state_scale_registers(core(lanes, 4), needs);
        EXPECT_EQ(part.primitive, Primitive::RegisterBit);
        return part.count;
    };
    const ScaleTableShape one{LookupKind::Register, 1, 1, 1, 24, 64, 1, 128, 1};
    EXPECT_EQ(bits(16, {{one, 24}}), 0) << "one scale is the table's register";
    // Heads of 64 rows in 4 x 4 groups, 128 states.
    const ScaleTableShape groups{LookupKind::Sequential, 1, 4, 4, 24, 64, 1, 128, 128};
    EXPECT_EQ(bits(16, {{groups, 24}}), 4 * 128 * 32) << "a head's four cells";
    EXPECT_EQ(bits(2, {{groups, 24}}), 2 * 128 * 32);
    EXPECT_EQ(bits(128, {{groups, 24}}), 2 * 4 * 128 * 32) << "two whole heads";
    EXPECT_EQ(bits(24, {{groups, 24}}), 8 * 128 * 32) << "the end of a head and the next one's";
    // Heads of 16: groups of 24 begin at a head's start or its middle, so they see two of them.
    const ScaleTableShape narrow{LookupKind::Direct, 1, 6, 2, 12, 16, 0, 0, 16};
    EXPECT_EQ(bits(24, {{narrow, 24}}), 2 * 2 * 16 * 32);
    const ScaleTableShape few{LookupKind::Direct, 1, 2, 2, 12, 16, 0, 0, 16};
    EXPECT_EQ(bits(64, {{few, 24}}), 4 * 16 * 32) << "the table has no more";
    // A scale for each channel of a Mamba1, and the wider layers of a network decide.
    const ScaleTableShape channels{LookupKind::Direct, 1, 96, 16, 96, 16, 0, 0, 16};
    EXPECT_EQ(bits(16, {{channels, 24}}), 16 * 16 * 32);
    EXPECT_EQ(bits(16, {{one, 4}, {channels, 4}, {groups, 4}}), 4 * 128 * 32);
}

TEST(SsmCost, LanesSetThePaceByHand) {
    // 64 channels in 16 groups of 4, 16 states in 4 groups of 4: 64 cycles a token.
    const SsmCycles c = ssm_cycles(core(4, 4), units(), {1, 10, 64, 16}, 0);
    EXPECT_EQ(c.update, 640U);
    EXPECT_EQ(c.latency, kLatency);
    EXPECT_EQ(c.total().count, 640U + kLatency);
    EXPECT_EQ(ssm_cycles(core(4, 4), units(), {3, 10, 64, 16}, 0).update, 1920U);
}

TEST(SsmCost, PartialGroupsCostFullOnes) {
    EXPECT_EQ(ssm_cycles(core(4, 4), units(), {1, 10, 61, 13}, 0).update, 640U);
    EXPECT_EQ(ssm_cycles(core(4, 4), units(), {1, 10, 60, 13}, 0).update, 600U);
}

TEST(SsmCost, RecurrenceShowsWhereGroupsAreFewerThanItsInterval) {
    // Two groups a token: token t + 1 may not start before 4 cycles have passed.
    EXPECT_EQ(ssm_cycles(core(8, 16), units(), {1, 10, 16, 16}, 0).update, 9U * 4U + 2U);
    // A second sequence fills the gap exactly; with three, the lanes are the limit again.
    EXPECT_EQ(ssm_cycles(core(8, 16), units(), {2, 10, 16, 16}, 0).update, 9U * 4U + 4U);
    EXPECT_EQ(ssm_cycles(core(8, 16), units(), {3, 10, 16, 16}, 0).update, 9U * 6U + 6U);
    EXPECT_EQ(ssm_cycles(core(8, 16), units(), {1, 1, 16, 16}, 0).update, 2U);
}

TEST(SsmCost, UnitsAreBoundsOfTheirOwn) {
    SsmConfig c = core(64, 16);
    const SsmShape s{1, 10, 64, 16};  // 10,240 updates and 1,024 elements of A
    c.exp_units = 16;
    EXPECT_EQ(ssm_cycles(c, units(), s, 0).exp, (10240U + 1024U) / 16U);
    EXPECT_EQ(ssm_cycles(c, units(), s, 0).total().count, 704U + kLatency);
    c = core(64, 16);
    c.softplus_units = 3;
    EXPECT_EQ(ssm_cycles(c, units(), s, 0).total().count, 214U + kLatency);  // 640 / 3, up
    c = core(64, 16);
    c.silu_units = 1;
    EXPECT_EQ(ssm_cycles(c, units(), s, 0).total().count, 640U + kLatency);
}

TEST(SsmCost, StatesBecomeCodesAtOneAChannelLane) {
    SsmConfig c = core(4, 16);
    c.exp_units = 1024;
    const SsmShape s{1, 1, 64, 16};
    EXPECT_EQ(ssm_cycles(c, units(), s, ssm_codes(s, true, false)).divide, 256U);
    EXPECT_EQ(ssm_cycles(c, units(), s, 1024).total().count, 256U + kLatency);
    EXPECT_EQ(ssm_cycles(c, units(), s, 0).divide, 0U);
}

TEST(SsmCost, LongSiluIsNotHiddenForEver) {
    NonlinearConfig slow = units();
    slow.silu.latency_cycles = 100;
    EXPECT_EQ(ssm_cycles(core(4, 4), slow, {1, 1, 4, 4}, 0).latency, 100U);
    slow = units();
    slow.exp.latency_cycles = 30;  // exp(A_log) is then later than softplus
    EXPECT_EQ(ssm_cycles(core(4, 4), slow, {1, 1, 4, 4}, 0).latency, 30U + 30U + 40U);
}

TEST(SsmCost, NothingTakesNoTime) {
    EXPECT_EQ(ssm_cycles(core(4, 4), units(), {1, 0, 64, 16}, 0).total().count, 0U);
}

// Starts groups one a cycle, each token of a group at least ii after the token before; always the
// group that has waited longest.
std::uint64_t play_updates(const SsmConfig& c, const SsmShape& s) {
    const std::uint64_t groups = s.sequences *
                                 ((s.channels + c.channel_lanes - 1) / c.channel_lanes) *
                                 ((s.states + c.state_lanes - 1) / c.state_lanes);
    std::vector<std::uint64_t> ready(groups, 0);
    std::uint64_t now = 0;
    for (std::uint64_t t = 0; t < s.tokens; ++t) {
        for (std::uint64_t& group : ready) {
            now = std::max(now, group);
            group = now + c.recurrence_ii_cycles;
            ++now;
        }
    }
    return now;
}

TEST(SsmCost, ClosedFormAgreesWithPlayingTheGroups) {
    std::mt19937 random(5);
    const auto pick = [&](std::uint32_t high) {
        return static_cast<std::uint32_t>(1 + random() % high);
    };
    int bound = 0;
    for (int round = 0; round < 2000; ++round) {
        SsmConfig c = core(pick(16), pick(16));
        c.recurrence_ii_cycles = pick(8);
        const SsmShape s{pick(3), pick(20), pick(40), pick(16)};
        const SsmCycles cycles = ssm_cycles(c, units(), s, 0);
        ASSERT_EQ(cycles.update, play_updates(c, s));
        ASSERT_GE(cycles.update * c.channel_lanes * c.state_lanes,
                  s.sequences * s.tokens * s.channels * s.states);  // never beats the lanes
        SsmConfig wider = c;
        wider.channel_lanes *= 2;
        ASSERT_LE(ssm_cycles(wider, units(), s, 0).total().count, cycles.total().count);
        wider = c;
        wider.state_lanes *= 2;
        ASSERT_LE(ssm_cycles(wider, units(), s, 0).total().count, cycles.total().count);
        bound += cycles.update > (s.tokens - 1) * c.recurrence_ii_cycles + c.recurrence_ii_cycles;
    }
    EXPECT_GT(bound, 100);
    EXPECT_LT(bound, 1900);
}

TEST(SsmCost, StatesPassTheStoreOnceATile) {
    const SsmShape s{2, 10, 64, 16};  // 2,048 states, whatever the tokens
    const auto traffic = [&](const SsmPosition& position) {
        const StoreTraffic t = ssm_state_traffic(s, position);
        return std::make_pair(t.read_bytes, t.write_bytes);
    };
    using Bytes = std::pair<std::uint64_t, std::uint64_t>;
    EXPECT_EQ(traffic({false, false, false}), Bytes(8192, 8192));  // FP32 in, FP32 out
    EXPECT_EQ(traffic({false, true, false}), Bytes(0, 8192));      // zeros in
    EXPECT_EQ(traffic({false, false, true}), Bytes(8192, 2048));   // codes out
    EXPECT_EQ(traffic({false, true, true}), Bytes(0, 2048));
    EXPECT_EQ(traffic({true, true, true}), Bytes(2048, 2048));  // decode: codes, every token
    EXPECT_EQ(ssm_state_traffic({2, 0, 64, 16}, {}).write_bytes, 0U);
}

TEST(SsmCost, TrafficAndAreaByHand) {
    const SramTraffic traffic = ssm_traffic({2, 10, 64, 16});
    EXPECT_EQ(traffic.weight_read_bytes, 64U * 18U);
    EXPECT_EQ(traffic.activation_read_bytes, 20U * (3U * 64U + 2U * 16U));
    EXPECT_EQ(traffic.activation_write_bytes, 20U * 64U * 2U);
    SsmConfig c = core(4, 8);
    c.exp_units = 5;
    const auto count = [&](const std::string& name) {
        for (const LogicPart& part : ssm_area(c, units()).logic) {
            if (part.name == name) return part.count;
        }
        return 0.0;
    };
    EXPECT_EQ(count("state fma"), 32);
    EXPECT_EQ(count("output fma chain"), 32);
    EXPECT_EQ(count("exp units"), 5);
    EXPECT_EQ(count("update multipliers"), 96);
    EXPECT_EQ(count("channel multipliers"), 12);
    // 32 states, B and C of 8 lanes, four codes of 4 channels, A for 5 units; 8 bits each.
    EXPECT_EQ(count("code multipliers"), 8 * (32 + 16 + 16 + 5));
    EXPECT_EQ(count("rotating states"), 32 * 32 * 4);
    c.sum.tree_width = 8;
    EXPECT_EQ(count("output fma chain"), 0);
    EXPECT_EQ(count("output trees and sums"), 4 * 7 + 4);
    EXPECT_EQ(ssm_state_store(c).banks, 4);
    EXPECT_EQ(ssm_state_store(c).kib_per_bank, 16);
}

}  // namespace
}  // namespace mambasic::models
