#include "models/dram/dram.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>

#include "models/dram/dram_cost.h"

namespace mambasic::models {

namespace {

// Requests of one instant arrive in no particular order of the simulator's; deciding a step of time
// later sees them all.
constexpr Ticks kAfterThisInstant = 1;

sc_core::sc_time from_now(Ticks at) {
    return sc_core::sc_time::from_value(at - sc_core::sc_time_stamp().value());
}

}  // namespace

Dram::Dram(const sc_core::sc_module_name& name, DramConfig config, Ticks period)
    : sc_module(name), config_(std::move(config)), period_(period) {
    SC_HAS_PROCESS(Dram);
    SC_METHOD(arbitrate);
    sensitive << ev_arbitrate_;
    dont_initialize();
}

DramGrant Dram::access(const DramRequest& request) {
    DramGrant grant;
    sc_core::sc_event granted;
    const Ticks now = sc_core::sc_time_stamp().value();
    pending_.push_back({request, now, &grant, &granted});
    ev_arbitrate_.notify(from_now(std::max(now, bus_free_) + kAfterThisInstant));
    wait(granted);
    return grant;
}

void Dram::arbitrate() {
    const auto next =
        std::min_element(pending_.begin(), pending_.end(), [](const Pending& a, const Pending& b) {
            return std::tie(a.arrived, a.request.initiator) <
                   std::tie(b.arrived, b.request.initiator);
        });
    const Pending chosen = *next;
    pending_.erase(next);
    const DramTiming timing = dram_timing(config_, 1e6 / static_cast<double>(period_));
    const double ticks = static_cast<double>(chosen.request.bytes) / timing.bytes_per_cycle *
                         static_cast<double>(period_);
    const auto taken = static_cast<Ticks>(std::llround(ticks));
    const Cycles latency = chosen.request.write ? timing.write_latency : timing.read_latency;
    const Ticks begin = std::max(chosen.arrived, bus_free_);
    bus_free_ = begin + taken;
    bus_ticks_ += taken;
    bytes_ += chosen.request.bytes;
    *chosen.grant = {bus_free_, bus_free_ + latency.count * period_};
    chosen.granted->notify(sc_core::SC_ZERO_TIME);
    if (!pending_.empty()) ev_arbitrate_.notify(from_now(bus_free_ + kAfterThisInstant));
}

}  // namespace mambasic::models
