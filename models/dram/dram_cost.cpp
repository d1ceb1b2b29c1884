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

DramTiming dram_timing(const DramConfig& config, double clock_ghz) {
    DramTiming timing;
    timing.peak_bytes_per_cycle = config.peak_gb_per_s / clock_ghz;
    timing.bytes_per_cycle = timing.peak_bytes_per_cycle * config.efficiency;
    timing.read_latency = whole_cycles(config.read_latency_ns * clock_ghz);
    timing.write_latency = whole_cycles(config.write_latency_ns * clock_ghz);
    return timing;
}

Cycles dram_bus_cycles(const DramTiming& timing, std::uint64_t bytes) {
    return whole_cycles(static_cast<double>(bytes) / timing.bytes_per_cycle);
}

Banded dram_pj_per_byte(const DramConfig& config) {
    constexpr double kBitsPerByte = 8;
    return config.energy_pj_per_bit * kBitsPerByte;
}

}  // namespace mambasic::models
