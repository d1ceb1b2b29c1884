#include "models/dram/bank_dram.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "models/common/error.h"

namespace mambasic::models {

namespace {

Ticks now() { return sc_core::sc_time_stamp().value(); }

constexpr double kTicksPerPs = 1000;  // 1 fs

}  // namespace

BankDram::BankDram(const sc_core::sc_module_name& name, const DramConfig& config)
    : Dram(name),
      config_(config),
      map_(config),
      tck_(static_cast<Ticks>(std::llround(config.tck_ps * kTicksPerPs))),
      controllers_(config.organization.channels, DramController(config)) {
    SC_HAS_PROCESS(BankDram);
    SC_METHOD(proceed);
    sensitive << ev_proceed_;
    dont_initialize();
}

std::uint64_t BankDram::access(const DramRequest& request, DramClient& client) {
    const std::uint64_t bursts = dram_bursts(config_, request.address, request.bytes);
    MAMBASIC_CHECK(bursts > 0, "a request for no byte");
    Pending& pending = pending_.emplace_back();
    pending.job.to_enter = pending.job.to_serve = bursts;
    pending.write = request.write;
    pending.tag = request.tag;
    pending.client = &client;
    const auto at = static_cast<DramCycle>(ceil_div(now(), tck_));
    for (DramController& controller : controllers_) {
        while (!controller.has_work() && controller.next() < at) controller.step();
    }
    for (std::uint64_t i = 0; i < bursts; ++i) {
        const DramPlace place = map_.place(request.address + i * config_.organization.burst_bytes);
        controllers_[place.channel].add(place, request.write, at, pending.job);
    }
    ev_proceed_.notify(sc_core::SC_ZERO_TIME);
    wait(pending.accepted);
    return bursts;
}

// Nobody can ask for anything before.
Ticks BankDram::horizon() const {
    const Ticks until = sc_core::sc_time_to_pending_activity().value();
    const Ticks other = until > std::numeric_limits<Ticks>::max() - now()
                            ? std::numeric_limits<Ticks>::max()
                            : now() + until;
    return answers_.empty() ? other : std::min(other, answers_.begin()->first);
}

DramController* BankDram::earliest(Ticks before) {
    DramController* first = nullptr;
    for (DramController& controller : controllers_) {
        if (!controller.has_work() || time_of(controller.next()) >= before) continue;
        if (first == nullptr || controller.next() < first->next()) first = &controller;
    }
    return first;
}

void BankDram::proceed() {
    // Whoever has an answer may ask for more at once, and so may whoever else is at work now.
    if (answer() || sc_core::sc_pending_activity_at_current_time()) {
        ev_proceed_.notify(sc_core::SC_ZERO_TIME);
        return;
    }
    Ticks until = horizon();
    while (DramController* controller = earliest(until)) {
        if (!controller->step()) continue;
        collect();
        until = horizon();
    }
    const bool work = std::any_of(controllers_.begin(), controllers_.end(),
                                  [](const DramController& c) { return c.has_work(); });
    if (work || !answers_.empty()) {
        ev_proceed_.notify(sc_core::sc_time::from_value(until - now()));
    }
}

bool BankDram::answer() {
    bool any = false;
    while (!answers_.empty() && answers_.begin()->first <= now()) {
        const Answer answer = answers_.begin()->second;
        answers_.erase(answers_.begin());
        if (answer.accepted != nullptr) answer.accepted->accepted.notify(sc_core::SC_ZERO_TIME);
        if (answer.client != nullptr) answer.client->landed(answer.tag);
        any = true;
    }
    return any;
}

// What the last step brought to an end. The cycle after a burst entered its queue, its initiator
// knows.
void BankDram::collect() {
    for (auto it = pending_.begin(); it != pending_.end();) {
        Pending& pending = *it;
        const DramJob& job = pending.job;
        if (job.to_enter == 0 && !pending.taken) {
            pending.taken = true;
            Answer answer{&pending, nullptr, pending.tag};
            if (pending.write) answer.client = pending.client;
            answers_.emplace(time_of(job.entered + 1), answer);
        }
        if (job.to_serve > 0) {
            ++it;
            continue;
        }
        settled_ = std::max(settled_, time_of(job.served));
        if (!pending.write) {
            answers_.emplace(time_of(job.served), Answer{nullptr, pending.client, pending.tag});
        }
        it = pending_.erase(it);
    }
}

DramActivity BankDram::activity(Ticks end) {
    DramActivity a;
    std::uint64_t latency = 0;
    std::uint64_t busy = 0;
    std::uint64_t refresh = 0;
    const DramOrganization& o = config_.organization;
    for (DramController& controller : controllers_) {
        while (time_of(controller.next()) < end) controller.step();
        const DramChannelCounts& c = controller.counts();
        a.read_bursts += c.reads;
        a.written_bursts += c.writes;
        a.row_hits += c.hits;
        a.row_misses += c.misses;
        a.row_conflicts += c.conflicts;
        a.activates += c.activates;
        a.refreshes += static_cast<double>(c.refreshes) +
                       static_cast<double>(c.bank_refreshes) / (o.bank_groups * o.banks);
        latency += c.read_latency;
        busy += std::accumulate(c.busy.begin(), c.busy.end(), std::uint64_t{0});
        for (std::size_t unit = 0; unit < c.refresh.size(); ++unit) {
            const std::uint64_t last = end / tck_;  // what goes on then has no more time
            refresh += c.refresh[unit] - (std::max(c.refreshed[unit], last) - last);
        }
        for (std::size_t i = 0; i < kLatencyBins; ++i) a.read_latencies[i] += c.read_latencies[i];
    }
    a.busy_ticks = busy * tck_ / (std::uint64_t{o.channels} * o.pseudo_channels);
    a.refresh_ticks = refresh * tck_ / (std::uint64_t{o.channels} * o.units());
    MAMBASIC_CHECK(a.row_hits + a.row_misses + a.row_conflicts == a.read_bursts + a.written_bursts,
                   "bursts that found no row");
    constexpr double kPsPerNs = 1000;
    if (a.read_bursts > 0) {
        a.mean_read_latency_ns = static_cast<double>(latency) * config_.tck_ps / kPsPerNs /
                                 static_cast<double>(a.read_bursts);
    }
    return a;
}

}  // namespace mambasic::models
