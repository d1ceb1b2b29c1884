// The scheme of a run that names none.
#pragma once

#include <string>

#include "traces/trace.h"

namespace mambasic::sim {

/// The scheme that the trace names; where the trace has other groups than it, the first in
/// hw_config/schemes that has them. The trace's own again where none has: the run then says so.
std::string usual_scheme(const traces::Trace& trace);

}  // namespace mambasic::sim
