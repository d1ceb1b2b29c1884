#include "tests/models/dram/every_cycle.h"

#include <algorithm>

namespace mambasic::models::test {

namespace {

using C = DramCommand;

bool is_column(C command) { return command == C::Read || command == C::Write; }

}  // namespace

EveryCycle::EveryCycle(const DramConfig& config) : c_(config), banks_(config) {
    if (c_.commands.split) {
        pins_ = {{true, false, 0}, {false, true, 0}};
    } else {
        pins_ = {{true, true, 0}};
    }
    out_.counts.busy.resize(c_.organization.units());
    out_.counts.refresh.resize(c_.organization.units());
    out_.counts.refreshed.resize(c_.organization.units());
}

DramOutcome EveryCycle::run(const std::vector<OfferedBurst>& offered) {
    left_ = offered.size();
    out_.bursts.resize(left_);
    for (std::size_t i = 0; i < left_; ++i) {
        behind_[offered[i].write ? 1 : 0].push_back({offered[i], i, false});
    }
    for (now_ = 0; left_ > 0; ++now_) {
        schedule_refresh();
        for (Pins& pins : pins_) use(pins);
        for (const int kind : {0, 1}) enter(kind);
    }
    return out_;
}

void EveryCycle::schedule_refresh() {
    const DramOrganization& o = c_.organization;
    const auto due = [&](std::uint32_t every) { return now_ > 0 && now_ % every == 0; };
    if (c_.controller.refresh == DramRefresh::AllBank && due(c_.timing.refi)) {
        for (std::uint32_t unit = 0; unit < o.units(); ++unit)
            refreshes_.push_back({unit, 0, 0, 0});
    }
    if (c_.controller.refresh == DramRefresh::PerBank && due(c_.timing.refi_bank)) {
        const std::uint32_t bank = refreshed_++ % o.all_banks();
        refreshes_.push_back({bank / (o.banks * o.bank_groups), bank / o.banks, bank, 0});
    }
}

void EveryCycle::enter(int kind) {
    const std::size_t room = kind == 1 ? c_.controller.write_queue : c_.controller.read_queue;
    std::deque<Burst>& behind = behind_[kind];
    while (!behind.empty() && behind.front().at <= now_ && queue_[kind].size() < room) {
        queue_[kind].push_back(behind.front());
        queue_[kind].back().at = now_;
        out_.bursts[behind.front().number].entered = now_;
        behind.pop_front();
    }
}

void EveryCycle::use(Pins& pins) {
    if (pins.free > now_) return;
    if (woken_ && pins.columns) {
        access(pins, *woken_);
        return;
    }
    if (!activating_ || activating_->deadline > now_) {
        if (pins.columns && serve_opened(pins)) return;
        if (refreshes_.empty() ? serve_waiting(pins) : pins.rows && refresh(pins)) return;
    }
    if (activating_) end_activate(pins);
}

bool EveryCycle::serve_opened(Pins& pins) {
    std::size_t best = opened_.size();
    for (std::size_t i = 0; i < opened_.size(); ++i) {
        if (!ready(next(opened_[i]), opened_[i].target)) continue;
        if (best == opened_.size() || opened_[i].at < opened_[best].at) best = i;
    }
    if (best == opened_.size()) return false;
    access(pins, {true, best});
    return true;
}

bool EveryCycle::refresh(Pins& pins) {
    const DramTarget target = refreshes_.front();
    const bool all = c_.controller.refresh == DramRefresh::AllBank;
    if (all ? held_unit(target.unit) : held(target.bank)) return false;
    C command = all ? C::RefreshAll : C::RefreshBank;
    if (all && banks_.any_open(target.unit)) command = C::PrechargeAll;
    if (!all && banks_.is_open(target.bank)) command = C::Precharge;
    if (!ready(command, target)) return false;
    banks_.issue(command, target, now_);
    tell(command, target);
    pins.free = now_ + c_.commands.precharge_cycles;
    if (command == C::RefreshAll) {
        ++out_.counts.refreshes;
        out_.counts.refresh[target.unit] += c_.timing.rfc;
        out_.counts.refreshed[target.unit] = static_cast<std::uint64_t>(now_) + c_.timing.rfc;
    }
    if (command == C::RefreshBank) ++out_.counts.bank_refreshes;
    if (command == C::RefreshAll || command == C::RefreshBank) refreshes_.pop_front();
    return true;
}

bool EveryCycle::serve_waiting(Pins& pins) {
    if (!writing_) {
        writing_ = queue_[1].size() >= c_.controller.drain_from || queue_[0].empty();
    } else if (queue_[1].size() <= c_.controller.drain_to && !queue_[0].empty()) {
        writing_ = false;
    }
    for (std::size_t i = 0; i < waiting().size(); ++i) {
        Burst& burst = waiting()[i];
        if (activating_ && activating_->burst.target.bank == burst.target.bank) continue;
        const C command = next(burst);
        if (!(is_column(command) ? pins.columns : pins.rows)) continue;
        if (!ready(command, burst.target)) continue;
        if (command == C::Activate && activating_) continue;
        if (command == C::Precharge && (held(burst.target.bank) || keeps(i))) continue;
        if (is_column(command)) {
            access(pins, {false, i});
        } else if (command == C::Precharge) {
            close_row(pins, burst);
        } else {
            count(burst, command);
            open_row(pins, burst);
            waiting().erase(waiting().begin() + static_cast<std::ptrdiff_t>(i));
        }
        return true;
    }
    return false;
}

void EveryCycle::open_row(Pins& pins, const Burst& burst) {
    banks_.issue(C::Activate, burst.target, now_);
    tell(C::Activate, burst.target);
    pins.free = now_ + c_.commands.activate_cycles;
    ++out_.counts.activates;
    if (c_.commands.activate_deadline > 0) {
        activating_ = Activating{burst, now_ + c_.commands.activate_deadline};
    } else {
        opened_.push_back(burst);
    }
}

void EveryCycle::close_row(Pins& pins, Burst& burst) {
    count(burst, C::Precharge);
    banks_.issue(C::Precharge, burst.target, now_);
    tell(C::Precharge, burst.target);
    pins.free = now_ + c_.commands.precharge_cycles;
}

void EveryCycle::end_activate(Pins& pins) {
    opened_.push_back(activating_->burst);
    activating_.reset();
    pins.free = now_ + c_.commands.activate_cycles;
}

// A command to wake the strobe goes first, and the access in the cycle after it; but the second
// command of an activate goes before, where its deadline is that cycle.
bool EveryCycle::stays_asleep(Pins& pins, const Access& access) {
    const bool awake = c_.commands.strobe_hold == 0 || now_ < strobe_until_;
    if (woken_ || awake) {
        woken_.reset();
        return false;
    }
    if (activating_ && activating_->deadline <= now_ + 1) {
        end_activate(pins);
    } else {
        woken_ = access;
    }
    return true;
}

void EveryCycle::access(Pins& pins, const Access& access) {
    const Access chosen = access;
    if (stays_asleep(pins, chosen)) return;
    const auto take = [&chosen](auto& from) {
        const Burst taken = from[chosen.index];
        from.erase(from.begin() + static_cast<std::ptrdiff_t>(chosen.index));
        return taken;
    };
    Burst burst = chosen.opened ? take(opened_) : take(waiting());
    const C command = burst.write ? C::Write : C::Read;
    count(burst, command);
    if (c_.controller.page_policy == PagePolicy::Closed && !wanted(burst)) {
        banks_.issue_last(command, burst.target, now_);
    } else {
        banks_.issue(command, burst.target, now_);
    }
    tell(command, burst.target);
    pins.free = now_ + c_.commands.column_cycles;
    const DramCycle latency = burst.write ? c_.timing.cwl : c_.timing.cl;
    const DramCycle end = pins.free - 1 + latency + c_.timing.burst;
    out_.bursts[burst.number].served = end;
    out_.counts.busy[burst.target.unit] += c_.timing.burst;
    strobe_until_ = std::max(strobe_until_, end + c_.commands.strobe_hold);
    --left_;
    if (burst.write) ++out_.counts.writes;
    if (!burst.write) count_read(burst, end);
}

void EveryCycle::count_read(const Burst& burst, DramCycle end) {
    ++out_.counts.reads;
    const DramCycle latency = end - burst.at;
    out_.counts.read_latency += static_cast<std::uint64_t>(latency);
    const double ns = static_cast<double>(latency) * c_.tck_ps / 1000;
    std::size_t bin = 0;
    for (double from = 1; ns >= from && bin + 1 < kLatencyBins; from *= 2) ++bin;
    ++out_.counts.read_latencies[bin];
}

bool EveryCycle::ready(C command, const DramTarget& target) const {
    return banks_.ready(command, target) <= now_;
}

void EveryCycle::tell(C command, const DramTarget& target) {
    out_.log.emplace_back(now_, command, target.bank, target.row);
}

C EveryCycle::next(const Burst& burst) const {
    if (banks_.has_open(burst.target.bank, burst.target.row)) {
        return burst.write ? C::Write : C::Read;
    }
    return banks_.is_open(burst.target.bank) ? C::Precharge : C::Activate;
}

void EveryCycle::count(Burst& burst, C first) {
    if (burst.counted) return;
    burst.counted = true;
    DramChannelCounts& counts = out_.counts;
    ++(is_column(first) ? counts.hits : first == C::Activate ? counts.misses : counts.conflicts);
}

bool EveryCycle::held(std::uint32_t bank) const {
    if (activating_ && activating_->burst.target.bank == bank) return true;
    return std::any_of(opened_.begin(), opened_.end(),
                       [bank](const Burst& b) { return b.target.bank == bank; });
}

bool EveryCycle::held_unit(std::uint32_t unit) const {
    if (activating_ && activating_->burst.target.unit == unit) return true;
    return std::any_of(opened_.begin(), opened_.end(),
                       [unit](const Burst& b) { return b.target.unit == unit; });
}

bool EveryCycle::wanted(const Burst& served) const {
    const auto same = [&served](const Burst& b) {
        return b.target.bank == served.target.bank && b.target.row == served.target.row;
    };
    return std::any_of(queue_[0].begin(), queue_[0].end(), same) ||
           std::any_of(queue_[1].begin(), queue_[1].end(), same) ||
           std::any_of(opened_.begin(), opened_.end(), same);
}

bool EveryCycle::keeps(std::size_t behind) const {
    if (c_.controller.scheduler != DramScheduler::RowHitFirst) return false;
    const std::deque<Burst>& queue = waiting();
    for (std::size_t i = 0; i < behind; ++i) {
        const bool same = queue[i].target.bank == queue[behind].target.bank;
        if (same && is_column(next(queue[i]))) return true;
    }
    return false;
}

}  // namespace mambasic::models::test
