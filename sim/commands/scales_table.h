// What `mambasic scales` says of a trace's layers: a table, pictures, CSV.
#pragma once

#include <string>
#include <vector>

#include "traces/synth/layer_statistics.h"
#include "traces/trace.h"

namespace mambasic::sim {

using LayerStatistics = traces::synth::LayerStatistics;

/// A row for each kind of scale of each layer; without `all`, of those that a scheme chooses.
std::string scales_table(const traces::TraceInfo& info, const std::vector<LayerStatistics>& layers,
                         bool all);

/// A line for each layer: how the magnitudes of what is coded are distributed, and where the ranges
/// of its scales end. `plain`: in ASCII, for a pipe.
std::string scales_pictures(const std::vector<LayerStatistics>& layers, bool plain);

/// The table's columns, a line for each cell of each of its rows, and the distribution of x.
std::string scales_csv(const traces::TraceInfo& info, const std::vector<LayerStatistics>& layers);

}  // namespace mambasic::sim
