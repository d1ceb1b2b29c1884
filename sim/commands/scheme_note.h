// What people should know of a scheme on a trace: decides no figure.
#pragma once

#include <string>

#include "reports/report.h"
#include "sim/scheme.h"
#include "traces/trace.h"

namespace mambasic::sim {

/// Which of a hybrid's schemes none of the layers that ran has; empty where all are met. A trace of
/// a network's first layers says nothing of a scheme that begins behind them.
std::string scheme_note(const Scheme& scheme, const traces::TraceInfo& info,
                        const reports::Report& report);

}  // namespace mambasic::sim
