// A smaller trace out of a larger one: a run of its layers, with the input that they saw.
#pragma once

#include <cstdint>
#include <string>

#include "traces/trace.h"

namespace mambasic::traces::synth {

/// Layers first .. first + count - 1, counted within `trace`, written to `path`. All the layers
/// give the same trace again, head and all; fewer have no head, since tokens and logits belong to
/// the whole. The input of a later layer is taken from what was recorded, else computed with golden
/// (default options); so is the last layer's output at recording level `outputs`.
/// Throws TraceError for a range that the trace does not have.
void slice(const Trace& trace, std::uint32_t first, std::uint32_t count, const std::string& path);

}  // namespace mambasic::traces::synth
