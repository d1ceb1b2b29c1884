// The DRAM behind the engines, against closed forms: 16 bytes a cycle, 100 cycles to read, 50 to
// write.
#include "models/dma/dma.h"

#include <gtest/gtest.h>

#include "tests/models/bench_of_blocks.h"
#include "tests/models/dram/engines.h"
#include "tests/models/dram/stream_memory.h"

namespace mambasic::models {
namespace {

using test::compute;
using test::kPeriod;
using test::Program;
using test::transfer;

struct Memory {
    StreamDram dram{"dram", test::stream_memory({32, 0.5, 100, 50}), kPeriod};
    test::Engines engines;

    explicit Memory(Program& program, const DmaConfig& dma = {64, 256, 0})
        : engines(program, dram, dma) {}
    void run() { engines.run(); }
};

TEST(Dma, SingleTransferTakesLatencyAndBytesOverBandwidth) {
    Program program({transfer(0, BlockId::DmaLoad, 4096)});
    Memory memory(program);
    memory.run();
    EXPECT_EQ(program.end.at(0), 100U + 4096 / 16);
    EXPECT_EQ(memory.dram.activity(0).read_bursts, 4096U / 32);
    EXPECT_EQ(memory.engines.load.finish(400 * kPeriod).busy() / kPeriod, 356U);
}

TEST(Dma, WriteHasItsOwnLatencyAndARemainderIsRoundedUp) {
    Program program({transfer(0, BlockId::DmaStore, 1000)});
    Memory memory(program);
    memory.run();
    EXPECT_EQ(program.end.at(0), 50U + 63U);  // 62.5 cycles of data
}

TEST(Dma, StreamingReachesTheBandwidth) {
    std::vector<Task> tasks;
    for (TaskId i = 0; i < 50; ++i) tasks.push_back(transfer(i, BlockId::DmaLoad, 4096));
    Program program(std::move(tasks));
    Memory memory(program);
    memory.run();
    EXPECT_EQ(program.end.at(49), 100U + 50 * 256);  // the latency shows once
}

TEST(Dma, SetupAndOwnWidthHoldATransferBack) {
    Program program({transfer(0, BlockId::DmaLoad, 512), transfer(1, BlockId::DmaLoad, 512)});
    Memory memory(program, {8, 256, 20});  // half the DRAM's bandwidth
    memory.run();
    EXPECT_EQ(program.end.at(0), 20U + 64 + 100);
    EXPECT_EQ(program.end.at(1), 2U * (20 + 64) + 100);
}

TEST(Dma, ReadsAndWritesShareTheBus) {
    Program program({transfer(0, BlockId::DmaLoad, 16384), transfer(1, BlockId::DmaStore, 16384)});
    Memory memory(program);
    memory.run();
    // Chunk by chunk in turn, the load first: it is done one chunk (16 cycles) before the store.
    EXPECT_EQ(program.end.at(0), 2 * 1024U - 16 + 100);
    EXPECT_EQ(program.end.at(1), 2 * 1024U + 50);
    EXPECT_EQ(memory.dram.activity(0).busy_ticks / kPeriod, 2048U);
}

TEST(Dma, EngineIsBusyUntilTheDataHaveLanded) {
    // The second transfer waits for the store, which waits for the first.
    Program program({transfer(0, BlockId::DmaLoad, 160), transfer(1, BlockId::DmaStore, 320, {0}),
                     transfer(2, BlockId::DmaLoad, 160, {1})});
    Memory memory(program);
    memory.run();
    EXPECT_EQ(program.start.at(1), 110U);
    EXPECT_EQ(program.end.at(1), 110U + 20 + 50);
    EXPECT_EQ(program.end.at(2), 180U + 10 + 100);
    const BlockTime& time = memory.engines.load.finish(290 * kPeriod);
    EXPECT_EQ(time.busy() / kPeriod, 220U);
    EXPECT_EQ(time.stalled_input() / kPeriod, 70U);
    EXPECT_EQ(time.idle(), 0U);
}

}  // namespace
}  // namespace mambasic::models
