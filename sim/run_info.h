// What a trace would say of itself, had this scheme's run on this chip recorded its results.
#pragma once

#include "sim/chip_config.h"
#include "sim/scheme.h"
#include "traces/trace.h"

namespace mambasic::sim {

/// The trace's metadata with the scheme's code of x in each layer and the chip's way to x_proj.
traces::TraceInfo run_info(const traces::TraceInfo& info, const Scheme& scheme,
                           const ChipConfig& chip);

}  // namespace mambasic::sim
