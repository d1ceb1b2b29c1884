// Which codes of x a run has: those that a trace was recorded with, or those that the options ask
// for in their place.
#pragma once

#include "cuda_ref/options.h"
#include "traces/trace.h"

namespace mambasic::cuda_ref {

/// The trace's description with the codes of the run. Throws std::invalid_argument, one line, where
/// the trace has no scales for them or the kernels no such form.
traces::TraceInfo run_info(const traces::TraceInfo& info, const Options& options);

/// Codes that x_proj and the SSM share: int8's.
inline bool shares_int8(const traces::XCode& code) {
    return code.format == traces::XFormat::Int8 || code.format == traces::XFormat::Uniform8;
}

/// Whether the run makes the tensor of int8 codes that the convolution has for an op.
bool makes_int8(const traces::TraceInfo& info, const traces::XCode& code);

}  // namespace mambasic::cuda_ref
