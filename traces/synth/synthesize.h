// Makes a complete trace of a made-up model: weights, scales, inputs, states, and the outputs that
// golden gives. Deterministic: the options decide every byte, on any machine, for any thread count.
// Holds one layer at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "traces/synth/synth_options.h"

namespace mambasic::traces::synth {

using Progress = std::function<void(std::uint32_t done, std::uint32_t of)>;  // layers

/// Throws TraceError where the options contradict each other or the file cannot be written.
void synthesize(const SynthOptions& options, const std::string& path,
                const Progress& progress = {});

}  // namespace mambasic::traces::synth
