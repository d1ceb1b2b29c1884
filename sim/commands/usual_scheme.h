// The scheme of a run that names none.
#pragma once

#include <string>

#include "traces/trace.h"

namespace mambasic::sim {

/// The scheme that the trace names; where the trace has other groups than it, or scales of another
/// observer, the first in hw_config/schemes that has both, or else the groups alone. The trace's
/// own again where none has: the run then says so. UserError where the trace has codes other than
/// int8 that no scheme there has: no run without them would be the trace's.
std::string usual_scheme(const traces::Trace& trace);

/// What the trace's groups, codes of x and observer are together, which its own word for the scheme
/// does not tell: "w4a5-se", "w4a5-se but for what makes its scales", or that they are no shipped
/// scheme's.
std::string scheme_text(const traces::Trace& trace);

}  // namespace mambasic::sim
