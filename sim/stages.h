// What a chip's pipelines have to do in the cycles that its keys give them: primitives one behind
// the other, for a card's delays to be added up.
// Not modelled: how evenly a pipeline is cut into its cycles, wires, the registers between them;
// the access time of memories (models/common/cost.h).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/chip_config.h"

namespace mambasic::sim {

/// What of a network's kind or scheme a path of the chip is for.
enum class UsedBy : std::uint8_t { All, Mamba1, Mamba2, Rotation, OwnCodes, Requantized };

struct Stage {
    std::string key;   // that gives the cycles: "norm.sum_ii_cycles"; or only the block: one cycle
    std::string what;  // "running sum"
    std::vector<models::Primitive> series;  // of a primitive that is one bit: all bits at once
    std::uint32_t cycles = 1;
    UsedBy used_by = UsedBy::All;
};

/// Of all blocks, whether a network uses them or not. Where a pipeline has two uses each is listed.
std::vector<Stage> stages(const ChipConfig& chip);

}  // namespace mambasic::sim
