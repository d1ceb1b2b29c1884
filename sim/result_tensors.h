// The names, types and shapes of what a run makes, as a trace or a dump stores them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "traces/trace.h"

namespace mambasic::sim {

/// Every tensor that a run of this trace makes, whatever the trace recorded; in the run's order.
std::vector<traces::Tensor> result_layout(const traces::TraceInfo& info);

/// "trace.layers.3.scan.output"; `layer` as in LayerOutput.
std::string result_key(const traces::TraceInfo& info, std::int32_t layer, const std::string& name);

/// True of tensors that have no token dimension: they hold what is left after the last token.
bool is_state(const std::string& tensor);

}  // namespace mambasic::sim
