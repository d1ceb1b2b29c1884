// One trace on one chip under several schemes, each in a process of its own, checked against golden
// under the same scheme.
#pragma once

#include <vector>

#include "reports/comparison.h"
#include "sim/chip_config.h"
#include "sim/commands/output.h"
#include "traces/trace.h"

namespace mambasic::sim {

struct CompareRequest {
    const ChipConfig& chip;
    const std::vector<Scheme>& schemes;
    const traces::Trace& trace;
    bool numerics = true;  // false: timing only, no check
    std::uint32_t first_layer = 0;
    std::uint32_t layers = 0;
    unsigned jobs = 1;
    Asked asked;
};

/// A scheme that cannot run is told as refused beside those that can, and changes nothing of
/// theirs. Throws what run_children does (compare_children.h).
reports::Comparison compare(const CompareRequest& request);

}  // namespace mambasic::sim
