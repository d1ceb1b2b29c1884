// The trace that a scheme runs: the user's own, or one with the scales that the scheme asks for.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "reports/comparison.h"
#include "sim/scheme.h"
#include "traces/trace.h"

namespace mambasic::sim {

/// A folder for traces that only this process and its children read; it goes with the object.
class TraceFolder {
public:
    TraceFolder();
    TraceFolder(const TraceFolder&) = delete;
    TraceFolder& operator=(const TraceFolder&) = delete;
    ~TraceFolder();
    std::string file(std::size_t number) const;

private:
    std::string path_;
};

/// What the scheme asks of each layer of the trace. UserError where the network has not as many
/// heads or channels as the scheme has groups.
traces::LayerGroups layer_groups(const traces::Trace& trace, const Scheme& scheme);

/// Where the scheme's scales come from on this trace.
reports::ScalesFrom scales_from(const traces::Trace& trace, const Scheme& scheme, bool numerics);

/// Writes the trace with scales for the scheme, calibrated on what the trace holds. Two schemes of
/// the same layer_groups() can share it.
void scheme_trace(const traces::Trace& trace, const Scheme& scheme, const std::string& path,
                  const std::function<void(std::uint32_t done, std::uint32_t of)>& on_progress);

}  // namespace mambasic::sim
