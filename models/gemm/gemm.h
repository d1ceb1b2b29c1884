// The MAC array as a block: one tile (rows x panel) in flight.
// Not modelled: clock gating inside a tile, weights of the next task loaded during this one.
#pragma once

#include <functional>

#include "models/common/worker.h"
#include "models/gemm/gemm_function.h"

namespace mambasic::models {

class Gemm : public Worker {
public:
    /// What a task works on: shapes always, data only where numerics are on.
    using Bind = std::function<GemmTile(const Task&)>;

    Gemm(const sc_core::sc_module_name& name, const GemmConfig& config, const WorkerPorts& ports,
         bool numerics, Bind bind);

private:
    TileWork perform(const Task& task) override;

    const GemmConfig config_;
    const bool numerics_;
    const Bind bind_;
};

}  // namespace mambasic::models
