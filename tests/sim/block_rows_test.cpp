#include "sim/block_rows.h"

#include <gtest/gtest.h>

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

TEST_F(BlockRows, FullPortsAreNoReasonForANote) {
    record(kCycles * kBytesPerCycle, 10 * kBytesPerCycle);
    EXPECT_TRUE(port_notes(facts()).empty());
    EXPECT_EQ(row("weight_sram").busy_cycles, kCycles);
    EXPECT_EQ(row("activation_sram").busy_cycles, 10U);
    EXPECT_EQ(row("activation_sram").idle_cycles, kCycles - 10);
}

TEST_F(BlockRows, MoreThanThePortsPassIsSaidWithItsFactor) {
    record(10, 2 * kCycles * kBytesPerCycle + kCycles * kBytesPerCycle / 2);
    const std::vector<std::string> notes = port_notes(facts());
    ASSERT_EQ(notes.size(), 1U);
    EXPECT_EQ(notes[0].find("activation_sram: "), 0U) << notes[0];
    EXPECT_NE(notes[0].find(" 2.50 times "), std::string::npos) << notes[0];
    const reports::BlockRow busy = row("activation_sram");
    EXPECT_EQ(busy.busy_cycles, kCycles);
    EXPECT_EQ(busy.idle_cycles, 0U);
}

TEST_F(BlockRows, OneByteTooManyIsSaidToo) {
    record(kCycles * kBytesPerCycle + 1, 0);
    ASSERT_EQ(port_notes(facts()).size(), 1U);
    EXPECT_EQ(port_notes(facts())[0].find("weight_sram: "), 0U);
}

TEST_F(BlockRows, EachDmaEngineHasItsOwnAreaAndLeakage) {
    record(0, 0);
    EXPECT_GT(row("dma_store").area_mm2.value, 0);
    EXPECT_GT(row("dma_store").energy_pj.value, 0);
    EXPECT_EQ(row("dma_store").area_mm2.value, row("dma_load").area_mm2.value);
    EXPECT_EQ(row("dma_store").energy_pj.value, row("dma_load").energy_pj.value);
}

TEST_F(BlockRows, TheReportCarriesTheNote) {
    record(3 * kCycles * kBytesPerCycle, 0);
    const reports::Report report = make_report(facts());
    bool found = false;
    for (const std::string& note : report.notes) found |= note.find("weight_sram: ") == 0;
    EXPECT_TRUE(found);
}

}  // namespace
}  // namespace mambasic::sim
