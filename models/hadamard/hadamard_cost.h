// Cycles, memory traffic and area of the Hadamard unit.
// Not modelled: two rows in flight, which would hide the latency between passes.
#pragma once

#include "models/common/cost.h"
#include "models/hadamard/hadamard_config.h"
#include "models/hadamard/hadamard_function.h"

namespace mambasic::models {

/// Passes over one row: k butterflies of a width m 2^k, and m accumulations of the m x m factor.
std::uint64_t hadamard_passes(std::uint64_t width);
bool hadamard_fits(const HadamardConfig& config, std::uint64_t width);
Cycles hadamard_cycles(const HadamardConfig& config, const HadamardShape& shape);
SramTraffic hadamard_traffic(const HadamardShape& shape);
/// The row buffer, which every pass reads and writes.
StoreTraffic hadamard_buffer_traffic(const HadamardShape& shape);
MemoryPart hadamard_buffer(const HadamardConfig& config);
AreaParts hadamard_area(const HadamardConfig& config);

}  // namespace mambasic::models
