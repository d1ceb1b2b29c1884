// Cycles and area of the DMA engines, as far as they are their own: the DRAM's time is the DRAM's.
// Not modelled: address translation, bursts split at row borders.
#pragma once

#include "models/common/cost.h"
#include "models/dma/dma_config.h"

namespace mambasic::models {

/// Cycles that an engine needs to move `bytes` between its buffer and a scratchpad.
Cycles dma_move_cycles(const DmaConfig& config, std::uint64_t bytes);
/// A load and a store engine, each with two chunks of buffer.
AreaParts dma_area(const DmaConfig& config);

}  // namespace mambasic::models
