#include "sim/scratchpad_layout.h"

#include <gtest/gtest.h>

namespace mambasic::sim {
namespace {

using models::Op;
using models::SramColumns;
using models::SramLayout;

/// Mamba1 of 96 channels, 192 inside, 16 states, dt of rank 6; 10 tokens from the 20th on.
Workload mamba1() {
    Workload work;
    work.dims = {96, 192, 16, 4, 6, 2, 256};
    work.tokens = 40;
    work.layers = 1;
    return work;
}

models::Task task(Op op, std::uint64_t channel, std::uint64_t channels) {
    models::Task t;
    t.op = op;
    t.block = models::block_of(op);
    t.region = {0, 1, 20, 10, channel, channels};
    return t;
}

SramLayout layout(Op op, std::uint64_t channel, std::uint64_t channels,
                  Fusion fusion = Fusion::Layer) {
    const Workload work = mamba1();
    ScheduleConfig schedule;
    schedule.fusion = fusion;
    schedule.row_skew_banks = 3;
    return scratchpad_layout(work, schedule, layer_ops(work.dims), 0, task(op, channel, channels));
}

void expect_columns(const SramColumns& got, const SramColumns& want) {
    EXPECT_EQ(got.rows, want.rows);
    EXPECT_EQ(got.pitch_bytes, want.pitch_bytes);
    EXPECT_EQ(got.first_byte, want.first_byte);
    EXPECT_EQ(got.bytes, want.bytes);
    EXPECT_EQ(got.columns, want.columns);
}

TEST(ScratchpadLayout, APanelOfInProjEndsInOneStreamAndBeginsTheNext) {
    const SramLayout l = layout(Op::InProj, 176, 32);
    ASSERT_EQ(l.read.size(), 1U);
    expect_columns(l.read[0], {10, 96, 0, 96, 96});
    ASSERT_EQ(l.written.size(), 2U);
    expect_columns(l.written[0], {10, 192, 176, 16, 16});  // x
    expect_columns(l.written[1], {10, 192, 0, 16, 16});    // z
    EXPECT_EQ(l.row_skew_banks, 3U);
}

TEST(ScratchpadLayout, OutProjWritesHalves) {
    const SramLayout l = layout(Op::OutProj, 32, 32);
    expect_columns(l.read.at(0), {10, 192, 0, 192, 192});
    expect_columns(l.written.at(0), {10, 192, 64, 64, 32});
}

TEST(ScratchpadLayout, APanelThatLeavesAtOnceLiesByItself) {
    const SramLayout l = layout(Op::OutProj, 32, 32, Fusion::None);
    expect_columns(l.written.at(0), {10, 64, 0, 64, 32});
}

// B and C come row by row.
TEST(ScratchpadLayout, AScanReadsUDtAndZByChannel) {
    const SramLayout l = layout(Op::Scan, 64, 128);
    ASSERT_EQ(l.read.size(), 3U);
    for (const SramColumns& c : l.read) expect_columns(c, {10, 192, 64, 128, 128});
    ASSERT_EQ(l.written.size(), 1U);
    expect_columns(l.written[0], {10, 384, 128, 256, 128});
}

TEST(ScratchpadLayout, WhatIsNotOfALayerHasNone) {
    const SramLayout l = layout(Op::LmHead, 0, 256);
    EXPECT_TRUE(l.read.empty());
    EXPECT_TRUE(l.written.empty());
}

}  // namespace
}  // namespace mambasic::sim
