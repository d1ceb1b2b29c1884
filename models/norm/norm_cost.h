// Cycles, memory traffic and area of the residual-add + RMSNorm unit.
// Not modelled: a third pass in flight, interleaving of rows in the running sum.
#pragma once

#include "models/common/cost.h"
#include "models/nonlinear/nonlinear_config.h"
#include "models/norm/norm_config.h"
#include "models/norm/norm_function.h"

namespace mambasic::models {

Cycles norm_cycles(const NormConfig& config, const NonlinearConfig& nonlinear,
                   const NormShape& shape);
SramTraffic norm_traffic(const NormShape& shape, bool has_residual_in);
AreaParts norm_area(const NormConfig& config, const NonlinearConfig& nonlinear);

}  // namespace mambasic::models
