// The scheme of a run that names none.
#pragma once

#include <string>

#include "sim/commands/settings.h"
#include "sim/scheme.h"
#include "traces/trace.h"

namespace mambasic::sim {

/// The scheme that the trace names; where the trace has other groups than it, or scales of another
/// observer, the first in hw_config/schemes that has both, or else the groups alone. The trace's
/// own again where none has: the run then says so. UserError where the trace has codes other than
/// int8 that no scheme there has: no run without them would be the trace's.
std::string usual_scheme(const traces::Trace& trace);

/// Whether a scheme there has its groups and codes.
bool has_usual_scheme(const traces::Trace& trace);

/// What the trace's groups, codes of x and observer are together, which its own word for the scheme
/// does not tell: "w4a5-se", "w4a5-se but for what makes its scales", or that they are no shipped
/// scheme's.
std::string scheme_text(const traces::Trace& trace);

/// The scheme of --scheme, or else the usual one.
Scheme chosen_scheme(const Arguments& arguments, const Settings& settings,
                     const traces::Trace& trace);

/// Where nobody named the scheme, a note which others with other codes read the same scales, since
/// the trace does not tell for which of them it was meant; else nothing.
std::string choice_note(const Arguments& arguments, const traces::Trace& trace,
                        const Scheme& scheme);

}  // namespace mambasic::sim
