// Shapes of tiles that more than one place derives from a task's region.
#pragma once

#include "models/common/task.h"
#include "models/rotation/rotation_function.h"
#include "models/ssm/ssd_function.h"
#include "traces/dims.h"
#include "traces/x_code.h"

namespace mambasic::sim {

/// Groups of the schedule are whole heads.
inline models::SsdShape ssd_shape(const traces::Dims& dims, const models::Region& region) {
    models::SsdShape shape;
    shape.sequences = region.sequences;
    shape.tokens = region.tokens;
    shape.heads = region.channels / dims.head_dim;
    shape.head_dim = dims.head_dim;
    shape.states = dims.d_state;
    shape.heads_per_group = dims.heads / dims.groups;
    shape.first_head = region.channel / dims.head_dim;
    return shape;
}

inline models::RotationShape rotation_shape(const traces::Dims& dims, const traces::XCode& code,
                                            const models::Region& region) {
    models::RotationShape shape;
    shape.kind = code.dense ? models::RotationKind::Dense : models::RotationKind::Hadamard;
    shape.rows = region.rows();
    shape.width = dims.d_inner;
    shape.first = region.channel;
    shape.count = region.channels;
    return shape;
}

}  // namespace mambasic::sim
