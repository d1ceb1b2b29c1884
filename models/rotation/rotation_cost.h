// Cycles, memory traffic and area of the rotation unit.
// Not modelled: two rows in flight, which would hide the latency between passes; in front of the
// matrix the wait for the last sums' codes. Turning back reads columns of the matrix, whose rows
// lie in DRAM one after another: it takes the same bytes here, as though they came in whole bursts.
// A trace has one matrix for all layers, which every op of every layer fetches again: that it could
// stay on the chip.
#pragma once

#include "models/common/cost.h"
#include "models/rotation/rotation_config.h"
#include "models/rotation/rotation_function.h"
#include "models/x_code/x_use.h"

namespace mambasic::models {

bool rotation_fits(const RotationConfig& config, std::uint64_t width);
Cycles rotate_cycles(const RotationConfig& config, const RotationShape& shape);
Cycles unrotate_cycles(const RotationConfig& config, const RotationShape& shape);
SramTraffic rotate_traffic(const RotationConfig& config, const RotationShape& shape);
SramTraffic unrotate_traffic(const RotationConfig& config, const RotationShape& shape);
/// The row buffer, which every pass reads and writes; the divider reads it behind the last one.
StoreTraffic rotate_buffer_traffic(const RotationShape& shape);
StoreTraffic unrotate_buffer_traffic(const RotationShape& shape);
MemoryPart rotation_buffer(const RotationConfig& config);

/// What the layers of a network ask for.
struct RotationNeeds {
    bool hadamard = false;
    bool dense = false;
};
RotationNeeds rotation_needs(const XUses& uses);
AreaParts rotation_area(const RotationConfig& config, const RotationNeeds& needs);

}  // namespace mambasic::models
