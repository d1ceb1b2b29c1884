// What a plan costs, estimated before the run: how the plan's group size is chosen.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/layer_plan.h"

namespace mambasic::sim {

struct TrialCost {
    std::uint64_t cycles = 0;
    std::uint64_t dram_bytes = 0;
};

/// Writes the tasks of the first layers (at most three: the middle one has neighbours on both
/// sides) as the run will, and lets each block take its own in order, a task when its operands and
/// its space are there, for as long as the block's own cost formula says.
/// Not modelled: scale lookups, DRAM latency, DMA set-up, loads and stores in each other's way
/// (together they take at least what the bus needs for their bytes), scratchpad ports.
TrialCost try_layers(const Workload& work, const ChipConfig& chip, const std::vector<Tile>& tiles,
                     const LayerPlan& plan);

}  // namespace mambasic::sim
