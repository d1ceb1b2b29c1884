#include "models/dram/dram_cost.h"

#include <cmath>

namespace mambasic::models {

namespace {

// A product that is whole but for the last bits of a double must not cost a cycle more.
Cycles whole_cycles(double cycles) {
    constexpr double kRoundingSlack = 1e-9;
    return {static_cast<std::uint64_t>(std::ceil(cycles * (1 - kRoundingSlack)))};
}

}  // namespace

StreamTiming stream_timing(const DramConfig& config, double clock_ghz) {
    StreamTiming timing;
    timing.peak_bytes_per_cycle = config.peak_gb_per_s() / clock_ghz;
    timing.bytes_per_cycle = timing.peak_bytes_per_cycle * config.stream.efficiency;
    timing.read_latency = whole_cycles(config.stream.read_latency_ns * clock_ghz);
    timing.write_latency = whole_cycles(config.stream.write_latency_ns * clock_ghz);
    return timing;
}

Cycles stream_bus_cycles(const StreamTiming& timing, std::uint64_t bytes) {
    return whole_cycles(static_cast<double>(bytes) / timing.bytes_per_cycle);
}

DramPrices dram_prices(const DramConfig& config) {
    constexpr double kBitsPerByte = 8;
    const double bits = kBitsPerByte * config.organization.burst_bytes;
    const DramEnergy& e = config.energy;
    return {(e.read_pj_per_bit + e.io_pj_per_bit) * bits,
            (e.write_pj_per_bit + e.io_pj_per_bit) * bits};
}

Banded dram_row_pj(const DramConfig& config, const DramActivity& activity) {
    return config.energy.activate_pj * static_cast<double>(activity.activates) +
           config.energy.refresh_pj * activity.refreshes;
}

}  // namespace mambasic::models
