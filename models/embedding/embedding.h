// The embedding dequantizer as a block: one tile of rows in flight.
// Not modelled: the gather itself, which is DMA time.
#pragma once

#include <functional>

#include "models/common/worker.h"
#include "models/embedding/embedding_config.h"
#include "models/embedding/embedding_function.h"

namespace mambasic::models {

class Embedding : public Worker {
public:
    /// What a task works on: shapes always, data only where numerics are on.
    using Bind = std::function<EmbeddingTile(const Task&)>;

    Embedding(const sc_core::sc_module_name& name, const EmbeddingConfig& config,
              const WorkerPorts& ports, bool numerics, Bind bind);

private:
    TileWork perform(const Task& task) override;

    const EmbeddingConfig config_;
    const bool numerics_;
    const Bind bind_;
};

}  // namespace mambasic::models
