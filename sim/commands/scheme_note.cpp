#include "sim/commands/scheme_note.h"

#include <algorithm>

namespace mambasic::sim {

std::string scheme_note(const Scheme& scheme, const traces::TraceInfo& info,
                        const reports::Report& report) {
    const std::uint32_t network = info.dims.n_layer;
    std::string missed;
    for (const LayerScheme& part : scheme.layers) {
        const bool met = std::any_of(report.layers.begin(), report.layers.end(),
                                     [&](const reports::LayerRow& row) {
                                         return &scheme.of_layer(row.index, network) == &part;
                                     });
        if (met) continue;
        missed += (missed.empty() ? "" : ", ") + part.name + " (from layer " +
                  std::to_string(part.first_layer(network)) + " on)";
    }
    if (missed.empty()) return "";
    return "scheme " + scheme.name + ": of the network's " + std::to_string(network) + " layers, " +
           std::to_string(report.layers.front().index) + " to " +
           std::to_string(report.layers.back().index) + " ran; none of them has its part " + missed;
}

}  // namespace mambasic::sim
