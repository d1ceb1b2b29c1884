// What the size of a network's weights says about chips, for people: neither decides a figure.
#pragma once

#include <string>

#include "reports/report.h"
#include "sim/chip_config.h"
#include "traces/trace.h"

namespace mambasic::sim {

/// How often layers read their weights where weight_sram is too small to keep them between token
/// tiles, and which size would be enough; empty where they read them once. A decode step reads them
/// once on every chip, so there it is empty too.
std::string weight_note(const ChipConfig& chip, const traces::TraceInfo& info,
                        const reports::Report& report);

/// The name of the smallest chip in hw_config/chips, from the usual one upwards, whose weight_sram
/// holds an eighth of a layer's weights; the one that holds most where none holds that.
std::string chip_for(const traces::Dims& dims, bool int4_weights);

}  // namespace mambasic::sim
