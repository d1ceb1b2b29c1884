// What a chip's area is the sum of, part by part.
#pragma once

#include <string>

#include "sim/workload.h"

namespace mambasic::sim {

/// The text of `mambasic explain area`: for every block its primitives and memories, how many of
/// them, what one takes and what all of them take, and the sum that a report shows.
std::string explain_area(const ChipConfig& chip, const Workload& work);

}  // namespace mambasic::sim
