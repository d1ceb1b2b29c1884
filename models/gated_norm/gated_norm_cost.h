// Cycles, memory traffic and area of the gated RMSNorm unit.
// Not modelled: interleaving of groups in the running sum; the space of the one or two groups of
// FP32 values that lie in the activation scratchpad between the two passes.
#pragma once

#include "models/common/cost.h"
#include "models/gated_norm/gated_norm_config.h"
#include "models/gated_norm/gated_norm_function.h"
#include "models/nonlinear/nonlinear_config.h"

namespace mambasic::models {

Cycles gated_norm_cycles(const GatedNormConfig& config, const NonlinearConfig& nonlinear,
                         const GatedNormShape& shape);
SramTraffic gated_norm_traffic(const GatedNormShape& shape);
AreaParts gated_norm_area(const GatedNormConfig& config, const NonlinearConfig& nonlinear);

}  // namespace mambasic::models
