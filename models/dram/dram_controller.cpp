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

}  // namespace

DramController::DramController(const DramConfig& config)
    : config_(config),
      banks_(config),
      holds_(config.organization.all_banks()),
      unit_holds_(config.organization.units()) {
    if (config.commands.split) {
        pins_ = {{false, true, 0}, {true, false, 0}};
    } else {
        pins_ = {{true, true, 0}};
    }
    if (config.controller.refresh == DramRefresh::AllBank) refresh_due_ = config.timing.refi;
    if (config.controller.refresh == DramRefresh::PerBank) refresh_due_ = config.timing.refi_bank;
    next_ = refresh_due_;
    counts_.busy.resize(config.organization.units());
    counts_.refresh.resize(config.organization.units());
    reads_.reserve(config.controller.read_queue);
    writes_.reserve(config.controller.write_queue);
    opened_.reserve(config.organization.all_banks());
}

void DramController::add(const DramPlace& place, bool write, DramCycle at, DramJob& job) {
    MAMBASIC_CHECK(at > now_, "a burst for a cycle that is over");
    Request request;
    request.target = {place.unit, place.group, place.bank, place.row};
    request.write = write;
    request.arrived = at;
    request.job = &job;
    std::deque<Request>& behind = write ? writes_behind_ : reads_behind_;
    behind.push_back(request);
    ++under_way_;
    next_ = std::min(next_, at);
}

bool DramController::has_room(bool write) const {
    return write ? writes_.size() + writes_behind_.size() < config_.controller.write_queue
                 : reads_.size() + reads_behind_.size() < config_.controller.read_queue;
}

void DramController::tell(DramCommand command, const DramTarget& target) const {
    if (listener_) listener_(command, target, now_);
}

bool DramController::later(DramCycle ready) {
    if (ready <= now_) return false;
    wake_ = std::min(wake_, ready);
    return true;
}

bool DramController::step() {
    now_ = next_;
    wake_ = kNoCycle;
    ended_ = false;
    if (now_ >= refresh_due_) schedule_refresh();
    bool happened = false;
    for (Pins& pins : pins_) happened = command_on(pins) || happened;
    const std::size_t waited = reads_.size() + writes_.size();
    fill(reads_, reads_behind_, config_.controller.read_queue);
    fill(writes_, writes_behind_, config_.controller.write_queue);
    happened = happened || reads_.size() + writes_.size() != waited;
    next_ = std::min(happened ? now_ + 1 : wake_, refresh_due_);
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
void DramController::fill(Queue& queue, std::deque<Request>& behind, std::uint32_t room) {
    while (!behind.empty() && queue.size() < room) {
        Request& request = behind.front();
        if (later(request.arrived)) return;
        request.arrived = now_;
        request.job->entered = std::max(request.job->entered, now_);
        ended_ = --request.job->to_enter == 0 || ended_;
        queue.push_back(request);
        behind.pop_front();
    }
}

bool DramController::command_on(Pins& pins) {
    if (woken_ && pins.columns) {
        const Woken woken = *std::exchange(woken_, std::nullopt);
        access(pins, *woken.queue, woken.index);
        return true;
    }
    if (later(pins.free)) return false;
    return choose(pins);
}

bool DramController::choose(Pins& pins) {
    if (activating_ && activating_->deadline <= now_) {
        finish_activate(pins);
        return true;
    }
    if (pins.columns && issue_opened(pins)) return true;
    if (refreshes_.empty() ? issue_waiting(pins) : pins.rows && issue_refresh(pins)) return true;
    if (!activating_) return false;
    finish_activate(pins);
    return true;
}

bool DramController::issue_opened(Pins& pins) {
    std::size_t best = opened_.size();
    for (std::size_t i = 0; i < opened_.size(); ++i) {
        const Request& request = opened_[i];
        if (later(banks_.ready(next_command(request), request.target))) continue;
        if (best == opened_.size() || request.arrived < opened_[best].arrived) best = i;
    }
    if (best == opened_.size()) return false;
    issue(pins, opened_, best, next_command(opened_[best]));
    return true;
}

bool DramController::issue_refresh(Pins& pins) {
    const Refresh refresh = refreshes_.front();
    const DramTarget& target = refresh.target;
    const bool open = refresh.all ? banks_.any_open(target.unit) : banks_.is_open(target.bank);
    const std::uint32_t held = refresh.all ? unit_holds_[target.unit] : holds_[target.bank];
    if (held > 0) return false;
    DramCommand command = refresh.all ? DramCommand::RefreshAll : DramCommand::RefreshBank;
    if (open) command = refresh.all ? DramCommand::PrechargeAll : DramCommand::Precharge;
    if (later(banks_.ready(command, target))) return false;
    banks_.issue(command, target, now_);
    tell(command, target);
    hold(pins, config_.commands.precharge_cycles);
    if (open) return true;
    refreshes_.pop_front();
    if (refresh.all) {
        ++counts_.refreshes;
        counts_.refresh[target.unit] += config_.timing.rfc;
    } else {
        ++counts_.bank_refreshes;
    }
    return true;
}

void DramController::choose_direction() {
    if (!writing_) {
        writing_ = writes_.size() >= config_.controller.drain_from || reads_.empty();
    } else if (writes_.size() <= config_.controller.drain_to && !reads_.empty()) {
        writing_ = false;
    }
}

DramCommand DramController::next_command(const Request& request) const {
    if (banks_.has_open(request.target.bank, request.target.row)) {
        return request.write ? DramCommand::Write : DramCommand::Read;
    }
    return banks_.is_open(request.target.bank) ? DramCommand::Precharge : DramCommand::Activate;
}

// `wanted`: banks whose open row an older burst waits for.
bool DramController::allowed(const Request& request, DramCommand command,
                             std::uint64_t wanted) const {
    if (activating_) {
        const bool same = activating_->request.target.bank == request.target.bank;
        if (same || command == DramCommand::Activate) return false;
    }
    if (command != DramCommand::Precharge) return true;
    if (holds_[request.target.bank] > 0) return false;
    return (wanted & bit_of(request.target.bank)) == 0;
}

// Queues are in the order of arrival, so the first that can issue is the oldest.
bool DramController::issue_waiting(Pins& pins) {
    choose_direction();
    Queue& queue = writing_ ? writes_ : reads_;
    const bool keep = config_.controller.scheduler == DramScheduler::RowHitFirst;
    std::uint64_t wanted = 0;
    for (std::size_t i = 0; i < queue.size(); ++i) {
        const Request& request = queue[i];
        const DramCommand command = next_command(request);
        if (keep && is_column(command)) wanted |= bit_of(request.target.bank);
        const bool fits = is_column(command) ? pins.columns : pins.rows;
        if (!fits || !allowed(request, command, wanted)) continue;
        if (later(banks_.ready(command, request.target))) continue;
        issue(pins, queue, i, command);
        return true;
    }
    return false;
}

void DramController::issue(Pins& pins, Queue& queue, std::size_t index, DramCommand command) {
    if (is_column(command)) {
        const bool asleep = config_.commands.strobe_hold > 0 && now_ >= strobe_until_;
        if (!asleep) {
            access(pins, queue, index);
        } else if (activating_ && activating_->deadline <= now_ + 1) {
            finish_activate(pins);  // the next cycle will not be free for it
        } else {
            hold(pins, 1);
            woken_ = Woken{&queue, index};
        }
        return;
    }
    count(queue[index], command);
    if (command == DramCommand::Activate) {
        activate(pins, queue, index);
    } else {
        banks_.issue(command, queue[index].target, now_);
        tell(command, queue[index].target);
        hold(pins, config_.commands.precharge_cycles);
    }
}

void DramController::activate(Pins& pins, Queue& queue, std::size_t index) {
    const Request request = queue[index];
    queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(index));
    banks_.issue(DramCommand::Activate, request.target, now_);
    tell(DramCommand::Activate, request.target);
    hold(pins, config_.commands.activate_cycles);
    ++holds_[request.target.bank];
    ++unit_holds_[request.target.unit];
    ++counts_.activates;
    ++request.job->activates;
    if (config_.commands.activate_deadline > 0) {
        activating_ = Activating{request, now_ + config_.commands.activate_deadline};
    } else {
        opened_.push_back(request);
    }
}

