// The engines' words at the ports of a scratchpad: 16 bytes a cycle from the DRAM, 32 bytes a cycle
// through the scratchpad.
#include <gtest/gtest.h>

#include "tests/models/bench_of_blocks.h"
#include "tests/models/dram/engines.h"
#include "tests/models/dram/stream_memory.h"

namespace mambasic::models {
namespace {

using test::kPeriod;
using test::Program;
using test::transfer;

constexpr std::uint64_t kUnhindered = 100 + 4096 / 16;  // latency, data

SramConfig sram(std::uint32_t ports, std::uint32_t banks = 4) {
    SramConfig c;
    c.capacity_kib = 64;
    c.banks = banks;
    c.word_bytes = 8;
    c.ports_per_bank = ports;
    return c;
}

struct Memory {
    Sram weights;
    StreamDram dram{"dram", test::stream_memory({32, 0.5, 100, 50}), kPeriod};
    test::Engines engines;

    Memory(Program& program, const SramConfig& config)
        : weights("weights", config), engines(program, dram, {64, 256, 0}, {&weights}) {}
    /// Of a block that uses the ports from the start on, for 1,000 cycles.
    void read_all_along(std::uint64_t bytes) { reserve(bytes, 0); }
    void write_all_along(std::uint64_t bytes) { reserve(0, bytes); }
    void run() { engines.run(); }

private:
    void reserve(std::uint64_t read, std::uint64_t written) {
        weights.reserve(0, 1000 * kPeriod, read, written, kPeriod);
    }
};

TEST(DmaPorts, FreeOnesCostNothing) {
    Program program({transfer(0, BlockId::DmaLoad, 4096)});
    Memory memory(program, sram(1));
    memory.run();
    EXPECT_EQ(program.end.at(0), kUnhindered);
}

TEST(DmaPorts, ReadsDoNotHinderALoadThatHasAPortOfItsOwn) {
    Program program({transfer(0, BlockId::DmaLoad, 4096)});
    Memory memory(program, sram(2));
    memory.read_all_along(32 * 1000);
    memory.run();
    EXPECT_EQ(program.end.at(0), kUnhindered);
}

TEST(DmaPorts, AnOnlyPortThatOthersTakeHoldsALoadBack) {
    Program program({transfer(0, BlockId::DmaLoad, 4096)});
    Memory memory(program, sram(1));
    memory.read_all_along(32 * 1000);
    memory.run();
    EXPECT_GE(program.end.at(0), 1000U) << "not before the other block is done";
    EXPECT_LE(program.end.at(0), 1000U + kUnhindered);
}

TEST(DmaPorts, HalfAPortIsEnoughForHalfItsWidth) {
    Program program({transfer(0, BlockId::DmaLoad, 4096)});
    Memory memory(program, sram(1));
    memory.read_all_along(16 * 1000);  // what is left is what the DRAM brings
    memory.run();
    EXPECT_GE(program.end.at(0), kUnhindered);
    EXPECT_LE(program.end.at(0), kUnhindered + 8) << "the last chunk's way in";
}

TEST(DmaPorts, AQuarterOfAPortSetsThePace) {
    Program program({transfer(0, BlockId::DmaStore, 4096)});
    Memory memory(program, sram(1));
    memory.read_all_along(24 * 1000);  // 8 bytes a cycle are left, half of what the DRAM takes
    memory.run();
    EXPECT_EQ(program.end.at(0), 50U + 4096 / 8);
}

TEST(DmaPorts, AStoreReadsAndIsHeldBackByReaders) {
    Program program({transfer(0, BlockId::DmaStore, 4096)});
    Memory memory(program, sram(2));
    memory.read_all_along(32 * 1000);
    memory.run();
    EXPECT_GE(program.end.at(0), 1000U);
}

TEST(DmaPorts, AStoreIsNotHeldBackByWriters) {
    Program program({transfer(0, BlockId::DmaStore, 4096)});
    Memory memory(program, sram(2));
    memory.write_all_along(32 * 1000);
    memory.run();
    EXPECT_EQ(program.end.at(0), 50U + 4096 / 16);
}

TEST(DmaPorts, ANarrowScratchpadSetsThePace) {
    Program program({transfer(0, BlockId::DmaLoad, 4096)});
    Memory memory(program, sram(2, 1));  // 8 bytes a cycle, half the DRAM's
    memory.run();
    EXPECT_EQ(program.end.at(0), 4096U / 8 + 100);
}

/// Reads for four cycles from the first one's end on.
class Reader : public sc_core::sc_module {
public:
    explicit Reader(Sram& sram) : sc_module(sc_core::sc_module_name("reader")), sram_(sram) {
        SC_HAS_PROCESS(Reader);
        SC_THREAD(run);
    }
    Ticks end() const { return end_; }

private:
    void run() {
        wait(sc_core::sc_time::from_value(kPeriod));
        end_ = sram_.reserve(Dispatch::now(), 4 * kPeriod, 4 * 32, 0, kPeriod);
    }
    Sram& sram_;
    Ticks end_ = 0;
};

// The engine has its first chunk of 256 bytes: 8 cycles of the port.
TEST(DmaPorts, OthersFindWhatTheEnginesLeave) {
    Program program({transfer(0, BlockId::DmaLoad, 4096)});
    Memory memory(program, sram(1));
    const Reader reader(memory.weights);
    memory.run();
    EXPECT_GT(reader.end(), 5 * kPeriod);
    EXPECT_LE(reader.end(), (1 + 4 + 8) * kPeriod);
}

}  // namespace
}  // namespace mambasic::models
