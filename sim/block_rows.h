// The report's block table: every part of the chip with its time, energy, area and counts.
#pragma once

#include <string>
#include <vector>

#include "sim/energy.h"
#include "sim/result.h"

namespace mambasic::sim {

inline reports::Band band(const models::Banded& b) { return {b.value, b.low, b.high}; }

/// Each row accounts for every cycle of the run. Throws models::InternalError where a scratchpad's
/// ports would have passed more than they can.
std::vector<reports::BlockRow> block_rows(const RunFacts& facts, const EnergyModel& energy);
/// What tiles lost to conflicts in the banks, and what helps; empty where nothing.
std::string conflict_note(const RunFacts& facts);

}  // namespace mambasic::sim
