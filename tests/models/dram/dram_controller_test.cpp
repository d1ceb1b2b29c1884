// What the controller issues and when, in small scenes whose cycles are counted by hand: a burst
// that comes at t has its first command at t + 1.
#include "models/dram/dram_controller.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/models/dram/dram_test_memory.h"

namespace mambasic::models {
namespace {

using test::odd_memory;

class Scene {
public:
    explicit Scene(const DramConfig& config = odd_memory()) : controller_(config) {
        controller_.listen([this](DramCommand command, const DramTarget& target, DramCycle at) {
            static constexpr const char* kNames[] = {"RD",   "WR",  "ACT", "PRE",
                                                     "PREA", "REF", "REFB"};
            log_ += (log_.empty() ? "" : ", ") + std::to_string(at) + " " +
                    kNames[static_cast<int>(command)] + std::to_string(target.bank);
        });
    }
    Scene& read(DramCycle at, std::uint32_t bank, std::uint32_t row) {
        return add(at, false, bank, row);
    }
    Scene& write(DramCycle at, std::uint32_t bank, std::uint32_t row) {
        return add(at, true, bank, row);
    }
    /// The commands until all is done, or up to a cycle.
    std::string log(DramCycle until = kNoCycle) {
        while ((controller_.has_work() || until != kNoCycle) && controller_.next() < until) {
            controller_.step();
        }
        return log_;
    }
    const DramChannelCounts& counts() const { return controller_.counts(); }
    const DramJob& job() const { return job_; }

private:
    Scene& add(DramCycle at, bool write, std::uint32_t bank, std::uint32_t row) {
        ++job_.to_enter;
        ++job_.to_serve;
        controller_.add({0, 0, bank / 2, bank, row, 0}, write, at, job_);
        return *this;
    }
    DramController controller_;
    DramJob job_;
    std::string log_;
};

/// One at 10 of bank 0, the other of bank 2.
std::string two_reads(const DramConfig& config, DramCycle second_at) {
    return Scene(config).read(10, 0, 5).read(second_at, 2, 5).log();
}

TEST(DramController, AnIdleBankIsOpenedAndRead) {
    Scene scene;
    EXPECT_EQ(scene.read(10, 0, 5).log(), "11 ACT0, 32 RD0");
    EXPECT_EQ(scene.job().served, 32 + 22 + 4);  // CL and the burst
    EXPECT_EQ(scene.counts().misses, 1U);
    EXPECT_EQ(scene.counts().read_latency, 58U - 10U);
    EXPECT_EQ(scene.counts().read_latencies[6], 1U);  // 48 ns: at least 32, less than 64
}

TEST(DramController, AnOpenRowIsReadAtOnceAndAnotherOneFirstClosed) {
    Scene scene;
    EXPECT_EQ(scene.read(10, 0, 5).read(200, 0, 5).read(300, 0, 6).log(),
              "11 ACT0, 32 RD0, 201 RD0, 301 PRE0, 324 ACT0, 345 RD0");
    EXPECT_EQ(scene.counts().hits, 1U);
    EXPECT_EQ(scene.counts().misses, 1U);
    EXPECT_EQ(scene.counts().conflicts, 1U);
    EXPECT_EQ(scene.counts().activates, 2U);
}

TEST(DramController, AWriteEndsWithItsData) {
    Scene scene;
    EXPECT_EQ(scene.write(10, 0, 5).log(), "11 ACT0, 30 WR0");
    EXPECT_EQ(scene.job().served, 30 + 16 + 4);
    EXPECT_EQ(scene.counts().writes, 1U);
}

TEST(DramController, AReadyBurstOvertakesOneThatWaits) {
    // Bank 0 must close and open for the second; bank 2's row is open.
    Scene scene;
    EXPECT_EQ(scene.read(10, 0, 5).read(11, 2, 5).read(200, 0, 6).read(201, 2, 5).log(),
              "11 ACT0, 16 ACT2, 32 RD0, 38 RD2, 201 PRE0, 202 RD2, 224 ACT0, 245 RD0");
}

TEST(DramController, ARowThatAnOlderBurstWaitsForStaysOpen) {
    // Two hits on bank 0 and a conflict behind them. Reads are 8 apart, a precharge follows one by
    // 4: where nothing keeps the row, it goes between them and the second hit opens the row anew.
    const auto commands = [](DramScheduler scheduler) {
        DramConfig config = odd_memory();
        config.controller.scheduler = scheduler;
        config.timing.rtp = 4;
        Scene scene(config);
        scene.read(10, 0, 5);
        for (int i = 0; i < 2; ++i) scene.read(200, 0, 5);
        return scene.read(200, 0, 6).log();
    };
    EXPECT_EQ(commands(DramScheduler::RowHitFirst),
              "11 ACT0, 32 RD0, 201 RD0, 209 RD0, 213 PRE0, 236 ACT0, 257 RD0");
    EXPECT_EQ(commands(DramScheduler::FirstReady),
              "11 ACT0, 32 RD0, 201 RD0, 205 PRE0, 228 ACT0, 249 RD0, 280 PRE0, 305 ACT0, 326 RD0");
}

TEST(DramController, WritesWaitForTheirMarkAndThenDrain) {
    DramConfig config = odd_memory();  // from 6 on, down to 2
    config.controller.read_queue = 64;
    Scene scene(config);
    for (int i = 0; i < 2; ++i) scene.read(10, 0, 5);
    for (int i = 0; i < 30; ++i) scene.read(100, 0, 5);
    for (int i = 0; i < 5; ++i) scene.write(101, 2, 5);
    scene.write(150, 2, 5);
    const std::string log = scene.log();
    // Reads go on, one every 8 cycles, until the sixth write is there; none opens bank 2 before.
    EXPECT_NE(log.find("149 RD0, 151 ACT2, "), std::string::npos) << log;
    // Four of six go, the one that opened the row among them; then reads again.
    const std::string drained = "170 WR2, 178 WR2, 186 WR2, 194 WR2, 217 RD0";
    EXPECT_NE(log.find(drained), std::string::npos) << log;
}

TEST(DramController, AQueueHoldsWhatItHas) {
    Scene scene;
    for (std::uint32_t i = 0; i < 9; ++i) scene.read(10, i % 2 == 0 ? 0 : 2, 5);
    scene.log(11);
    EXPECT_EQ(scene.job().to_enter, 1U);  // eight places
    scene.log(12);
    EXPECT_EQ(scene.job().to_enter, 0U);  // the first burst's activate left one
    EXPECT_EQ(scene.job().entered, 11);
}

TEST(DramController, RefreshClosesAllBanksAndWaitsForBurstsThatWereOpenedFor) {
    DramConfig config = odd_memory();
    config.controller.refresh = DramRefresh::AllBank;
    config.timing.refi = 1000;
    Scene scene(config);
    // Opened for at 991, read at 1012; the second burst waits behind the refresh.
    EXPECT_EQ(scene.read(990, 0, 5).read(1005, 2, 5).log(),
              "991 ACT0, 1012 RD0, 1043 PREA0, 1068 REF0, 1568 ACT2, 1589 RD2");
    EXPECT_EQ(scene.counts().refreshes, 1U);
    EXPECT_EQ(scene.counts().refresh.at(0), 500U);
    scene.log(3900);  // idle: refresh goes on
    EXPECT_EQ(scene.counts().refreshes, 3U);
}

TEST(DramController, RefreshOfABankLeavesTheOthersAlone) {
    DramConfig config = odd_memory();
    config.controller.refresh = DramRefresh::PerBank;
    Scene scene(config);
    EXPECT_EQ(scene.read(900, 0, 5).read(1001, 0, 5).read(1001, 2, 5).log(),
              "901 ACT0, 922 RD0, 1000 PRE0, 1023 REFB0, 1038 ACT2, 1059 RD2, 1223 ACT0, 1244 RD0");
    EXPECT_EQ(scene.counts().bank_refreshes, 1U);
}

TEST(DramController, AClosedPageClosesBehindTheLastBurstOfItsRow) {
    DramConfig config = odd_memory();
    config.controller.page_policy = PagePolicy::Closed;
    Scene scene(config);
    // The second burst comes in time to keep the row; the third finds it closed.
    EXPECT_EQ(scene.read(10, 0, 5).read(20, 0, 5).read(200, 0, 6).log(),
              "11 ACT0, 32 RD0, 40 RD0, 201 ACT0, 222 RD0");
    EXPECT_EQ(scene.counts().conflicts, 0U);
}

TEST(DramController, RowsAndColumnsMayHavePinsOfTheirOwn) {
    DramConfig config = odd_memory();
    config.timing.rcd_read = 10;
    EXPECT_EQ(two_reads(config, 20), "11 ACT0, 21 RD0, 22 ACT2, 32 RD2");
    config.commands.split = true;
    EXPECT_EQ(two_reads(config, 20), "11 ACT0, 21 RD0, 21 ACT2, 31 RD2");
}

TEST(DramController, ALongCommandHoldsThePins) {
    DramConfig config = odd_memory();
    config.commands.activate_cycles = 4;
    config.timing.rrd_s = 1;
    EXPECT_EQ(two_reads(config, 10), "11 ACT0, 15 ACT2, 35 RD0, 41 RD2");
}

TEST(DramController, AnActivateInTwoCommandsTakesAFreeSlotOrItsDeadline) {
    DramConfig config = odd_memory();
    config.commands.activate_deadline = 8;
    config.timing.rrd_s = 1;
    // 11 and 12: both halves for bank 0, then 13 and 14 for bank 2.
    EXPECT_EQ(two_reads(config, 10), "11 ACT0, 13 ACT2, 32 RD0, 38 RD2");
}

TEST(DramController, ASleepingStrobeTakesACommandToWake) {
    DramConfig config = odd_memory();
    config.commands.strobe_hold = 1;
    Scene scene(config);
    // Asleep; awake until 33 + 22 + 4 + 1 = 60; asleep again.
    EXPECT_EQ(scene.read(10, 0, 5).read(58, 0, 5).read(300, 0, 5).log(),
              "11 ACT0, 33 RD0, 59 RD0, 302 RD0");
}

}  // namespace
}  // namespace mambasic::models
