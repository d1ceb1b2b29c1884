// A chip that computes golden's bits: drives checks and dumps without SystemC.
#pragma once

#include <functional>
#include <string>

#include "sim/run.h"
#include "traces/trace.h"

namespace mambasic::sim {

using OnOutput = std::function<void(const LayerOutput&)>;

void run_perfect_chip(const traces::Trace& trace, const OnOutput& on_output);

/// A trace of the tiny network, made once for the test program.
traces::Trace tiny_trace(traces::Phase phase, traces::RecordLevel record);

/// A path for a file of this process.
std::string scratch_path(const std::string& name);

}  // namespace mambasic::sim