void DramController::finish_activate(Pins& pins) {
    opened_.push_back(activating_->request);
    activating_.reset();
    hold(pins, config_.commands.activate_cycles);
}

// Of other bursts, whether one that came waits for the row.
bool DramController::is_wanted(const Request& served) const {
    const auto same = [&](const Request& other) {
        return other.target.bank == served.target.bank && other.target.row == served.target.row;
    };
    return std::any_of(reads_.begin(), reads_.end(), same) ||
           std::any_of(writes_.begin(), writes_.end(), same) ||
           std::any_of(opened_.begin(), opened_.end(), same);
}

void DramController::access(Pins& pins, Queue& queue, std::size_t index) {
    Request request = queue[index];
    const DramCommand command = request.write ? DramCommand::Write : DramCommand::Read;
    count(request, command);
    queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(index));
    if (&queue == &opened_) {
        --holds_[request.target.bank];
        --unit_holds_[request.target.unit];
    }
    if (config_.controller.page_policy == PagePolicy::Closed && !is_wanted(request)) {
        banks_.issue_last(command, request.target, now_);
    } else {
        banks_.issue(command, request.target, now_);
    }
    tell(command, request.target);
    hold(pins, config_.commands.column_cycles);
    finish_access(request);
}

void DramController::finish_access(const Request& request) {
    const DramCycles& t = config_.timing;
    const DramCycle last = now_ + config_.commands.column_cycles - 1;
    const DramCycle data = last + (request.write ? t.cwl : t.cl);
    const DramCycle end = data + t.burst;
    strobe_until_ = std::max(strobe_until_, end + config_.commands.strobe_hold);
    request.job->served = std::max(request.job->served, end);
    ended_ = --request.job->to_serve == 0 || ended_;
    --under_way_;
    counts_.busy[request.target.unit] += t.burst;
    if (request.write) {
        ++counts_.writes;
        return;
    }
    ++counts_.reads;
    const auto latency = static_cast<std::uint64_t>(end - request.arrived);
    counts_.read_latency += latency;
    constexpr double kPsPerNs = 1000;
    auto ns = static_cast<std::uint64_t>(static_cast<double>(latency) * config_.tck_ps / kPsPerNs);
    std::size_t bin = 0;
    for (; ns > 0 && bin + 1 < kLatencyBins; ns >>= 1U) ++bin;
    ++counts_.read_latencies[bin];
}

void DramController::count(Request& request, DramCommand first) {
    if (request.counted) return;
    request.counted = true;
    if (is_column(first)) {
        ++counts_.hits;
    } else if (first == DramCommand::Activate) {
        ++counts_.misses;
    } else {
        ++counts_.conflicts;
    }
}

}  // namespace mambasic::models
