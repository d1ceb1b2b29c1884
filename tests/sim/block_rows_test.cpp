#include "sim/block_rows.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "models/common/error.h"

namespace mambasic::sim {
namespace {

/// A run of 1,000 cycles on the tiny chip (32 bytes a cycle and direction in either scratchpad) in
/// which one task read `weights` and wrote `activations`.
class BlockRows : public testing::Test {
protected:
    void record(std::uint64_t weights, std::uint64_t activations) {
        models::Work work;
        work.sram.weight_read_bytes = weights;
        work.sram.activation_write_bytes = activations;
        models::Task task;
        task.block = models::BlockId::Norm;
        task.op = models::Op::Norm;
        ledger_.record(task, 0, work);
        result_.cycles = kCycles;
    }
    RunFacts facts() const { return {chip_, work_, result_, ledger_, spans_, false}; }
    reports::BlockRow row(const std::string& name) const {
        for (const reports::BlockRow& r : block_rows(facts(), EnergyModel(chip_, work_))) {
            if (r.name == name) return r;
        }
        ADD_FAILURE() << "no row " << name;
        return {};
    }

    static constexpr std::uint64_t kCycles = 1000;
    static constexpr std::uint64_t kBytesPerCycle = 32;
    const ChipConfig chip_ = ChipConfig::load(MAMBASIC_HW_CONFIG "/chips/tiny.yaml", {});
    const Workload work_ = [] {
        Workload work;
        work.layers = 1;
        return work;
    }();
    ChipResult result_;
    models::Ledger ledger_{1};
    const Spans spans_{1, 1};
};

TEST_F(BlockRows, PortsMayBeBusyAllTheTime) {
    record(kCycles * kBytesPerCycle, 10 * kBytesPerCycle);
    EXPECT_EQ(row("weight_sram").busy_cycles, kCycles);
    EXPECT_EQ(row("activation_sram").busy_cycles, 10U);
    EXPECT_EQ(row("activation_sram").idle_cycles, kCycles - 10);
}

TEST_F(BlockRows, ARunThatPassesMoreThanThePortsIsNoRun) {
    record(kCycles * kBytesPerCycle + 1, 0);
    EXPECT_THROW(block_rows(facts(), EnergyModel(chip_, work_)), models::InternalError);
}

TEST_F(BlockRows, ConflictsInTheBanksAreCounted) {
    models::Work work;
    work.cycles = {9};
    work.bank_conflict_cycles = 4;
    models::Task task;
    task.block = models::BlockId::Norm;
    task.op = models::Op::Norm;
    ledger_.record(task, 0, work);
    ledger_.record(task, 0, work);
    result_.cycles = kCycles;
    result_.blocks[static_cast<std::size_t>(models::BlockId::Norm)].busy = 18;
    EXPECT_EQ(ledger_.all().bank_conflict_cycles, 8U);
    const reports::BlockRow sram = row("activation_sram");
    const auto count = std::find_if(sram.counts.begin(), sram.counts.end(), [](const auto& c) {
        return c.first == "bank_conflict_cycles";
    });
    ASSERT_NE(count, sram.counts.end());
    EXPECT_EQ(count->second, 8U);
    EXPECT_EQ(conflict_note(facts()).find("activation_sram: tiles took 8 cycles longer "), 0U);
}

TEST_F(BlockRows, NothingIsSaidOfBanksWithoutConflicts) {
    record(10, 10);
    EXPECT_EQ(conflict_note(facts()), "");
}

TEST_F(BlockRows, EachDmaEngineHasItsOwnAreaAndLeakage) {
    record(0, 0);
    EXPECT_GT(row("dma_store").area_mm2.value, 0);
    EXPECT_GT(row("dma_store").energy_pj.value, 0);
    EXPECT_EQ(row("dma_store").area_mm2.value, row("dma_load").area_mm2.value);
    EXPECT_EQ(row("dma_store").energy_pj.value, row("dma_load").energy_pj.value);
}

}  // namespace
}  // namespace mambasic::sim
