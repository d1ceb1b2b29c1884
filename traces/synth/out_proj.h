// out_proj is stored rotated: its input is transformed by the online Hadamard (kernels.md 4.4).
#pragma once

#include <vector>

#include "traces/linear.h"
#include "traces/synth/grouping.h"

namespace mambasic::traces::synth {

/// [D][E], the online transform taken out again: its columns are channels of what is transformed.
std::vector<float> unrotated_out_proj(const Linear& linear);

/// As it is stored: the columns [E] of every row in the grouping's order, then the row transformed
/// (kernels.md 6.4).
void reorder_and_rotate(const Grouping& grouping, std::vector<float>& out_proj);

}  // namespace mambasic::traces::synth
