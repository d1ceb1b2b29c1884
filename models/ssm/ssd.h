// The SSM core of a chip that runs Mamba2: one tile (tokens x heads) in flight. It takes the
// selective scan's place.
// Not modelled: the state store filled by DMA while the core works on the same bank.
#pragma once

#include <functional>

#include "models/common/worker.h"
#include "models/nonlinear/nonlinear_config.h"
#include "models/scale_table/scale_table.h"
#include "models/ssm/ssd_function.h"

namespace mambasic::models {

/// What a task works on, and what it asks of the scale table for that.
struct SsdBound {
    Bound<SsdTile> bound;
    LookupDemand lookups;
};

class Ssd : public Worker {
public:
    using Bind = std::function<SsdBound(const Task&)>;
    struct Parts {
        const SsmConfig& config;
        const NonlinearConfig& nonlinear;
        ScaleTable& scales;
    };

    Ssd(const sc_core::sc_module_name& name, const Parts& parts, const WorkerPorts& ports,
        bool numerics, Bind bind);

private:
    TileWork perform(const Task& task) override;

    const SsmConfig config_;
    const NonlinearConfig nonlinear_;
    ScaleTable& scales_;
    const bool numerics_;
    const Bind bind_;
};

}  // namespace mambasic::models
