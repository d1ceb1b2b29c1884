// What a roofline is drawn from: how much an op computes, and the peaks of array and memory.
// Not modelled: roofs of the other blocks, whose lanes are of many kinds.
#pragma once

#include <cstdint>

#include "models/common/counts.h"
#include "reports/report.h"
#include "sim/chip_config.h"

namespace mambasic::sim {

/// Arithmetic on integers and in FP32, a multiply-add being two. Conversions, quantization and
/// moves are none.
std::uint64_t operations_of(const models::Counts& counts);

reports::Peaks peaks_of(const ChipConfig& chip, bool int4_weights);

}  // namespace mambasic::sim
