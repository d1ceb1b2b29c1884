// The external memory in closed form, latency and bandwidth, for plans and for dram.model stream;
// and what its commands cost, however they were timed.
// Not modelled: in closed form, banks, rows and refresh (efficiency stands for them); standby
// power, PHY area.
#pragma once

#include "models/common/units.h"
#include "models/dram/dram_config.h"
#include "models/dram/dram_counts.h"

namespace mambasic::models {

/// The memory as the chip's clock sees it.
struct StreamTiming {
    double bytes_per_cycle = 0;  // that streaming reaches
    double peak_bytes_per_cycle = 0;
    Cycles read_latency;
    Cycles write_latency;
};
StreamTiming stream_timing(const DramConfig& config, double clock_ghz);

/// Cycles that the data bus is taken; a transfer alone takes its latency on top.
Cycles stream_bus_cycles(const StreamTiming& timing, std::uint64_t bytes);

/// Of a burst: its bits.
struct DramPrices {
    Banded read_burst_pj;
    Banded write_burst_pj;
};
DramPrices dram_prices(const DramConfig& config);
/// Of rows opened and closed, and of refresh: one burst's row is the next one's, so no burst has
/// it.
Banded dram_row_pj(const DramConfig& config, const DramActivity& activity);

}  // namespace mambasic::models
