// The external memory in closed form: latency, bandwidth, energy of a byte.
// Not modelled: banks, rows, refresh (efficiency stands for them), background power, PHY area.
#pragma once

#include "models/common/units.h"
#include "models/dram/dram_config.h"

namespace mambasic::models {

/// The memory as the chip's clock sees it.
struct DramTiming {
    double bytes_per_cycle = 0;  // that streaming reaches
    double peak_bytes_per_cycle = 0;
    Cycles read_latency;
    Cycles write_latency;
};
DramTiming dram_timing(const DramConfig& config, double clock_ghz);

/// Cycles that the data bus is taken; a transfer alone takes its latency on top.
Cycles dram_bus_cycles(const DramTiming& timing, std::uint64_t bytes);

Banded dram_pj_per_byte(const DramConfig& config);

}  // namespace mambasic::models
