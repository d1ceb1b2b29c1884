// Cycles, memory traffic and area of the embedding dequantizer.
// Not modelled: the gather itself, which is DMA and DRAM time.
#pragma once

#include "models/common/cost.h"
#include "models/embedding/embedding_config.h"
#include "models/embedding/embedding_function.h"

namespace mambasic::models {

/// `lanes` elements of one row a cycle; rows follow each other without a bubble.
Cycles embedding_cycles(const EmbeddingConfig& config, const EmbeddingShape& shape);
SramTraffic embedding_traffic(const EmbeddingShape& shape);
AreaParts embedding_area(const EmbeddingConfig& config);

}  // namespace mambasic::models
