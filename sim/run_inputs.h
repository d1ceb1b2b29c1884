// Whether a chip, a scheme and a trace fit together, before anything runs.
#pragma once

#include "sim/chip_config.h"
#include "sim/run.h"
#include "sim/scheme.h"
#include "traces/trace.h"

namespace mambasic::sim {

/// Throws models::UserError with what to change. Sizes of memories are the schedule's to check.
void check_inputs(const ChipConfig& chip, const Scheme& scheme, const traces::Trace& trace,
                  const RunOptions& options);

/// The part of it that a scheme asks of a trace with its groups: no multiple of a scale of int8
/// that FP32 does not hold.
void check_factors(const Scheme& scheme, const traces::Trace& trace);

}  // namespace mambasic::sim
