// A trace that a user named: where the file is no trace at all, the error says what it is instead.
#pragma once

#include <string>

#include "traces/error.h"
#include "traces/trace.h"

namespace mambasic::sim {

/// traces::Trace::open(); UserError "FILE: not a safetensors file (why)" where it is none.
traces::Trace open_trace(const std::string& path);

/// Throws that UserError where the file is none; otherwise `error`, which reading it gave.
[[noreturn]] void fail_reading(const std::string& path, const traces::TraceError& error);

}  // namespace mambasic::sim
