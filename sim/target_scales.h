// The scales that a scheme asks of a trace.
#pragma once

#include "sim/scheme.h"
#include "traces/synth/regroup.h"

namespace mambasic::sim {

inline traces::synth::TargetScales target_scales(const LayerScheme& scheme,
                                                 const traces::Dims& dims) {
    if (scheme.groups == GroupsOf::One) return {};
    const traces::GroupShape shape = group_shape(scheme, dims);
    return {traces::synth::Scheme::Quamba2, shape.head_groups, shape.dim_groups};
}

}  // namespace mambasic::sim
