// The scales that a scheme asks of a trace.
#pragma once

#include "sim/scheme.h"
#include "traces/synth/regroup.h"

namespace mambasic::sim {

inline traces::synth::TargetScales target_scales(const LayerScheme& scheme,
                                                 const traces::Dims& dims) {
    traces::synth::TargetScales target;
    target.observer = scheme.observer;
    target.x_code = scheme.x_code;
    if (scheme.groups == GroupsOf::One) return target;
    const traces::GroupShape shape = group_shape(scheme, dims);
    target.scheme = traces::synth::Scheme::Quamba2;
    target.head_groups = shape.head_groups;
    target.dim_groups = shape.dim_groups;
    return target;
}

}  // namespace mambasic::sim
