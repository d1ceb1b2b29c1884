// The trace that a scheme runs: the user's own, or one with the scales that the scheme asks for.
#pragma once

#include <string>
#include <vector>

#include "reports/comparison.h"
#include "sim/run.h"
#include "sim/scheme.h"
#include "traces/synth/regroup.h"
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

/// The same with what makes the scales where they are calibrated. Codes of int8's scales have no
/// part in it: a trace with those runs them all.
using Targets = std::vector<traces::synth::TargetScales>;
Targets targets_of(const traces::Trace& trace, const Scheme& scheme);

/// Why a trace that was calibrated on the user's cannot be made or run, in words that the user
/// knows: `file`, where it was to lie, is nobody's.
std::string of_users_trace(const std::string& why, const std::string& file,
                           const traces::Trace& users);

bool same_scales(const Targets& one, const Targets& other);

/// "percentile", "minmax-codes", ...; "mixed" where layers differ that run.
std::string observer_name(const Targets& targets, const RunOptions& options);

/// Where the scheme's scales come from in the layers that run: recorded are those that the trace
/// has in the scheme's groups, and where bits are computed, of the scheme's observer and, if that
/// has scales of its own, for its code.
reports::ScalesFrom scales_from(const traces::Trace& trace, const Scheme& scheme,
                                const RunOptions& options);

}  // namespace mambasic::sim
