// Figures of a report that leave the ranges its card calls plausible, each with its likely cause.
// Not looked at: runs without a multiplication, area, and what no chip has been published for.
#pragma once

#include <string>
#include <vector>

#include "sim/result.h"

namespace mambasic::sim {

/// One line a figure; none where all are plausible. `report` has its totals, blocks and DRAM.
std::vector<std::string> doubts(const RunFacts& facts, const reports::Report& report);

}  // namespace mambasic::sim
