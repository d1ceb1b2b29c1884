// Every rule of a standard, for every pair of commands that a controller issues under random
// traffic to the shipped memories. The rules are written down here a second time, as a list of
// pairs and scopes, and checked by looking at all pairs.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <random>
#include <string>
#include <vector>

#include "models/dram/dram_controller.h"
#include "models/dram/dram_map.h"

namespace mambasic::models {
namespace {

using C = DramCommand;

struct Issued {
    C command;
    DramTarget target;
    DramCycle at;
};

enum class Scope { Bank, Group, Unit, OtherUnit };

struct Rule {
    std::vector<C> first, second;
    Scope scope;
    DramCycle cycles;
};

std::vector<Rule> rules(const DramConfig& c) {
    const DramCycles& t = c.timing;
    // Cycles of a command behind its first.
    const DramCycle a = c.commands.activate_cycles - 1;
    const DramCycle r = c.commands.column_cycles - 1;
    const DramCycle p = c.commands.precharge_cycles - 1;
    const auto n = [](std::uint32_t cycles) { return DramCycle{cycles}; };
    std::vector<Rule> all = {
        {{C::Activate}, {C::Read}, Scope::Bank, a + n(t.rcd_read) - r},
        {{C::Activate}, {C::Write}, Scope::Bank, a + n(t.rcd_write) - r},
        {{C::Activate}, {C::Activate}, Scope::Bank, n(t.rc)},
        {{C::Activate}, {C::Activate}, Scope::Group, n(t.rrd_l)},
        {{C::Activate}, {C::Activate}, Scope::Unit, n(t.rrd_s)},
        {{C::Activate}, {C::Precharge}, Scope::Bank, a + n(t.ras) - p},
        {{C::Activate}, {C::PrechargeAll}, Scope::Unit, a + n(t.ras) - p},
        {{C::Activate}, {C::RefreshAll}, Scope::Unit, a + n(t.rc) - p},
        {{C::Precharge}, {C::Activate}, Scope::Bank, p + n(t.rp) - a},
        {{C::PrechargeAll}, {C::Activate}, Scope::Unit, p + n(t.rp_all) - a},
        {{C::Precharge, C::PrechargeAll}, {C::Precharge, C::PrechargeAll}, Scope::Unit, n(t.ppd)},
        {{C::Precharge, C::PrechargeAll}, {C::RefreshAll}, Scope::Unit, n(t.rp)},
        {{C::Precharge}, {C::RefreshBank}, Scope::Bank, n(t.rp)},
        {{C::Read}, {C::Read}, Scope::Group, n(t.ccd_l)},
        {{C::Read}, {C::Read}, Scope::Unit, n(t.ccd_s)},
        {{C::Write}, {C::Write}, Scope::Group, n(t.ccd_l)},
        {{C::Write}, {C::Write}, Scope::Unit, n(t.ccd_s)},
        {{C::Read}, {C::Write}, Scope::Unit, n(t.cl) + t.burst + t.read_to_write - t.cwl},
        {{C::Write}, {C::Read}, Scope::Unit, n(t.cwl) + t.burst + t.wtr_s},
        {{C::Write}, {C::Read}, Scope::Group, n(t.cwl) + t.burst_in_group + t.wtr_l},
        {{C::Read}, {C::Precharge}, Scope::Bank, r + n(t.rtp) - p},
        {{C::Read}, {C::PrechargeAll}, Scope::Unit, r + n(t.rtp) - p},
        {{C::Write}, {C::Precharge}, Scope::Bank, r + n(t.cwl) + t.burst + t.wr - p},
        {{C::Write}, {C::PrechargeAll}, Scope::Unit, r + n(t.cwl) + t.burst + t.wr - p},
        {{C::RefreshAll}, {C::Activate}, Scope::Unit, p + n(t.rfc) - a},
        {{C::RefreshAll}, {C::RefreshAll}, Scope::Unit, n(t.rfc)},
        {{C::RefreshBank}, {C::Activate}, Scope::Bank, p + n(t.rfc_bank) - a},
        {{C::RefreshBank}, {C::Activate}, Scope::Unit, p + n(t.refresh_bank_to_activate) - a},
        {{C::RefreshBank}, {C::RefreshBank}, Scope::Unit, n(t.refresh_bank_to_refresh)},
    };
    if (c.organization.ranks > 1) {
        all.push_back({{C::Read}, {C::Read}, Scope::OtherUnit, n(t.burst) + t.rank_switch});
        all.push_back({{C::Write}, {C::Write}, Scope::OtherUnit, n(t.burst) + t.rank_switch});
        all.push_back(
            {{C::Read}, {C::Write}, Scope::OtherUnit, n(t.cl) + t.burst + t.rank_switch - t.cwl});
        all.push_back(
            {{C::Write}, {C::Read}, Scope::OtherUnit, n(t.cwl) + t.burst + t.rank_switch - t.cl});
    }
    return all;
}

/// By first and second command: most pairs of a long log have few rules or none.
class RulesOfPairs {
public:
    explicit RulesOfPairs(const std::vector<Rule>& rules) {
        for (const Rule& rule : rules) {
            longest_ = std::max(longest_, rule.cycles);
            for (const C first : rule.first) {
                for (const C second : rule.second) of(first, second).push_back(rule);
            }
        }
    }
    std::vector<Rule>& of(C first, C second) {
        return rules_[static_cast<std::size_t>(first)][static_cast<std::size_t>(second)];
    }
    DramCycle longest() const { return longest_; }

private:
    static constexpr std::size_t kCommands = 7;
    std::array<std::array<std::vector<Rule>, kCommands>, kCommands> rules_;
    DramCycle longest_ = 0;
};

bool in_scope(Scope scope, const DramTarget& a, const DramTarget& b) {
    switch (scope) {
        case Scope::Bank:
            return a.bank == b.bank;
        case Scope::Group:
            return a.group == b.group;
        case Scope::Unit:
            return a.unit == b.unit;
        case Scope::OtherUnit:
            return a.unit != b.unit;
    }
    return false;
}

void expect_pairs(const std::vector<Issued>& log, RulesOfPairs rules) {
    for (std::size_t j = 0; j < log.size(); ++j) {
        for (std::size_t i = j; i-- > 0 && log[j].at - log[i].at < rules.longest();) {
            for (const Rule& rule : rules.of(log[i].command, log[j].command)) {
                if (!in_scope(rule.scope, log[i].target, log[j].target)) continue;
                ASSERT_GE(log[j].at - log[i].at, rule.cycles)
                    << "command " << static_cast<int>(log[j].command) << " at " << log[j].at
                    << " behind " << static_cast<int>(log[i].command);
            }
        }
    }
}

void expect_window(const std::vector<Issued>& log, const DramConfig& c) {
    std::vector<std::vector<DramCycle>> activates(c.organization.units());
    for (const Issued& issued : log) {
        if (issued.command != C::Activate) continue;
        std::vector<DramCycle>& of_unit = activates[issued.target.unit];
        of_unit.push_back(issued.at);
        if (of_unit.size() > 4) {
            ASSERT_GE(issued.at - of_unit[of_unit.size() - 5], DramCycle{c.timing.faw});
        }
    }
}

// Rows are opened before they are read, closed before they are opened and before a refresh.
void expect_states(const std::vector<Issued>& log, const DramConfig& c) {
    constexpr std::int64_t kClosed = -1;
    std::vector<std::int64_t> open(c.organization.all_banks(), kClosed);
    const std::uint32_t per_unit = c.organization.bank_groups * c.organization.banks;
    for (const Issued& issued : log) {
        const auto first = open.begin() + issued.target.unit * per_unit;
        std::int64_t& row = open[issued.target.bank];
        switch (issued.command) {
            case C::Activate:
                ASSERT_EQ(row, kClosed);
                row = issued.target.row;
                break;
            case C::Read:
            case C::Write:
                ASSERT_EQ(row, std::int64_t{issued.target.row});
                break;
            case C::Precharge:
                row = kClosed;
                break;
            case C::PrechargeAll:
                std::fill(first, first + per_unit, kClosed);
                break;
            case C::RefreshAll:
                ASSERT_EQ(std::count(first, first + per_unit, kClosed), per_unit);
                break;
            case C::RefreshBank:
                ASSERT_EQ(row, kClosed);
                break;
        }
    }
}

/// Streams, random bursts and blocks of both kinds, with pauses.
std::vector<Issued> traffic(const DramConfig& c, unsigned seed) {
    std::vector<Issued> log;
    DramController controller(c);
    controller.listen([&](C command, const DramTarget& target, DramCycle at) {
        log.push_back({command, target, at});
    });
    const DramMap map(c);
    std::mt19937_64 random(seed);
    DramJob job;
    DramCycle at = 1;
    std::uint64_t bursts = 0;
    for (int block = 0; block < 150; ++block) {
        const bool write = random() % 3 == 0;
        const std::uint64_t length = random() % 2 == 0 ? 1 : random() % 64;
        const std::uint64_t start = random() % (1U << 24U) * c.organization.burst_bytes;
        for (std::uint64_t i = 0; i < length; ++i, ++bursts) {
            ++job.to_enter;
            ++job.to_serve;
            controller.add(map.place(start + i * c.organization.burst_bytes), write, at, job);
        }
        at += static_cast<DramCycle>(random() % 20 == 0 ? 3 * c.timing.rc : random() % 64);
        while (controller.next() < at) controller.step();
    }
    while (controller.has_work()) controller.step();
    const DramChannelCounts& counts = controller.counts();
    EXPECT_EQ(counts.reads + counts.writes, bursts);
    EXPECT_EQ(counts.hits + counts.misses + counts.conflicts, bursts);
    EXPECT_EQ(job.to_enter + job.to_serve, 0U);
    return log;
}

DramConfig one_channel(const std::string& name) {
    DramConfig c = DramConfig::parse(
        YamlMap::from_file(std::string(MAMBASIC_SOURCE) + "/hw_config/dram/" + name + ".yaml"));
    c.organization.channels = 1;
    return c;
}

class DramRules : public testing::TestWithParam<const char*> {};

TEST_P(DramRules, HoldForEveryPairOfCommands) {
    for (const std::uint32_t ranks : {1U, 2U}) {
        DramConfig c = one_channel(GetParam());
        if (ranks > 1 && c.organization.pseudo_channels > 1) continue;
        c.organization.ranks = ranks;
        for (const DramRefresh refresh : {DramRefresh::AllBank, DramRefresh::PerBank}) {
            for (const DramScheduler scheduler :
                 {DramScheduler::FirstReady, DramScheduler::RowHitFirst}) {
                c.controller.refresh = refresh;
                c.controller.scheduler = scheduler;
                const std::vector<Issued> log = traffic(c, 17 + ranks);
                EXPECT_GT(log.size(), 1500U);
                expect_pairs(log, RulesOfPairs(rules(c)));
                expect_window(log, c);
                expect_states(log, c);
            }
        }
    }
}

INSTANTIATE_TEST_SUITE_P(Shipped, DramRules,
                         testing::Values("ddr4-3200", "lpddr4x-4266-x64", "lpddr5-6400-x64",
                                         "hbm2"));

}  // namespace
}  // namespace mambasic::models
