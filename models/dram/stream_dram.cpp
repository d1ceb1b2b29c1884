#include "models/dram/stream_dram.h"

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

StreamDram::StreamDram(const sc_core::sc_module_name& name, DramConfig config, Ticks period)
    : Dram(name), config_(std::move(config)), period_(period) {
    SC_HAS_PROCESS(StreamDram);
    SC_METHOD(arbitrate);
    sensitive << ev_arbitrate_;
    dont_initialize();
    SC_METHOD(land);
    sensitive << ev_land_;
    dont_initialize();
}

std::uint64_t StreamDram::access(const DramRequest& request, DramClient& client) {
    Ticks accepted = 0;
    sc_core::sc_event granted;
    const Ticks now = sc_core::sc_time_stamp().value();
    pending_.push_back({request, now, &client, &accepted, &granted});
    ev_arbitrate_.notify(from_now(std::max(now, bus_free_) + kAfterThisInstant));
    wait(granted);
    wait(from_now(accepted));
    return dram_bursts(config_, request.address, request.bytes);
}

void StreamDram::arbitrate() {
    const auto next =
        std::min_element(pending_.begin(), pending_.end(), [](const Pending& a, const Pending& b) {
            return std::tie(a.arrived, a.request.initiator) <
                   std::tie(b.arrived, b.request.initiator);
        });
    const Pending chosen = *next;
    pending_.erase(next);
    const StreamTiming timing = stream_timing(config_, 1e6 / static_cast<double>(period_));
    const double ticks = static_cast<double>(chosen.request.bytes) / timing.bytes_per_cycle *
                         static_cast<double>(period_);
    const auto taken = static_cast<Ticks>(std::llround(ticks));
    const bool write = chosen.request.write;
    const Cycles latency = write ? timing.write_latency : timing.read_latency;
    const Ticks begin = std::max(chosen.arrived, bus_free_);
    bus_free_ = begin + taken;
    bus_ticks_ += taken;
    const Ticks done = bus_free_ + latency.count * period_;
    settled_ = std::max(settled_, done);
    (write ? activity_.written_bursts : activity_.read_bursts) +=
        dram_bursts(config_, chosen.request.address, chosen.request.bytes);
    *chosen.accepted = bus_free_;
    chosen.granted->notify(sc_core::SC_ZERO_TIME);
    landings_.emplace(done, Landing{chosen.client, chosen.request.tag});
    ev_land_.notify(from_now(done));
    if (!pending_.empty()) ev_arbitrate_.notify(from_now(bus_free_ + kAfterThisInstant));
}

void StreamDram::land() {
    const Landing landing = landings_.begin()->second;
    landings_.erase(landings_.begin());
    landing.client->landed(landing.tag);
}

DramActivity StreamDram::activity(Ticks) {
    activity_.busy_ticks = bus_ticks_;
    activity_.activates = ceil_div((activity_.read_bursts + activity_.written_bursts),
                                   config_.organization.columns());
    return activity_;
}

}  // namespace mambasic::models
