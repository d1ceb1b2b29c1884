// Cycles, memory traffic and area of the convolution unit.
// Not modelled: the sparsity of zero taps, stalls on its scale (that is the scale table's time), an
// fma that is smaller because one of its factors is an int8 code.
#pragma once

#include "models/common/cost.h"
#include "models/conv/conv_config.h"
#include "models/conv/conv_function.h"
#include "models/nonlinear/nonlinear_config.h"

namespace mambasic::models {

Cycles conv_cycles(const ConvConfig& config, const NonlinearConfig& nonlinear,
                   const ConvShape& shape);
/// `x`: where it is not int8.
SramTraffic conv_traffic(const ConvShape& shape, const XOutput& x = {});
/// What the histories add to it; `zeros` where they begin as zeros (the first tile of a prefill).
SramTraffic conv_history_traffic(const ConvShape& shape, bool zeros);
/// Without what other codes of x than int8 need besides: x_quantizer_area(). No `uses`: int8.
AreaParts conv_area(const ConvConfig& config, const NonlinearConfig& nonlinear,
                    const XUses& uses = {});

}  // namespace mambasic::models
