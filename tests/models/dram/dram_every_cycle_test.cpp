// The controller decides a command once and sleeps until it issues. Here the same rules are applied
// in every single cycle, to every burst that waits: the commands must be the same, and so their
// cycles, when each burst came in and was served, and every count.
#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "models/dram/dram_controller.h"
#include "models/dram/dram_map.h"
#include "tests/models/dram/dram_test_memory.h"
#include "tests/models/dram/every_cycle.h"

namespace mambasic::models {
namespace {

using test::DramOutcome;
using test::EveryCycle;
using test::OfferedBurst;

std::vector<OfferedBurst> traffic(const DramConfig& c, unsigned seed) {
    const DramMap map(c);
    std::mt19937_64 random(seed);
    std::vector<OfferedBurst> out;
    DramCycle at = 1;
    for (int block = 0; block < 200; ++block) {
        const bool write = random() % 3 == 0;
        const std::uint64_t length = random() % 2 == 0 ? 1 : random() % 64;
        const std::uint64_t start = random() % (1U << 14U) * c.organization.burst_bytes;
        for (std::uint64_t i = 0; i < length; ++i) {
            const DramPlace p = map.place(start + i * c.organization.burst_bytes);
            out.push_back({{p.unit, p.group, p.bank, p.row}, write, at});
        }
        at += static_cast<DramCycle>(random() % 20 == 0 ? 500 : random() % 64);
    }
    return out;
}

DramOutcome by_events(const DramConfig& c, const std::vector<OfferedBurst>& offered) {
    DramOutcome out;
    DramController controller(c);
    controller.listen([&](DramCommand command, const DramTarget& target, DramCycle at) {
        out.log.emplace_back(at, command, target.bank, target.row);
    });
    std::vector<DramJob> jobs(offered.size(), DramJob{1, 1, 0, 0});
    for (std::size_t i = 0; i < offered.size(); ++i) {
        const OfferedBurst& o = offered[i];
        while (controller.next() < o.at) controller.step();
        const DramPlace place{0, o.target.unit, o.target.group, o.target.bank, o.target.row, 0};
        controller.add(place, o.write, o.at, jobs[i]);
    }
    while (controller.has_work()) controller.step();
    for (const DramJob& job : jobs) out.bursts.push_back({job.entered, job.served});
    out.counts = controller.counts();
    return out;
}

auto plain(const DramChannelCounts& c) {
    return std::tie(c.reads, c.writes, c.hits, c.misses, c.conflicts, c.activates, c.refreshes,
                    c.bank_refreshes, c.read_latency, c.read_latencies, c.busy, c.refresh,
                    c.refreshed);
}

void expect_the_same(const DramConfig& c, unsigned seed, const std::string& what) {
    const std::vector<OfferedBurst> offered = traffic(c, seed);
    const DramOutcome expected = EveryCycle(c).run(offered);
    const DramOutcome got = by_events(c, offered);
    EXPECT_GT(expected.log.size(), offered.size());
    ASSERT_EQ(got.log, expected.log) << what << ", seed " << seed;
    EXPECT_TRUE(plain(got.counts) == plain(expected.counts)) << what << ", seed " << seed;
    for (std::size_t i = 0; i < offered.size(); ++i) {
        ASSERT_EQ(got.bursts[i].entered, expected.bursts[i].entered) << what << ", burst " << i;
        ASSERT_EQ(got.bursts[i].served, expected.bursts[i].served) << what << ", burst " << i;
    }
}

TEST(DramEveryCycle, TheSameCommandsInTheSameCycles) {
    for (unsigned seed = 0; seed < 24; ++seed) {
        DramConfig c = test::odd_memory();
        c.controller.refresh = DramRefresh::AllBank;
        c.timing.refi = 3000;
        c.controller.scheduler =
            seed % 2 == 0 ? DramScheduler::RowHitFirst : DramScheduler::FirstReady;
        if (seed % 3 == 1) c.organization.ranks = 2;
        if (seed % 3 == 2) c.organization.pseudo_channels = 2;
        c.commands.split = seed % 4 > 1;
        if (seed % 6 > 3) c.commands.activate_cycles = c.commands.column_cycles = 4;
        c.controller.mapping = seed % 5 > 2 ? "ro ba bg ra pc co ch" : "ro ba co bg ra pc ch";
        expect_the_same(c, seed, "odd memory");
    }
}

// A strobe to wake while an activate waits for its second command, and reads that could follow at
// once if that one did not.
TEST(DramEveryCycle, TheSameWithActivatesInTwoCommandsAndAStrobe) {
    for (unsigned seed = 0; seed < 12; ++seed) {
        DramConfig c = test::odd_memory();
        c.commands.activate_deadline = 2 + seed % 3;
        c.commands.strobe_hold = 1 + seed % 2;
        c.timing.rcd_read = c.timing.rcd_write = 1 + seed % 4;
        c.controller.page_policy = seed % 2 == 0 ? PagePolicy::Open : PagePolicy::Closed;
        c.controller.mapping = "ro ba co bg";
        expect_the_same(c, seed, "odd memory of two commands");
    }
}

class EveryCard : public testing::TestWithParam<const char*> {};

// Both page policies, both schedulers, every way to refresh, with the standard's own command pins.
TEST_P(EveryCard, TheSameUnderEveryPolicy) {
    const std::string file = std::string(MAMBASIC_SOURCE "/hw_config/dram/") + GetParam() + ".yaml";
    DramConfig c = DramConfig::parse(YamlMap::from_file(file));
    c.organization.channels = 1;
    unsigned seed = 100;
    for (const PagePolicy pages : {PagePolicy::Open, PagePolicy::Closed}) {
        for (const DramScheduler order : {DramScheduler::RowHitFirst, DramScheduler::FirstReady}) {
            for (const DramRefresh refresh :
                 {DramRefresh::AllBank, DramRefresh::PerBank, DramRefresh::None}) {
                c.controller.page_policy = pages;
                c.controller.scheduler = order;
                c.controller.refresh = refresh;
                c.controller.mapping_xor = seed % 2 == 0 ? DramMapXor::None : DramMapXor::Column;
                expect_the_same(c, ++seed, GetParam());
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(All, EveryCard,
                         testing::Values("ddr4-3200", "lpddr4x-4266-x64", "lpddr5-6400-x64",
                                         "hbm2"));

}  // namespace
}  // namespace mambasic::models
