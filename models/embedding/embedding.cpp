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

TileWork Embedding::perform(const Task& task) {
    const EmbeddingTile tile = bind_(task);
    TileWork result;
    if (numerics_) result.compute = [tile] { return embedding_compute(tile); };
    Work& work = result.work;
    work.counts = embedding_count(tile.shape);
    work.cycles = embedding_cycles(config_, tile.shape);
    work.sram = embedding_traffic(tile.shape);
    return result;
}

}  // namespace mambasic::models
