// Port time and physical form of a scratchpad; energy and area follow from the form (cost.h).
// Not modelled: bank conflicts (addresses spread evenly). Blocks share the ports in sram.h.
#pragma once

#include <string>

#include "models/common/cost.h"
#include "models/sram/sram_config.h"

namespace mambasic::models {

/// Cycles that the ports need for a tile's bytes: a lower bound on the tile's time.
Cycles sram_port_cycles(const SramConfig& config, std::uint64_t read_bytes,
                        std::uint64_t write_bytes);
MemoryPart sram_part(const SramConfig& config, const std::string& name);

}  // namespace mambasic::models
