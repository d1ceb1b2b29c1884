// The report's block table: every part of the chip with its time, energy, area and counts.
#pragma once

#include <vector>

#include "sim/energy.h"
#include "sim/result.h"

namespace mambasic::sim {

inline reports::Band band(const models::Banded& b) { return {b.value, b.low, b.high}; }

std::vector<reports::BlockRow> block_rows(const RunFacts& facts, const EnergyModel& energy);

}  // namespace mambasic::sim
