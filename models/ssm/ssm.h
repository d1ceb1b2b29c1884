// The selective-scan core as a block: one tile (tokens x channels) in flight.
// Not modelled: the state store filled by DMA while the core works on the same bank.
#pragma once

#include <functional>

#include "models/common/worker.h"
#include "models/nonlinear/nonlinear_config.h"
#include "models/ssm/ssm_function.h"

namespace mambasic::models {

class Ssm : public Worker {
public:
    using Bind = std::function<Bound<SsmTile>(const Task&)>;

    Ssm(const sc_core::sc_module_name& name, const SsmConfig& config,
        const NonlinearConfig& nonlinear, const WorkerPorts& ports, bool numerics, Bind bind);

private:
    TileWork perform(const Task& task) override;

    const SsmConfig config_;
    const NonlinearConfig nonlinear_;
    const bool numerics_;
    const Bind bind_;
};

}  // namespace mambasic::models
