// The memory bank by bank behind the engines, in time: 1 ns a cycle of both clocks.
#include "models/dram/bank_dram.h"

#include <gtest/gtest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <optional>

#include "tests/models/bench_of_blocks.h"
#include "tests/models/dram/dram_test_memory.h"
#include "tests/models/dram/engines.h"

namespace mambasic::models {
namespace {

using test::kPeriod;
using test::Program;
using test::transfer;

DramConfig four_channels() {
    DramConfig c = test::odd_memory();
    c.organization.channels = 4;
    c.controller.mapping = "ro co ba bg ch";
    c.timing.refi = 2000;
    c.controller.refresh = DramRefresh::AllBank;
    return c;
}

struct Memory {
    BankDram dram;
    test::Engines engines;

    explicit Memory(Program& program, const DramConfig& config = test::odd_memory())
        : dram("dram", config), engines(program, dram, {64, 256, 10}) {}
    void run() { engines.run(); }
};

TEST(BankDram, ABurstTakesItsRowItsLatencyAndItsData) {
    Program program({transfer(0, BlockId::DmaLoad, 64)});
    Memory memory(program);
    memory.run();
    // Setup 10, activate at 11, tRCD 21, CL 22, burst 4.
    EXPECT_EQ(program.end.at(0), 11U + 21 + 22 + 4);
    const DramActivity a = memory.dram.activity(100 * kPeriod);
    EXPECT_EQ(a.read_bursts, 1U);
    EXPECT_EQ(a.row_misses, 1U);
    EXPECT_EQ(a.busy_ticks, 4 * kPeriod);
    EXPECT_DOUBLE_EQ(a.mean_read_latency_ns, 48);
}

TEST(BankDram, AStoreEndsWhenItsLastBurstHasAPlaceAndTheDataSettleLater) {
    Program program({transfer(0, BlockId::DmaStore, 64)});
    Memory memory(program);
    memory.run();
    EXPECT_EQ(program.end.at(0), 11U);                                // in the queue at 10
    EXPECT_EQ(memory.dram.settled(), (11U + 19 + 16 + 4) * kPeriod);  // tRCD, CWL, burst
}

TEST(BankDram, BytesOffABurstsEndMoveWholeBursts) {
    Task task = transfer(0, BlockId::DmaLoad, 300);
    task.transfer.address = 250;
    Program program({task});
    Memory memory(program);
    memory.run();
    // 250 to 549 touch the bursts from 192 to 575; the chunks end at 256 and 512.
    EXPECT_EQ(program.work.at(0).counts[Event::DramReadBytes], 300U);
    EXPECT_EQ(program.work.at(0).counts[Event::DramReadBursts], 6U);
    EXPECT_EQ(memory.dram.activity(memory.dram.settled()).read_bursts, 6U);
}

/// Loads and stores that meet in banks, some waiting for others, over several refreshes.
std::vector<Task> traffic() {
    std::vector<Task> tasks;
    for (TaskId i = 0; i < 120; ++i) {
        const bool store = i % 3 == 2;
        Task t = transfer(i, store ? BlockId::DmaStore : BlockId::DmaLoad, 64 * (1 + i * 7 % 60));
        t.transfer.address = i * 4096 * 7 % (1U << 20U) + (store ? 1U << 19U : 0);
        if (i > 5 && i % 4 == 0) t.data = {i - 5};
        tasks.push_back(std::move(t));
    }
    return tasks;
}

std::uint64_t mixed(std::uint64_t hash, std::uint64_t value) {
    return (hash ^ value) * 1099511628211U;
}

/// Of all ends of transfers and all counts.
std::uint64_t figures_of(const Program& program, Memory& memory) {
    std::uint64_t hash = memory.dram.settled();
    for (const auto& [task, end] : program.end) hash = mixed(hash, end);
    const DramActivity a = memory.dram.activity(memory.dram.settled());
    for (const std::uint64_t n : {a.row_hits, a.row_misses, a.row_conflicts, a.activates}) {
        hash = mixed(hash, n);
    }
    return mixed(hash, static_cast<std::uint64_t>(a.mean_read_latency_ns * 1e6));
}

struct Bystander : sc_core::sc_module {
    Bystander(const sc_core::sc_module_name& name, Ticks every, const Program& other)
        : sc_module(name), period(every), program(other) {
        SC_HAS_PROCESS(Bystander);
        SC_METHOD(tick);
    }
    void tick() {
        if (program.end.size() < traffic().size()) {
            next_trigger(sc_core::sc_time::from_value(period));
        }
    }
    const Ticks period;
    const Program& program;
};

std::uint64_t run(Ticks bystander_period) {
    Program program(traffic());
    Memory memory(program, four_channels());
    std::optional<Bystander> bystander;
    if (bystander_period > 0) bystander.emplace("bystander", bystander_period, program);
    memory.run();
    EXPECT_EQ(program.end.size(), traffic().size());
    EXPECT_GT(memory.dram.activity(memory.dram.settled()).refreshes, 4);
    return figures_of(program, memory);
}

/// SystemC has one simulation for each process.
std::uint64_t run_in_a_child(Ticks bystander_period) {
    std::array<int, 2> ends{};
    if (pipe(ends.data()) != 0) return 0;
    const pid_t child = fork();
    if (child == 0) {
        const std::uint64_t figures = run(bystander_period);
        const bool told = write(ends[1], &figures, sizeof figures) == sizeof figures;
        _exit(told && !testing::Test::HasFailure() ? 0 : 1);
    }
    close(ends[1]);
    std::uint64_t figures = 0;
    const bool heard = read(ends[0], &figures, sizeof figures) == sizeof figures;
    close(ends[0]);
    int status = 1;
    EXPECT_EQ(waitpid(child, &status, 0), child);
    EXPECT_TRUE(heard && status == 0);
    return figures;
}

// Controllers run ahead as far as nothing else can happen. Something that happens in every
// nanosecond, or three times in one, holds them back and must change nothing.
TEST(BankDram, RunningAheadChangesNothing) {
    const std::uint64_t alone = run_in_a_child(0);
    EXPECT_NE(alone, 0U);
    EXPECT_EQ(run_in_a_child(kPeriod), alone);
    EXPECT_EQ(run_in_a_child(kPeriod / 3), alone);
}

}  // namespace
}  // namespace mambasic::models
