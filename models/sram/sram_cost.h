// Port time and physical form of a scratchpad; energy and area follow from the form (cost.h).
// Not modelled: conflicts of one block's addresses with another's (sram.h shares the ports between
// blocks as if addresses spread evenly), weights that lie in another order than they are read.
#pragma once

#include <string>

#include "models/common/cost.h"
#include "models/sram/sram_config.h"
#include "models/sram/sram_layout.h"

namespace mambasic::models {

/// Cycles that the ports need for a tile's bytes where these spread evenly over the banks: a lower
/// bound on the tile's time.
Cycles sram_port_cycles(const SramConfig& config, std::uint64_t read_bytes,
                        std::uint64_t write_bytes);
/// The same for a tile's activations, with what is lost where the columns that its block walks down
/// lie in few banks.
Cycles sram_walk_cycles(const SramConfig& config, const SramTraffic& traffic,
                        const SramLayout& layout);
MemoryPart sram_part(const SramConfig& config, const std::string& name);

}  // namespace mambasic::models
