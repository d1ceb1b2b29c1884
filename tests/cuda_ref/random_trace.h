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

/// Mamba2 with heads of 8 channels, chunks of 16 tokens and a quamba2 table of 2 head groups by 3
/// dim groups, of random sizes.
traces::TraceInfo random_mamba2_info(traces::Phase phase, std::uint32_t batch, std::uint32_t tokens,
                                     std::uint32_t d_model);

/// A table of scales, of groups of random sizes in each SSD group.
traces::TraceInfo with_table(traces::TraceInfo info, std::uint32_t head_groups,
                             std::uint32_t dim_groups);

/// Codes of x, as traces spell them: "int5", or of two layers "1 int8, 1 int5".
traces::TraceInfo with_codes(traces::TraceInfo info, const std::string& codes);

/// One scale for all channels in place of the table.
traces::TraceInfo without_groups(traces::TraceInfo info);

/// Writes the trace and opens it.
traces::Trace random_trace(const std::string& path, const traces::TraceInfo& info,
                           std::uint64_t seed);

}  // namespace mambasic::cuda_ref
