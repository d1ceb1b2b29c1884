// Any scheme's scales for a trace, whatever scheme it was captured with.
#pragma once

#include <string>
#include <vector>

#include "traces/synth/scheme.h"
#include "traces/synth/synthesize.h"
#include "traces/trace.h"

namespace mambasic::traces::synth {

/// Writes the trace with the target's scales of conv output, state and out_proj's input, calibrated
/// on the inputs that the trace holds. Layer after layer runs in golden on what the regrouped
/// layers before it give; results are recorded anew. All other scales and codes stay what they are,
/// with two exceptions. Groups for a trace that has none are made by moving heads and channels
/// (kernels.md 6.4, sorted_grouping.h), and out_proj, which is stored rotated, is then turned back,
/// reordered, rotated and quantized again. In 4 bits that loses more than groups gain, so a trace
/// that has groups keeps its order, and other ranges are cut in it. Nothing moves either for one
/// scale, nor where no order is better than another (needs_no_order); a trace with such groups
/// counts as one without. And Mamba1's x_proj, whose weights hold the scales of its input's
/// channels (FORMAT.md), is quantized again where these change against each other or move; the
/// reference is the largest of them. Throws TraceError for a shape that the network has no room
/// for.
void regroup(const Trace& trace, const TargetScales& target, const std::string& path,
             const Progress& progress = {});
/// The same with a target for each layer of the trace. Scales of a code of x are made where a
/// target has one of its own, and results are recorded with it; x_proj reads int8 copies then.
void regroup(const Trace& trace, const std::vector<TargetScales>& targets, const std::string& path,
             const Progress& progress = {});

/// The same, calibrated on the inputs of all traces; the first one is the one that is written.
/// Every sequence of each is a sample, in their order. Throws TraceError for a trace that does not
/// hold the first one's layers, with the same weights and scales.
void calibrate(const std::vector<const Trace*>& traces, const std::vector<TargetScales>& targets,
               const std::string& path, const Progress& progress = {});

}  // namespace mambasic::traces::synth
