// Cycles and area of the DMA engines, as far as they are their own: the DRAM's time is the DRAM's.
// Not modelled: address translation, bursts split at row borders, dynamic energy of the chunk
// buffers (they leak, but passing bytes through them is free).
#pragma once

#include "models/common/cost.h"
#include "models/dma/dma_config.h"

namespace mambasic::models {

/// Cycles that an engine needs to move `bytes` between its buffer and a scratchpad.
Cycles dma_move_cycles(const DmaConfig& config, std::uint64_t bytes);
/// One engine, load or store: a buffer of two chunks.
AreaParts dma_area(const DmaConfig& config);

}  // namespace mambasic::models
