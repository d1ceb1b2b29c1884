// Causal convolution + SiLU + quantize as a block: one tile of tokens in flight.
// Not modelled: a next tile entering while the last one drains.
#pragma once

#include <functional>

#include "models/common/worker.h"
#include "models/conv/conv_function.h"
#include "models/nonlinear/nonlinear_config.h"
#include "models/scale_table/scale_table.h"

namespace mambasic::models {

class Conv : public Worker {
public:
    using Bind = std::function<Bound<ConvTile>(const Task&)>;

    Conv(const sc_core::sc_module_name& name, const ConvConfig& config,
         const NonlinearConfig& nonlinear, ScaleTable& scales, const WorkerPorts& ports,
         bool numerics, Bind bind);

private:
    TileWork perform(const Task& task) override;

    const ConvConfig config_;
    const NonlinearConfig nonlinear_;
    ScaleTable& scales_;
    const bool numerics_;
    const Bind bind_;
};

}  // namespace mambasic::models
