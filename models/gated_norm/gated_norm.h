// Gated RMSNorm as a block: one tile of rows in flight.
// Not modelled: rows of two tiles in one pipeline.
#pragma once

#include <functional>

#include "models/common/worker.h"
#include "models/gated_norm/gated_norm_function.h"

namespace mambasic::models {

class GatedNorm : public Worker {
public:
    using Bind = std::function<Bound<GatedNormTile>(const Task&)>;

    GatedNorm(const sc_core::sc_module_name& name, const GatedNormConfig& config,
              const NonlinearConfig& nonlinear, const WorkerPorts& ports, bool numerics, Bind bind);

private:
    TileWork perform(const Task& task) override;

    const GatedNormConfig config_;
    const NonlinearConfig nonlinear_;
    const bool numerics_;
    const Bind bind_;
};

}  // namespace mambasic::models
