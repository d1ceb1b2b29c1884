// A chip that computes golden's bits: drives checks and dumps without SystemC.
#pragma once

#include <functional>
#include <string>

#include "sim/run.h"
#include "traces/synth/scheme.h"
#include "traces/trace.h"

namespace mambasic::sim {

using OnOutput = std::function<void(const LayerOutput&)>;

void run_perfect_chip(const traces::Trace& trace, const OnOutput& on_output);

struct TinyModel {
    std::string network = "tiny";
    traces::synth::Scheme scheme = traces::synth::Scheme::Quamba1;
};

/// A trace of a tiny network, 2 sequences.
traces::Trace tiny_trace(traces::Phase phase, traces::RecordLevel record,
                         const TinyModel& model = {});

/// A path for a file of this process.
std::string scratch_path(const std::string& name);

}  // namespace mambasic::sim
