// The counters of a timeline: what the DRAM moved in each bucket of time, and what each on-chip
// memory holds whenever that changes.
// Not modelled: when a request's bytes moved; all of them count when the last is over.
#pragma once

#include <array>
#include <functional>

#include "models/common/occupancy.h"
#include "sim/timeline_window.h"
#include "sim/timeline_writer.h"

namespace mambasic::sim {

class TimelineCounters {
public:
    using Emit = std::function<void(const TimelineSample&)>;
    TimelineCounters(const TimelineWindow& window, models::Ticks period, Emit emit);

    std::vector<TimelineCounter> list() const;
    /// `visible`: the window's layers are at work; of no matter where it is a span of time.
    void held(const models::Occupancy& occupancy, models::Ticks now, bool visible);
    void moved(bool write, std::uint64_t bytes, models::Ticks now, bool visible);
    void ended(models::Ticks end);

private:
    using Values = std::array<std::uint64_t, 2>;
    static constexpr std::size_t kDram = models::kMemoryCount;
    struct Level {
        Values values{};
        std::uint64_t since = 0;
        bool unsent = false;
        bool hidden = true;  // what was sent last is no longer so
    };
    void put(std::size_t counter, std::uint64_t cycle, const Values& values, bool visible);
    void settle(std::size_t counter, std::uint64_t before);
    void close_bucket(std::uint64_t end);

    const std::uint64_t begin_, end_;  // cycles of the window
    const bool by_layer_;
    const models::Ticks period_;
    const std::uint64_t bucket_cycles_;
    const Emit emit_;
    std::array<Level, models::kMemoryCount + 1> levels_;
    std::uint64_t bucket_ = 0;
    Values bucket_bytes_{};  // read, written
    bool bucket_visible_ = false;
};

}  // namespace mambasic::sim
