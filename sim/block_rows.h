// The report's block table: every part of the chip with its time, energy, area and counts.
#pragma once

#include <string>
#include <vector>

#include "sim/energy.h"
#include "sim/result.h"

namespace mambasic::sim {

inline reports::Band band(const models::Banded& b) { return {b.value, b.low, b.high}; }

/// Each row accounts for every cycle of the run. A scratchpad whose accesses would keep its ports
/// busy for longer than the run is shown busy all the time; port_notes() says how far off that is.
/// Not modelled: two blocks, or a block and the DMA, waiting for each other at the same ports.
std::vector<reports::BlockRow> block_rows(const RunFacts& facts, const EnergyModel& energy);
/// One for each scratchpad whose ports could not have passed the run's accesses in its time.
std::vector<std::string> port_notes(const RunFacts& facts);

}  // namespace mambasic::sim
