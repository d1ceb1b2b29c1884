// What a report is doubted for, and what is named as the cause.
#include "sim/plausibility.h"

#include <gtest/gtest.h>

namespace mambasic::sim {
namespace {

/// A run of 1,000 cycles and 32,000 multiplications on the tiny chip's 8 x 8 array: half busy.
class Plausibility : public testing::Test {
protected:
    Plausibility() {
        chip_.technology.plausible.mac_pj = {1, 0.5, 2};
        chip_.technology.plausible.dram_byte_pj = {20, 10, 30};
        chip_.technology.plausible.utilization = {0.5, 0.25, 0.75};
        result_.cycles = 1000;
        count(models::Event::Int8Mac, 32000);
        report_.totals.cycles = 1000;
        report_.totals.dram_read_bytes = 600;
        report_.totals.dram_written_bytes = 400;
        add("gemm", 24000, 900);
        add("ssm", 8000, 100);
        add("dram", 20000, 300);
    }
    void count(models::Event event, std::uint64_t times) {
        models::Task task;
        task.block = models::BlockId::Gemm;
        task.op = models::Op::InProj;
        models::Work work;
        work.counts[event] = times;
        ledger_.record(task, 0, work);
    }
    void add(const char* name, double pj, std::uint64_t busy) {
        reports::BlockRow row;
        row.name = name;
        row.energy_pj = {pj, pj, pj};
        row.busy_cycles = busy;
        report_.blocks.push_back(row);
    }
    std::vector<std::string> said() const {
        return doubts({chip_, work_, result_, ledger_, spans_, false}, report_);
    }
    void expect_one(const std::string& begin, const std::string& end) const {
        const std::vector<std::string> notes = said();
        ASSERT_EQ(notes.size(), 1U);
        EXPECT_EQ(notes[0], "doubtful: " + begin + " that tsmc7-class calls plausible; " + end);
    }

    ChipConfig chip_ = ChipConfig::load(MAMBASIC_HW_CONFIG "/chips/tiny.yaml", {});
    Workload work_;
    ChipResult result_;
    models::Ledger ledger_{1};
    const Spans spans_{1, 1};
    reports::Report report_;
};

TEST_F(Plausibility, NothingIsSaidOfAUsualRun) { EXPECT_TRUE(said().empty()); }

TEST_F(Plausibility, EnergyOfAMultiplicationNamesThePartThatSpendsMost) {
    report_.blocks[1].energy_pj.value = 72000;
    expect_one("the chip's energy for each multiplication, in pJ, is 3, above the 0.5 to 2",
               "75 % of it is ssm's");
    report_.blocks[0].energy_pj.value = report_.blocks[1].energy_pj.value = 4000;
    expect_one("the chip's energy for each multiplication, in pJ, is 0.25, below the 0.5 to 2",
               "50 % of it is gemm's");
}

TEST_F(Plausibility, EnergyOfTheDramTellsRowsFromBursts) {
    report_.blocks[2].energy_pj.value = 5000;
    chip_.dram.energy.activate_pj = {500, 500, 500};
    result_.dram.activates = 3;
    expect_one("the DRAM's energy for each byte, in pJ, is 5, below the 10 to 30",
               "30 % of it opens and refreshes rows, the rest is dram.energy of " +
                   chip_.dram.name + " for whole bursts");
}

TEST_F(Plausibility, AnIdleArrayNamesTheBusiestBlock) {
    report_.totals.cycles = 4000;
    report_.blocks[1].busy_cycles = 3000;
    expect_one("the MAC array's utilization is 0.125, below the 0.25 to 0.75",
               "ssm is the busiest block, 75 % of the time");
}

TEST_F(Plausibility, TheEndsOfARangeBelongToIt) {
    chip_.technology.plausible.mac_pj = {1, 1, 1};
    chip_.technology.plausible.dram_byte_pj = {20, 20, 20};
    chip_.technology.plausible.utilization = {0.5, 0.5, 0.5};
    EXPECT_TRUE(said().empty());
}

TEST_F(Plausibility, MultiplicationsOfEitherWidthCount) {
    count(models::Event::Int4Mac, 32000);
    expect_one("the MAC array's utilization is 1, above the 0.25 to 0.75",
               "gemm is the busiest block, 90 % of the time");
    work_.int4_weights = true;
    chip_.gemm.int4_macs_per_mac = 2;
    EXPECT_TRUE(said().empty()) << "half of what an array of packed multipliers can";
}

TEST_F(Plausibility, DecodeIsJudgedByItsMemory) {
    work_.phase = traces::Phase::Decode;
    report_.dram.bandwidth_utilization = 0.5;
    report_.totals.cycles = 100000;
    EXPECT_TRUE(said().empty()) << "the array is idle, as it must be";
    report_.dram.bandwidth_utilization = 0.8;
    expect_one("the DRAM's utilization in decode is 0.8, above the 0.25 to 0.75",
               "gemm is the busiest block, 0.9 % of the time");
}

TEST_F(Plausibility, WhatDidNotHappenIsNotJudged) {
    report_.totals.dram_read_bytes = report_.totals.dram_written_bytes = 0;
    EXPECT_TRUE(said().empty()) << "nothing crossed the pins";
    report_.totals.cycles = 0;
    EXPECT_TRUE(said().empty());
    report_.totals.cycles = 1000;
    ledger_ = models::Ledger(1);
    EXPECT_TRUE(said().empty()) << "no multiplication";
}

}  // namespace
}  // namespace mambasic::sim
