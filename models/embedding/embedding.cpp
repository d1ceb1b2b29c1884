#include "models/embedding/embedding.h"

#include <utility>

#include "models/embedding/embedding_cost.h"

namespace mambasic::models {

Embedding::Embedding(const sc_core::sc_module_name& name, const EmbeddingConfig& config,
                     const WorkerPorts& ports, bool numerics, Bind bind)
    : Worker(name, BlockId::Embedding, ports),
      config_(config),
      numerics_(numerics),
      bind_(std::move(bind)) {}

Work Embedding::perform(const Task& task) {
    const EmbeddingTile tile = bind_(task);
    Work work;
    work.counts = numerics_ ? embedding_compute(tile) : embedding_count(tile.shape);
    work.cycles = embedding_cycles(config_, tile.shape);
    work.sram = embedding_traffic(tile.shape);
    return work;
}

}  // namespace mambasic::models
