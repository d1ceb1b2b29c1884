// Any scheme's scales for a Mamba2 trace, whatever scheme it was captured with.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "traces/synth/scheme.h"
#include "traces/synth/synthesize.h"
#include "traces/trace.h"

namespace mambasic::traces::synth {

/// Writes the Mamba2 trace with the target's scales of conv output, state and out_proj's input,
/// calibrated on the inputs that the trace holds. Layer after layer runs in golden on what the
/// regrouped layers before it give; results are recorded anew. All other scales and codes stay what
/// they are, with one exception: groups for a trace that has none are made by moving heads and
/// channels (kernels.md 6.4), and out_proj, which is stored rotated, is then turned back,
/// reordered, rotated and quantized again. In 4 bits that loses more than groups gain, so a trace
/// that has groups keeps its order, and other ranges are cut in it. Nothing moves either for one
/// scale, nor where every group is one or all of the heads and one or all of their channels; a
/// trace with such groups counts as one without. Throws TraceError for a trace that is not Mamba2's
/// or a shape that the network has no room for.
void regroup(const Trace& trace, const TargetScales& target, const std::string& path,
             const Progress& progress = {});
/// The same with a target for each layer of the trace.
void regroup(const Trace& trace, const std::vector<TargetScales>& targets, const std::string& path,
             const Progress& progress = {});

}  // namespace mambasic::traces::synth
