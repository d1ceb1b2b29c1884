#include "sim/timeline_counters.h"

#include <algorithm>
#include <utility>

namespace mambasic::sim {

namespace {

constexpr models::Ticks kBucketTicks = 1000000000;  // 1 us
constexpr double kBytesPerKib = 1024;
constexpr double kTicksPerNs = 1e6;

}  // namespace

TimelineCounters::TimelineCounters(const TimelineWindow& window, models::Ticks period, Emit emit)
    : begin_(window.begin),
      end_(window.end),
      by_layer_(window.layers.has_value()),
      period_(period),
      bucket_cycles_(std::max<std::uint64_t>(1, kBucketTicks / period)),
      emit_(std::move(emit)) {}

std::vector<TimelineCounter> TimelineCounters::list() const {
    std::vector<TimelineCounter> counters;
    for (std::size_t m = 0; m < models::kMemoryCount; ++m) {
        const std::string name = models::name_of(static_cast<models::Memory>(m));
        counters.push_back({name, "KiB", {"held"}, kBytesPerKib, "bytes", 1});
    }
    const double bucket_ns = static_cast<double>(bucket_cycles_ * period_) / kTicksPerNs;
    constexpr double kMegaPerGiga = 1000;
    counters.push_back(
        {"dram", "GB/s", {"read", "written"}, bucket_ns, "MB/s", bucket_ns / kMegaPerGiga});
    return counters;
}

// What holds from level.since on becomes an event when time has gone on: of several values in one
// instant only the last is one, and before the window only the last of all.
void TimelineCounters::settle(std::size_t counter, std::uint64_t before) {
    Level& level = levels_[counter];
    if (!level.unsent || level.since >= before || before <= begin_) return;
    level.unsent = false;
    const std::uint64_t cycle = std::max(level.since, begin_);
    if (cycle < end_) emit_({counter, cycle, level.values});
}

void TimelineCounters::put(std::size_t counter, std::uint64_t cycle, const Values& values,
                           bool visible) {
    settle(counter, cycle);
    Level& level = levels_[counter];
    if (by_layer_ && !visible) {
        level.hidden = level.hidden || values != level.values;
        level.values = values;
        return;
    }
    if (values == level.values && !level.hidden) return;
    level = {values, cycle, true, false};
}

void TimelineCounters::held(const models::Occupancy& occupancy, models::Ticks now, bool visible) {
    for (std::size_t m = 0; m < models::kMemoryCount; ++m) {
        put(m, now / period_, {occupancy.held_bytes(static_cast<models::Memory>(m)), 0}, visible);
    }
}

// What lands at the very end of a bucket was moved in it.
void TimelineCounters::moved(bool write, std::uint64_t bytes, models::Ticks now, bool visible) {
    const std::uint64_t bucket = (std::max<models::Ticks>(now, 1) - 1) / (bucket_cycles_ * period_);
    if (bucket != bucket_) {
        close_bucket(TimelineWindow::kOpen);
        bucket_ = bucket;
    }
    bucket_bytes_[write ? 1 : 0] += bytes;
    bucket_visible_ = bucket_visible_ || visible;
}

void TimelineCounters::close_bucket(std::uint64_t end) {
    const std::uint64_t first = bucket_ * bucket_cycles_;
    put(kDram, first, bucket_bytes_, bucket_visible_);
    put(kDram, std::min(first + bucket_cycles_, end), {}, bucket_visible_);
    bucket_bytes_ = {};
    bucket_visible_ = false;
}

void TimelineCounters::ended(models::Ticks end) {
    const std::uint64_t cycle = end / period_;
    close_bucket(cycle);
    for (std::size_t c = 0; c < levels_.size(); ++c) settle(c, cycle + 1);
}

}  // namespace mambasic::sim
