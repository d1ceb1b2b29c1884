// The controller decides a command once and sleeps until it issues. Here the same rules are applied
// in every single cycle, to every burst that waits: the commands must be the same, and so their
// cycles.
#include <gtest/gtest.h>

#include <deque>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "models/dram/dram_controller.h"
#include "models/dram/dram_map.h"
#include "tests/models/dram/dram_test_memory.h"

namespace mambasic::models {
namespace {

using C = DramCommand;
using Log = std::vector<std::tuple<DramCycle, C, std::uint32_t, std::uint32_t>>;

struct Offered {
    DramTarget target;
    bool write;
    DramCycle at;
};

/// Open pages, all-bank refresh, activates of one command, no strobe.
class EveryCycle {
public:
    explicit EveryCycle(const DramConfig& config) : c_(config), banks_(config) {}

    Log run(const std::vector<Offered>& offered) {
        for (const Offered& o : offered) behind_[o.write ? 1 : 0].push_back(o);
        std::size_t left = offered.size();
        for (now_ = 0; left > 0; ++now_) {
            if (now_ > 0 && now_ % c_.timing.refi == 0) {
                for (std::uint32_t u = 0; u < c_.organization.units(); ++u) refreshes_.push_back(u);
            }
            left -= c_.commands.split ? slot(1, free_[0]) + slot(2, free_[1]) : slot(3, free_[0]);
            for (const int kind : {0, 1}) enter(kind);
        }
        return log_;
    }

private:
    static bool column(C command) { return command == C::Read || command == C::Write; }

    void enter(int kind) {
        const std::size_t room = kind == 1 ? c_.controller.write_queue : c_.controller.read_queue;
        while (!behind_[kind].empty() && behind_[kind].front().at <= now_ &&
               queue_[kind].size() < room) {
            queue_[kind].push_back(behind_[kind].front());
            queue_[kind].back().at = now_;
            behind_[kind].pop_front();
        }
    }
    bool ready(C command, const DramTarget& target) const {
        return banks_.ready(command, target) <= now_;
    }
    void issue(C command, const DramTarget& target, DramCycle& free) {
        banks_.issue(command, target, now_);
        log_.emplace_back(now_, command, target.bank, target.row);
        free = now_ + (column(command)          ? c_.commands.column_cycles
                       : command == C::Activate ? c_.commands.activate_cycles
                                                : c_.commands.precharge_cycles);
    }
    bool held(std::uint32_t bank) const {
        return std::any_of(opened_.begin(), opened_.end(),
                           [bank](const Offered& o) { return o.target.bank == bank; });
    }
    bool held_unit(std::uint32_t unit) const {
        return std::any_of(opened_.begin(), opened_.end(),
                           [unit](const Offered& o) { return o.target.unit == unit; });
    }
    C next(const Offered& o) const {
        if (banks_.has_open(o.target.bank, o.target.row)) return o.write ? C::Write : C::Read;
        return banks_.is_open(o.target.bank) ? C::Precharge : C::Activate;
    }

    /// One command at most; `kinds` 1: columns, 2: rows. Gives the bursts that were served.
    std::size_t slot(int kinds, DramCycle& free) {
        if (free > now_) return 0;
        if ((kinds & 1) != 0 && serve_opened(free)) return 1;
        if (!refreshes_.empty()) {
            if ((kinds & 2) != 0) refresh(free);
            return 0;
        }
        return serve_waiting(kinds, free);
    }
    bool serve_opened(DramCycle& free) {
        std::size_t best = opened_.size();
        for (std::size_t i = 0; i < opened_.size(); ++i) {
            if (!ready(next(opened_[i]), opened_[i].target)) continue;
            if (best == opened_.size() || opened_[i].at < opened_[best].at) best = i;
        }
        if (best == opened_.size()) return false;
        issue(next(opened_[best]), opened_[best].target, free);
        opened_.erase(opened_.begin() + static_cast<std::ptrdiff_t>(best));
        return true;
    }
    void refresh(DramCycle& free) {
        const DramTarget unit{refreshes_.front(), 0, 0, 0};
        if (held_unit(unit.unit)) return;
        const C command = banks_.any_open(unit.unit) ? C::PrechargeAll : C::RefreshAll;
        if (!ready(command, unit)) return;
        issue(command, unit, free);
        if (command == C::RefreshAll) refreshes_.pop_front();
    }
    std::size_t serve_waiting(int kinds, DramCycle& free) {
        if (!writing_) {
            writing_ = queue_[1].size() >= c_.controller.drain_from || queue_[0].empty();
        } else if (queue_[1].size() <= c_.controller.drain_to && !queue_[0].empty()) {
            writing_ = false;
        }
        std::deque<Offered>& queue = queue_[writing_ ? 1 : 0];
        for (std::size_t i = 0; i < queue.size(); ++i) {
            const Offered o = queue[i];
            const C command = next(o);
            if ((kinds & (column(command) ? 1 : 2)) == 0 || !ready(command, o.target)) continue;
            if (command == C::Precharge && (held(o.target.bank) || keeps(queue, i))) continue;
            issue(command, o.target, free);
            if (command == C::Precharge) return 0;
            queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(i));
            if (command == C::Activate) opened_.push_back(o);
            return column(command) ? 1 : 0;
        }
        return 0;
    }
    bool keeps(const std::deque<Offered>& queue, std::size_t behind) const {
        if (c_.controller.scheduler != DramScheduler::RowHitFirst) return false;
        for (std::size_t i = 0; i < behind; ++i) {
            const bool same = queue[i].target.bank == queue[behind].target.bank;
            if (same && column(next(queue[i]))) return true;
        }
        return false;
    }

    const DramConfig c_;
    DramBanks banks_;
    DramCycle now_ = 0;
    DramCycle free_[2] = {0, 0};
    std::deque<Offered> behind_[2], queue_[2];
    std::vector<Offered> opened_;
    std::deque<std::uint32_t> refreshes_;
    bool writing_ = false;
    Log log_;
};

std::vector<Offered> traffic(const DramConfig& c, unsigned seed) {
    const DramMap map(c);
    std::mt19937_64 random(seed);
    std::vector<Offered> out;
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

Log by_events(const DramConfig& c, const std::vector<Offered>& offered) {
    Log log;
    DramController controller(c);
    controller.listen([&](C command, const DramTarget& target, DramCycle at) {
        log.emplace_back(at, command, target.bank, target.row);
    });
    DramJob job;
    for (const Offered& o : offered) {
        while (controller.next() < o.at) controller.step();
        ++job.to_enter;
        ++job.to_serve;
        const DramPlace place{0, o.target.unit, o.target.group, o.target.bank, o.target.row, 0};
        controller.add(place, o.write, o.at, job);
    }
    while (controller.has_work()) controller.step();
    return log;
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
        const std::vector<Offered> offered = traffic(c, seed);
        const Log expected = EveryCycle(c).run(offered);
        EXPECT_GT(expected.size(), offered.size());
        ASSERT_EQ(by_events(c, offered), expected) << "seed " << seed;
    }
}

}  // namespace
}  // namespace mambasic::models
