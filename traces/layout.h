// The one list of what a trace holds: the writer follows it, open() demands it, and a shapes-only
// trace is expanded from it (FORMAT.md, "Tensors").
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "traces/trace.h"

namespace mambasic::traces {

/// Every tensor of a trace with this metadata, in file order, without data.
std::vector<Tensor> layout(const TraceInfo& info);

/// "backbone.layers.7.mixer.in_proj.weight" for the trace's layer `index`.
std::string weight_key(const TraceInfo& info, std::uint32_t index, const std::string& name);
/// "trace.layers.7.scan.output" for the trace's layer `index`.
std::string trace_key(const TraceInfo& info, std::uint32_t index, const std::string& name);

/// The rows a stored int8 weight has: n rounded up to 16 (kernels.md 2.1).
std::uint32_t padded_rows(std::uint32_t n);

/// Rows of norm_f and lm_head in a trace: the last token of each sequence in prefill, all in
/// decode.
std::uint64_t head_rows(const TraceInfo& info);

}  // namespace mambasic::traces
