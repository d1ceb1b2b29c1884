// The kinds of scale that a layer has, and what each one codes: those between convolution and scan,
// which a scheme chooses, and those of its other int8 streams.
#pragma once

#include <string>
#include <vector>

#include "traces/synth/layer_statistics.h"
#include "traces/trace.h"

namespace mambasic::sim {

/// One scale, or those of a cell's states.
struct ScaleUse {
    float lowest = 0;
    float highest = 0;
    traces::synth::CodeUse codes;  // empty where it codes nothing
};

struct ScaleKind {
    std::string name;  // "x low"
    std::string from;  // "recorded", "percentile alpha 0.9995 sigma 0.01 in codes"
    int bottom_code = 0;
    int top_code = 0;
    std::vector<ScaleUse> cells;  // one for all cells, where `whole`
    bool whole = false;
    bool of_scheme = true;

    ScaleUse all() const;
};

/// `layer` was found with the scales that `info` tells of.
std::vector<ScaleKind> scale_kinds(const traces::TraceInfo& info,
                                   const traces::synth::LayerStatistics& layer);

}  // namespace mambasic::sim
