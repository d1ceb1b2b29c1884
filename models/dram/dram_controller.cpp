#include "models/dram/dram_controller.h"

#include <algorithm>
#include <utility>

#include "models/common/error.h"

namespace mambasic::models {

namespace {

bool is_column(DramCommand command) {
    return command == DramCommand::Read || command == DramCommand::Write;
}

std::uint64_t bit_of(std::uint32_t bank) { return std::uint64_t{1} << bank; }

/// How many it takes to write it; not of 0.
std::size_t bits_of(std::uint64_t value) {
    constexpr int kAll = 64;
    return static_cast<std::size_t>(kAll - __builtin_clzll(value));
}

std::uint32_t lowest(std::uint64_t banks) {
    return static_cast<std::uint32_t>(__builtin_ctzll(banks));
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

void DramController::tell_queues(std::uint32_t bank) {
    reads_.queue.set_row(bank, banks_.open_row(bank));
    writes_.queue.set_row(bank, banks_.open_row(bank));
}

void DramController::add(const DramPlace& place, bool write, DramCycle at, DramJob& job) {
    MAMBASIC_CHECK(at > now_, "a burst for a cycle that is over");
    Kind& kind = write ? writes_ : reads_;
    DramBurst& burst = kind.behind.emplace_back();
    burst.target = {place.unit, place.group, place.bank, place.row};
    burst.write = write;
    burst.arrived = at;
    burst.job = &job;
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
        if (stale || pins.next.source == Source::None) choose(pins, now_);
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
        const DramBurst& burst = kind.behind.front();
        if (burst.arrived > now_) {
            next_ = std::min(next_, burst.arrived);
            return;
        }
        burst.job->entered = std::max(burst.job->entered, now_);
        ended_ = --burst.job->to_enter == 0 || ended_;
        DramBurst& entered = kind.queue.push(burst);
        entered.arrived = now_;
        entered.order = kind.entered++;
        kind.behind.pop_front();
    }
}

// What issues next where nothing comes in between. Deciding it once instead of in every cycle until
// then is the same, because what a choice depends on changes only by commands, arrivals, refresh.
void DramController::plan(DramCycle from) {
    for (Pins& pins : pins_) {
        choose(pins, from);
        next_ = std::min(next_, pins.next.at);
    }
}

// Written where it stays, not returned: it is most of what the model does.
void DramController::choose(Pins& pins, DramCycle from) {
    Choice& best = pins.next;
    best = Choice{};
    if (pins.free > from) {
        best.at = pins.free;  // to choose then
        return;
    }
    if (woken_ && pins.columns) {
        best = *woken_;
        best.at = from;
        return;
    }
    if (!activating_ || activating_->deadline > from) {
        if (pins.columns) offer_opened(from, best);
        if (best.at > from) {
            if (refreshes_.empty()) {
                offer_waiting(pins, from);
            } else if (pins.rows) {
                offer_refresh(from, best);
            }
        }
    }
    if (activating_ && best.at > from) {
        best.source = Source::SecondActivate;
        best.at = from;
    }
}

// Takes the place of the best so far where it can issue before it, or then and is older.
inline void DramController::offer(const Choice& choice, const DramTarget& target,
                                  Choice& best) const {
    const DramCycle at = std::max(choice.at, banks_.ready(choice.command, target));
    if (at > best.at || (at == best.at && choice.order >= best.order)) return;
    best.source = choice.source;
    best.command = choice.command;
    best.slot = choice.slot;
    best.at = at;
    best.order = choice.order;
}

void DramController::offer_opened(DramCycle from, Choice& best) const {
    for (std::size_t i = 0; i < opened_.size(); ++i) {
        const DramBurst& burst = opened_[i];
        const DramCommand command = burst.write ? DramCommand::Write : DramCommand::Read;
        const auto order = static_cast<std::uint64_t>(burst.arrived);
        offer({Source::Opened, command, static_cast<std::int32_t>(i), from, order}, burst.target,
              best);
    }
    best.order = 0;  // before all that wait
}

void DramController::offer_refresh(DramCycle from, Choice& best) const {
    const Refresh& refresh = refreshes_.front();
    const DramTarget& target = refresh.target;
    const bool open = refresh.all ? banks_.any_open(target.unit) : banks_.is_open(target.bank);
    const std::uint32_t held = refresh.all ? unit_holds_[target.unit] : holds_[target.bank];
    if (held > 0) return;
    DramCommand command = refresh.all ? DramCommand::RefreshAll : DramCommand::RefreshBank;
    if (open) command = refresh.all ? DramCommand::PrechargeAll : DramCommand::Precharge;
    offer({Source::Refresh, command, 0, from, 0}, target, best);
}

void DramController::choose_direction() {
    if (!writing_) {
        writing_ = writes_.queue.size() >= config_.controller.drain_from || reads_.queue.empty();
    } else if (writes_.queue.size() <= config_.controller.drain_to && !reads_.queue.empty()) {
        writing_ = false;
    }
}

// Of a bank, at most two of all that wait can be next: the oldest for the open row and the oldest
// for another.
void DramController::offer_waiting(Pins& pins, DramCycle from) {
    choose_direction();
    const DramQueue& queue = waiting();
    if (pins.columns) {
        const std::uint64_t busy = activating_ ? bit_of(activating_->burst.target.bank) : 0;
        const DramCommand command = writing_ ? DramCommand::Write : DramCommand::Read;
        for (std::uint64_t banks = queue.hits() & ~busy; banks != 0; banks &= banks - 1) {
            const std::int32_t slot = queue.hit(lowest(banks));
            const DramBurst& burst = queue.at(slot);
            offer({Source::Waiting, command, slot, from, burst.order}, burst.target, pins.next);
        }
    }
    if (pins.rows) {
        for (std::uint64_t banks = queue.others(); banks != 0; banks &= banks - 1) {
            offer_row(lowest(banks), from, pins.next);
        }
    }
}

void DramController::offer_row(std::uint32_t bank, DramCycle from, Choice& best) const {
    const DramQueue& queue = waiting();
    const std::int32_t slot = queue.other(bank);
    const DramBurst& burst = queue.at(slot);
    Choice choice{Source::Waiting, DramCommand::Activate, slot, from, burst.order};
    if (!banks_.is_open(bank)) {
        if (!activating_) offer(choice, burst.target, best);
        return;
    }
    if (holds_[bank] > 0) return;
    const std::int32_t hit = queue.hit(bank);
    const bool keep = config_.controller.scheduler == DramScheduler::RowHitFirst;
    if (keep && hit != DramQueue::kNone && queue.at(hit).order < burst.order) return;
    choice.command = DramCommand::Precharge;
    offer(choice, burst.target, best);
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
    tell_queues(burst.target.bank);
    tell(DramCommand::Precharge, burst.target);
    hold(pins, config_.commands.precharge_cycles);
}

void DramController::issue_refresh(Pins& pins, DramCommand command) {
    const DramTarget target = refreshes_.front().target;
    banks_.issue(command, target, now_);
    if (command == DramCommand::Precharge) tell_queues(target.bank);
    if (command == DramCommand::PrechargeAll) {
        const std::uint32_t banks = config_.organization.bank_groups * config_.organization.banks;
        for (std::uint32_t b = 0; b < banks; ++b) tell_queues(target.unit * banks + b);
    }
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
    tell_queues(burst.target.bank);
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

// Of bursts that came, whether one waits for the row, which is open.
bool DramController::is_wanted(const DramBurst& served) const {
    const std::uint32_t bank = served.target.bank;
    const auto same = [bank](const DramBurst& other) { return other.target.bank == bank; };
    return ((reads_.queue.hits() | writes_.queue.hits()) & bit_of(bank)) != 0 ||
           std::any_of(opened_.begin(), opened_.end(), same);
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
        tell_queues(burst.target.bank);
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
    const auto ns =
        static_cast<std::uint64_t>(static_cast<double>(latency) * config_.tck_ps / kPsPerNs);
    const std::size_t bin = ns == 0 ? 0 : bits_of(ns);
    ++counts_.read_latencies[std::min(bin, kLatencyBins - 1)];
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
