// What people should know of a scheme on a trace: decides no figure.
#pragma once

#include <string>
#include <vector>

#include "reports/report.h"
#include "sim/scheme.h"
#include "traces/trace.h"

namespace mambasic::sim {

/// Which of a hybrid's schemes none of the layers that ran has: a trace of a network's first layers
/// says nothing of a scheme that begins behind them. Where bits were computed, whether the trace's
/// scales are of another observer than the scheme names, and of factors that are too large; where
/// not, which settings of what makes scales are idle.
std::vector<std::string> scheme_notes(const Scheme& scheme, const traces::TraceInfo& info,
                                      const reports::Report& report, bool numerics);

}  // namespace mambasic::sim
