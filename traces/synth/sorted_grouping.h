// Which channels of a Mamba1 layer share a scale. Nothing ties its channels to each other, so any
// of them may stand next to any other (FORMAT.md counts 16 neighbours as a head).
#pragma once

#include <vector>

#include "traces/synth/grouping.h"

namespace mambasic::traces::synth {

/// All channels are sorted by `statistic` [E], which says how large each channel of the conv output
/// gets. Heads of 16 neighbours of that order are cut into head groups (Ward, neighbours only, of
/// the values themselves: unlike kernels.md 6.4's directions, sizes are all that tells such heads
/// apart). In each head group of M heads the channels are then dealt so that each of the 16
/// positions has M neighbours of the order, and the positions are cut into dim groups as in 6.4. A
/// cell is thus a run of the sorted channels, and HG x DG cells are as many different runs. Were
/// the 16 neighbours left in one head, its positions would hardly differ, and dim groups would
/// bring little.
Grouping group_sorted_channels(const Dims& dims, const GroupShape& shape,
                               const std::vector<float>& statistic);

}  // namespace mambasic::traces::synth
