#include "models/dram/dram_controller.h"

#include <algorithm>
#include <utility>

#include "models/common/error.h"

namespace mambasic::models {

namespace {

bool is_column(DramCommand command) {
    return command == DramCommand::Read || command == DramCommand::Write;
}

}  // namespace

DramController::DramController(const DramConfig& config)
    : config_(config),
      banks_(config),
      reads_{{config.organization.all_banks(), config.controller.read_queue}, {}, 0},
      writes_{{config.organization.all_banks(), config.controller.write_queue}, {}, 0},
      holds_(config.organization.all_banks()),
      unit_holds_(config.organization.units()) {
    if (config.commands.split) {
        pins_ = {{false, true, 0, {}}, {true, false, 0, {}}};
    } else {
        pins_ = {{true, true, 0, {}}};
    }
    if (config.controller.refresh == DramRefresh::AllBank) refresh_due_ = config.timing.refi;
    if (config.controller.refresh == DramRefresh::PerBank) refresh_due_ = config.timing.refi_bank;
    next_ = refresh_due_;
    counts_.busy.resize(config.organization.units());
    counts_.refresh.resize(config.organization.units());
    counts_.refreshed.resize(config.organization.units());
    opened_.reserve(config.organization.all_banks());
}

void DramController::tell(DramCommand command, const DramTarget& target) const {
    if (listener_) listener_(command, target, now_);
}

void DramController::add(const DramPlace& place, bool write, DramCycle at, DramJob& job) {
    MAMBASIC_CHECK(at > now_, "a burst for a cycle that is over");
    Kind& kind = write ? writes_ : reads_;
    DramBurst burst;
    burst.target = {place.unit, place.group, place.bank, place.row};
    burst.write = write;
    burst.arrived = at;
    burst.job = &job;
    kind.behind.push_back(burst);
    ++under_way_;
    if (!kind.queue.full()) next_ = std::min(next_, at);
}

bool DramController::has_room(bool write) const {
    const Kind& kind = write ? writes_ : reads_;
    return kind.queue.size() + kind.behind.size() < kind.queue.capacity();
}

bool DramController::step() {
    now_ = next_;
    ended_ = false;
    bool stale = now_ >= refresh_due_;
    if (stale) schedule_refresh();
    for (Pins& pins : pins_) {
        if (stale || pins.next.source == Source::None) pins.next = choose(pins, now_);
        if (pins.next.source == Source::None || pins.next.at > now_) continue;
        issue(pins, pins.next);
        stale = true;
    }
    next_ = refresh_due_;
    fill(reads_);
    fill(writes_);
    plan(now_ + 1);
    return ended_;
}

void DramController::schedule_refresh() {
    const DramOrganization& o = config_.organization;
    if (config_.controller.refresh == DramRefresh::AllBank) {
        for (std::uint32_t unit = 0; unit < o.units(); ++unit) {
            refreshes_.push_back({{unit, 0, 0, 0}, true});
        }
        refresh_due_ += config_.timing.refi;
        return;
    }
    const std::uint32_t bank = refreshed_;
    const std::uint32_t group = bank / o.banks;
    refreshes_.push_back({{group / o.bank_groups, group, bank, 0}, false});
    refreshed_ = (refreshed_ + 1) % o.all_banks();
    refresh_due_ += config_.timing.refi_bank;
}

// Bursts enter a queue in order, as soon as there is room and they have come.
void DramController::fill(Kind& kind) {
    while (!kind.behind.empty() && !kind.queue.full()) {
        DramBurst& burst = kind.behind.front();
        if (burst.arrived > now_) {
            next_ = std::min(next_, burst.arrived);
            return;
        }
        burst.arrived = now_;
        burst.order = kind.entered++;
        burst.job->entered = std::max(burst.job->entered, now_);
        ended_ = --burst.job->to_enter == 0 || ended_;
        kind.queue.push(burst);
        kind.behind.pop_front();
    }
}

// What issues next where nothing comes in between. Deciding it once instead of in every cycle until
// then is the same, because what a choice depends on changes only by commands, arrivals, refresh.
void DramController::plan(DramCycle from) {
    for (Pins& pins : pins_) {
        pins.next = choose(pins, from);
        next_ = std::min(next_, pins.next.at);
    }
}

DramController::Choice DramController::choose(const Pins& pins, DramCycle from) {
    Choice best;
    if (pins.free > from) {
        best.at = pins.free;  // to choose then
        return best;
    }
    if (woken_ && pins.columns) {
        best = *woken_;
        best.at = from;
        return best;
    }
    if (!activating_ || activating_->deadline > from) {
        if (pins.columns) best = choose_opened(from);
        if (best.at > from) {
            const Choice other =
                refreshes_.empty() ? choose_waiting(pins, from) : choose_refresh(from);
            const bool fits = refreshes_.empty() || pins.rows;
            if (fits && other.at < best.at) best = other;
        }
    }
    if (activating_ && best.at > from) {
        best.source = Source::SecondActivate;
        best.at = from;
    }
    return best;
}

DramController::Choice DramController::choose_opened(DramCycle from) const {
    Choice best;
    for (std::size_t i = 0; i < opened_.size(); ++i) {
        const DramBurst& burst = opened_[i];
        const DramCommand command = burst.write ? DramCommand::Write : DramCommand::Read;
        const DramCycle at = std::max(from, banks_.ready(command, burst.target));
        const auto order = static_cast<std::uint64_t>(burst.arrived);
        if (at > best.at || (at == best.at && order >= best.order)) continue;
        best = {Source::Opened, command, static_cast<std::int32_t>(i), at, order};
    }
    return best;
}

DramController::Choice DramController::choose_refresh(DramCycle from) const {
    const Refresh& refresh = refreshes_.front();
    const DramTarget& target = refresh.target;
    const bool open = refresh.all ? banks_.any_open(target.unit) : banks_.is_open(target.bank);
    const std::uint32_t held = refresh.all ? unit_holds_[target.unit] : holds_[target.bank];
    Choice choice;
    if (held > 0) return choice;
    choice.source = Source::Refresh;
    choice.command = refresh.all ? DramCommand::RefreshAll : DramCommand::RefreshBank;
    if (open) choice.command = refresh.all ? DramCommand::PrechargeAll : DramCommand::Precharge;
    choice.at = std::max(from, banks_.ready(choice.command, target));
    return choice;
}

void DramController::choose_direction() {
    if (!writing_) {
        writing_ = writes_.queue.size() >= config_.controller.drain_from || reads_.queue.empty();
    } else if (writes_.queue.size() <= config_.controller.drain_to && !reads_.queue.empty()) {
        writing_ = false;
    }
}

void DramController::offer(DramCommand command, std::int32_t slot, DramCycle from,
                           Choice& best) const {
    const DramBurst& burst = waiting().at(slot);
    const DramCycle at = std::max(from, banks_.ready(command, burst.target));
    if (at > best.at || (at == best.at && burst.order >= best.order)) return;
    best = {Source::Waiting, command, slot, at, burst.order};
}

DramController::Choice DramController::choose_waiting(const Pins& pins, DramCycle from) {
    choose_direction();
    Choice best;
    std::uint64_t banks = waiting().banks();
    for (; banks != 0; banks &= banks - 1) {
        offer_bank(pins, static_cast<std::uint32_t>(__builtin_ctzll(banks)), from, best);
    }
    return best;
}

// Of a bank, at most two of all that wait can be next: the oldest for the open row and the oldest
// for another.
void DramController::offer_bank(const Pins& pins, std::uint32_t bank, DramCycle from,
                                Choice& best) {
    DramQueue& queue = waiting();
    if (activating_ && activating_->burst.target.bank == bank) return;
    if (!banks_.is_open(bank)) {
        if (pins.rows && !activating_) {
            offer(DramCommand::Activate, queue.oldest(bank), from, best);
        }
        return;
    }
    const DramQueue::Firsts& firsts = queue.firsts(bank, banks_.open_row(bank));
    const bool hit = firsts.hit != DramQueue::kNone;
    if (hit && pins.columns) {
        offer(writing_ ? DramCommand::Write : DramCommand::Read, firsts.hit, from, best);
    }
    if (!pins.rows || firsts.other == DramQueue::kNone || holds_[bank] > 0) return;
    const bool keep = config_.controller.scheduler == DramScheduler::RowHitFirst;
    if (keep && hit && queue.at(firsts.hit).order < queue.at(firsts.other).order) return;
    offer(DramCommand::Precharge, firsts.other, from, best);
}

void DramController::issue(Pins& pins, const Choice& choice) {
    switch (choice.source) {
        case Source::Opened:
            access(pins, choice);
            return;
        case Source::Waiting:
            issue_waiting(pins, choice);
            return;
        case Source::Refresh:
            issue_refresh(pins, choice.command);
            return;
        case Source::SecondActivate:
            finish_activate(pins);
            return;
        case Source::None:
            return;
    }
}

void DramController::issue_waiting(Pins& pins, const Choice& choice) {
    if (is_column(choice.command)) {
        access(pins, choice);
        return;
    }
    DramBurst& burst = waiting().at(choice.slot);
    count(burst, choice.command);
    if (choice.command == DramCommand::Activate) {
        activate(pins, waiting().take(choice.slot));
        return;
    }
    banks_.issue(DramCommand::Precharge, burst.target, now_);
    tell(DramCommand::Precharge, burst.target);
    hold(pins, config_.commands.precharge_cycles);
}

void DramController::issue_refresh(Pins& pins, DramCommand command) {
    const DramTarget target = refreshes_.front().target;
    banks_.issue(command, target, now_);
    tell(command, target);
    hold(pins, config_.commands.precharge_cycles);
    if (command == DramCommand::RefreshAll) {
        ++counts_.refreshes;
        counts_.refresh[target.unit] += config_.timing.rfc;
        counts_.refreshed[target.unit] = static_cast<std::uint64_t>(now_) + config_.timing.rfc;
    } else if (command == DramCommand::RefreshBank) {
        ++counts_.bank_refreshes;
    } else {
        return;  // closed for it
    }
    refreshes_.pop_front();
}

void DramController::activate(Pins& pins, const DramBurst& burst) {
    banks_.issue(DramCommand::Activate, burst.target, now_);
    tell(DramCommand::Activate, burst.target);
    hold(pins, config_.commands.activate_cycles);
    ++holds_[burst.target.bank];
    ++unit_holds_[burst.target.unit];
    ++counts_.activates;
    if (config_.commands.activate_deadline > 0) {
        activating_ = Activating{burst, now_ + config_.commands.activate_deadline};
    } else {
        opened_.push_back(burst);
    }
}

void DramController::finish_activate(Pins& pins) {
    opened_.push_back(activating_->burst);
    activating_.reset();
    hold(pins, config_.commands.activate_cycles);
}

// Of bursts that came, whether one waits for the row.
bool DramController::is_wanted(const DramBurst& served) {
    const std::uint32_t bank = served.target.bank;
    const auto waits = [&](Kind& kind) {
        return kind.queue.firsts(bank, served.target.row).hit != DramQueue::kNone;
    };
    const auto same = [bank](const DramBurst& other) { return other.target.bank == bank; };
    return waits(reads_) || waits(writes_) || std::any_of(opened_.begin(), opened_.end(), same);
}

// Gives the cycle to the strobe where it sleeps; the access then has the next one.
bool DramController::wake(Pins& pins, const Choice& choice) {
    const bool asleep = config_.commands.strobe_hold > 0 && now_ >= strobe_until_;
    if (woken_ || !asleep) {
        woken_.reset();
        return false;
    }
    if (activating_ && activating_->deadline <= now_ + 1) {
        finish_activate(pins);  // the next cycle will not be free for it
    } else {
        hold(pins, 1);
        woken_ = choice;
    }
    return true;
}

void DramController::access(Pins& pins, const Choice& choice) {
    if (wake(pins, choice)) return;
    DramBurst burst;
    if (choice.source == Source::Opened) {
        burst = opened_[static_cast<std::size_t>(choice.slot)];
        opened_.erase(opened_.begin() + choice.slot);
        --holds_[burst.target.bank];
        --unit_holds_[burst.target.unit];
    } else {
        burst = waiting().take(choice.slot);
    }
    count(burst, choice.command);
    if (config_.controller.page_policy == PagePolicy::Closed && !is_wanted(burst)) {
        banks_.issue_last(choice.command, burst.target, now_);
    } else {
        banks_.issue(choice.command, burst.target, now_);
    }
    tell(choice.command, burst.target);
    hold(pins, config_.commands.column_cycles);
    finish_access(burst);
}

void DramController::finish_access(const DramBurst& burst) {
    const DramCycles& t = config_.timing;
    const DramCycle last = now_ + config_.commands.column_cycles - 1;
    const DramCycle end = last + (burst.write ? t.cwl : t.cl) + t.burst;
    strobe_until_ = std::max(strobe_until_, end + config_.commands.strobe_hold);
    burst.job->served = std::max(burst.job->served, end);
    ended_ = --burst.job->to_serve == 0 || ended_;
    --under_way_;
    counts_.busy[burst.target.unit] += t.burst;
    if (burst.write) {
        ++counts_.writes;
        return;
    }
    ++counts_.reads;
    const auto latency = static_cast<std::uint64_t>(end - burst.arrived);
    counts_.read_latency += latency;
    constexpr double kPsPerNs = 1000;
    auto ns = static_cast<std::uint64_t>(static_cast<double>(latency) * config_.tck_ps / kPsPerNs);
    std::size_t bin = 0;
    for (; ns > 0 && bin + 1 < kLatencyBins; ns >>= 1U) ++bin;
    ++counts_.read_latencies[bin];
}

void DramController::count(DramBurst& burst, DramCommand first) {
    if (burst.counted) return;
    burst.counted = true;
    if (is_column(first)) {
        ++counts_.hits;
    } else if (first == DramCommand::Activate) {
        ++counts_.misses;
    } else {
        ++counts_.conflicts;
    }
}

}  // namespace mambasic::models
