// What a memory did, as numbers. Reports and energy come from these.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "models/common/units.h"

namespace mambasic::models {

/// Bin i counts reads that took 2^(i-1) ns and more, less than 2^i ns; the last one all above.
constexpr std::size_t kLatencyBins = 16;

/// Of one channel, in cycles of the memory's clock.
struct DramChannelCounts {
    std::uint64_t reads = 0, writes = 0;  // bursts
    std::uint64_t hits = 0, misses = 0, conflicts = 0;
    std::uint64_t activates = 0;
    std::uint64_t refreshes = 0, bank_refreshes = 0;  // of all banks of a unit; of one bank
    std::uint64_t read_latency = 0;                   // sum over reads, into the queue to last data
    std::array<std::uint64_t, kLatencyBins> read_latencies{};
    std::vector<std::uint64_t> busy;       // of a unit: data on its pins
    std::vector<std::uint64_t> refresh;    // of a unit: all banks in refresh
    std::vector<std::uint64_t> refreshed;  // of a unit: when the last of these ends
};

/// Of the whole memory. Ticks are means: over the data buses, over the units.
struct DramActivity {
    std::uint64_t read_bursts = 0, written_bursts = 0;
    std::uint64_t row_hits = 0, row_misses = 0, row_conflicts = 0;  // 0 in closed form
    std::uint64_t activates = 0;
    double refreshes = 0;  // of all banks of a unit; of one bank, its share of them
    std::uint64_t busy_ticks = 0, refresh_ticks = 0;
    double mean_read_latency_ns = 0;  // from the controller's queue to the last data
    std::array<std::uint64_t, kLatencyBins> read_latencies{};
};

}  // namespace mambasic::models
