// Our controller beside Ramulator 2.1's, with the same part, address map, queues, marks, scheduler
// and page policy: dram_peers.yaml has what that gives.
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <string>
#include <vector>

#include "models/common/yaml_map.h"
#include "models/dram/dram_controller.h"
#include "models/dram/dram_map.h"
#include "tests/fidelity/dram_pattern.h"

namespace mambasic {
namespace {

using models::DramConfig;
using models::DramController;
using models::DramCycle;
using models::DramJob;
using models::YamlMap;

DramConfig card(const std::string& file) {
    DramConfig c =
        DramConfig::parse(YamlMap::from_file(MAMBASIC_SOURCE "/hw_config/dram/" + file + ".yaml"));
    c.organization.channels = 1;
    c.controller.scheduler = models::DramScheduler::FirstReady;
    c.controller.page_policy = models::PagePolicy::Open;
    c.controller.refresh = models::DramRefresh::AllBank;
    c.controller.read_queue = c.controller.write_queue = 32;
    c.controller.drain_from = 26;  // above 0.8 of 32
    c.controller.drain_to = 6;     // below 0.2 of 32
    return c;
}

/// From closing all banks to their refresh Ramulator waits tRP, also where tRPab is longer.
DramConfig lpddr5_by_ramulator() {
    DramConfig c = card("lpddr5-6400-x64");
    c.timing.rp_all = c.timing.rp;
    return c;
}

/// Ramulator has no LPDDR4: the figures are those of its DDR4 rules with LPDDR4's cycles.
DramConfig lpddr4_by_rules_of_ddr4() {
    DramConfig c = card("lpddr4x-4266-x64");
    c.timing.rp_all = c.timing.rp;
    c.timing.ppd = 1;
    c.commands.activate_cycles = c.commands.column_cycles = c.commands.precharge_cycles = 1;
    return c;
}

DramConfig part(const std::string& name) {
    if (name == "ddr4-3200") return card("ddr4-3200");
    if (name == "lpddr4-4266") return lpddr4_by_rules_of_ddr4();
    if (name == "lpddr5-6400") return lpddr5_by_ramulator();
    return card("hbm2");
}

DramConfig with_map(DramConfig config, const std::string& map) {
    config.controller.mapping =
        map == "linear" ? "ro ba bg pc ra co ch" : "ro co ba bg pc ra co2 ch";
    config.controller.mapping_xor =
        map == "linear" ? models::DramMapXor::None : models::DramMapXor::Column;
    return config;
}

/// Offers bursts in their order: each cycle those that find room, and one that waits at the door.
class Door {
public:
    Door(const DramConfig& config, const std::string& pattern, std::uint64_t bursts)
        : config_(config),
          map_(config),
          controller_(config),
          bursts_(dram_pattern(pattern, bursts, config.organization.burst_bytes)),
          jobs_(bursts),
          one_by_one_(pattern == "chase") {}

    void run() {
        offer(0);
        while (controller_.has_work()) {
            const DramCycle now = controller_.next();
            controller_.step();
            offer(one_by_one_ ? jobs_[offered_ - 1].served : now + 1);
        }
    }
    DramCycle cycles() const {
        DramCycle last = 0;
        for (std::size_t i = 0; i < jobs_.size(); ++i) {
            // A write counts until its command, not until its data.
            const DramCycle data = bursts_[i].write ? config_.timing.cwl + config_.timing.burst : 0;
            last = std::max(last, jobs_[i].served - data);
        }
        return last;
    }
    const models::DramChannelCounts& counts() const { return controller_.counts(); }

private:
    bool waits() const {
        if (offered_ == 0) return false;
        const DramJob& last = jobs_[offered_ - 1];
        return one_by_one_ ? last.to_serve > 0 : last.to_enter > 0 && !found_room_;
    }
    void offer(DramCycle at) {
        while (offered_ < bursts_.size() && !waits()) {
            const PatternBurst& burst = bursts_[offered_];
            found_room_ = controller_.has_room(burst.write);
            jobs_[offered_].to_enter = jobs_[offered_].to_serve = 1;
            controller_.add(map_.place(burst.address), burst.write, at, jobs_[offered_]);
            ++offered_;
        }
    }

    const DramConfig config_;
    const models::DramMap map_;
    DramController controller_;
    const std::vector<PatternBurst> bursts_;
    std::vector<DramJob> jobs_;
    const bool one_by_one_;
    std::size_t offered_ = 0;
    bool found_room_ = true;
};

struct Case {
    const char* part;
    const char* map;
    const char* pattern;
};

std::ostream& operator<<(std::ostream& out, const Case& c) {
    return out << c.part << ' ' << c.map << ' ' << c.pattern;
}

struct Figures {
    std::uint32_t bursts = 0, cycles = 0, read_latency = 0;
    std::uint32_t hits = 0, misses = 0, conflicts = 0;
};

Figures theirs(const Case& c) {
    constexpr std::uint32_t kMany = 1U << 31U;
    YamlMap map = YamlMap::from_file(MAMBASIC_SOURCE "/tests/fidelity/dram_peers.yaml")
                      .take_map(c.part, "a part")
                      .take_map(c.map, "an address map")
                      .take_map(c.pattern, "a pattern");
    const auto take = [&](const char* key) { return map.take_u32(key, 0, kMany, "", "a figure"); };
    return {take("bursts"), take("cycles"), take("read_latency"),
            take("hits"),   take("misses"), take("conflicts")};
}

class DramPeers : public testing::TestWithParam<Case> {};

TEST_P(DramPeers, EveryFigureIsRamulators) {
    const Figures expected = theirs(GetParam());
    Door ours(with_map(part(GetParam().part), GetParam().map), GetParam().pattern, expected.bursts);
    ours.run();
    EXPECT_EQ(ours.cycles(), expected.cycles);
    EXPECT_EQ(ours.counts().read_latency, expected.read_latency);
    EXPECT_EQ(ours.counts().hits, expected.hits);
    EXPECT_EQ(ours.counts().misses, expected.misses);
    EXPECT_EQ(ours.counts().conflicts, expected.conflicts);
}

constexpr const char* kMaps[] = {"linear", "xor"};
constexpr const char* kPatterns[] = {"sequential", "written", "in_turn", "two_to_one", "chunks",
                                     "strided",    "blocks",  "random",  "chase"};

std::vector<Case> all_cases() {
    std::vector<Case> all;
    for (const char* part : {"ddr4-3200", "lpddr4-4266", "lpddr5-6400", "hbm2-2000"}) {
        for (const char* map : kMaps) {
            for (const char* pattern : kPatterns) all.push_back({part, map, pattern});
        }
    }
    return all;
}

INSTANTIATE_TEST_SUITE_P(All, DramPeers, testing::ValuesIn(all_cases()));

TEST(DramPeersAsShipped, Lpddr5WithItsOwnRefreshIsWithinOnePercent) {
    constexpr double kClose = 0.01;
    for (const char* map : kMaps) {
        for (const char* pattern : kPatterns) {
            const Figures expected = theirs({"lpddr5-6400", map, pattern});
            Door ours(with_map(card("lpddr5-6400-x64"), map), pattern, expected.bursts);
            ours.run();
            EXPECT_NEAR(static_cast<double>(ours.cycles()), expected.cycles,
                        kClose * expected.cycles);
            EXPECT_NEAR(static_cast<double>(ours.counts().read_latency), expected.read_latency,
                        kClose * expected.read_latency);
        }
    }
}

}  // namespace
}  // namespace mambasic
