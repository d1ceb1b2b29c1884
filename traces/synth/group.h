// Quamba2's group scales for a trace that was captured without them.
#pragma once

#include <cstdint>
#include <string>

#include "traces/synth/synthesize.h"
#include "traces/trace.h"

namespace mambasic::traces::synth {

/// Writes the Mamba2 trace (scheme quamba1) with its heads and channels reordered and with scales
/// for head_groups x dim_groups cells of each SSD group, calibrated on the inputs that the trace
/// holds. Codes of in_proj and conv move with their channels and stay what they are; out_proj is
/// stored rotated, so it is turned back, reordered, rotated and quantized again. Layer after layer
/// runs in golden on what the regrouped layers before it give; results are recorded anew.
/// Throws TraceError for a trace that cannot be grouped so.
void group(const Trace& trace, std::uint32_t head_groups, std::uint32_t dim_groups,
           const std::string& path, const Progress& progress = {});

}  // namespace mambasic::traces::synth
