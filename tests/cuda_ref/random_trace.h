// Small traces for tests: random codes over the whole range, scales that keep every tensor lively
// (neither saturated nor zero). Not a model: traces/synth makes those.
#pragma once

#include <cstdint>
#include <string>

#include "traces/trace.h"

namespace mambasic::cuda_ref {

/// d_inner is 2 d_model; everything else as Mamba1 has it.
traces::TraceInfo random_info(traces::Phase phase, std::uint32_t batch, std::uint32_t tokens,
                              std::uint32_t d_model);

/// Writes the trace and opens it.
traces::Trace random_trace(const std::string& path, const traces::TraceInfo& info,
                           std::uint64_t seed);

}  // namespace mambasic::cuda_ref
