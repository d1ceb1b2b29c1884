// Residual add + RMSNorm + quantize as a block: one tile of rows in flight.
// Not modelled: rows of two tiles in one pipeline.
#pragma once

#include <functional>

#include "models/common/worker.h"
#include "models/nonlinear/nonlinear_config.h"
#include "models/norm/norm_function.h"

namespace mambasic::models {

struct BoundNorm : Bound<NormTile> {
    bool has_residual_in = false;
};

class Norm : public Worker {
public:
    using Bind = std::function<BoundNorm(const Task&)>;

    Norm(const sc_core::sc_module_name& name, const NormConfig& config,
         const NonlinearConfig& nonlinear, const WorkerPorts& ports, bool numerics, Bind bind);

private:
    TileWork perform(const Task& task) override;

    const NormConfig config_;
    const NonlinearConfig nonlinear_;
    const bool numerics_;
    const Bind bind_;
};

}  // namespace mambasic::models
