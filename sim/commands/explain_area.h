// What a chip's area is the sum of, part by part.
#pragma once

#include <string>
#include <vector>

#include "sim/workload.h"

namespace mambasic::sim {

/// The text of `mambasic explain area`: for every block its primitives and memories, how many of
/// them, what one takes and what all of them take, and the sum that a report shows.
std::string explain_area(const ChipConfig& chip, const Workload& work);

/// A block, or a part of one.
struct AreaRow {
    std::string block;
    std::string part;     // empty: the block itself, and of the rest only mm2 counts
    std::string made_of;  // a primitive of the technology card, or a memory's form
    double count = 0;
    models::Banded each_um2;  // of a memory: of one bank
    models::Banded mm2;
};

/// The rows of that table; blocks without area are left out.
std::vector<AreaRow> area_rows(const ChipConfig& chip, const Workload& work);

}  // namespace mambasic::sim
