#include "sim/commands/scales_table.h"

#include <algorithm>
#include <cstdio>

#include "reports/human.h"
#include "reports/table.h"
#include "traces/layer_observers.h"
#include "traces/x_code_text.h"

namespace mambasic::sim {
namespace {

using reports::Align;
using reports::three_digits;
using traces::synth::CellStatistics;
using Cells = std::vector<CellStatistics>;

/// The cells of a layer together.
struct Whole {
    explicit Whole(const Cells& cells) {
        for (const CellStatistics& cell : cells) {
            elements += cell.elements;
            saturated += cell.saturated;
            flagged += cell.flagged;
            largest = std::max(largest, cell.largest);
            largest_code = std::max(largest_code, cell.largest_code);
        }
    }
    std::uint64_t elements = 0;
    std::uint64_t saturated = 0;
    std::uint64_t flagged = 0;
    float largest = 0;
    int largest_code = 0;
};

// "0.0123", or "0.0101 to 0.0456" where cells differ; "-" where the code has none.
std::string range_of(const Cells& cells, float CellStatistics::*figure) {
    const auto less = [figure](const CellStatistics& a, const CellStatistics& b) {
        return a.*figure < b.*figure;
    };
    const auto [low, high] = std::minmax_element(cells.begin(), cells.end(), less);
    if (low == cells.end() || (*high).*figure == 0) return "-";
    const std::string from = three_digits(static_cast<double>((*low).*figure));
    const std::string to = three_digits(static_cast<double>((*high).*figure));
    return from == to ? from : from + " to " + to;
}

std::string state_range(const traces::synth::StateStatistics& state) {
    const std::string from = three_digits(static_cast<double>(state.lowest_scale));
    const std::string to = three_digits(static_cast<double>(state.highest_scale));
    return from == to ? from : from + " to " + to;
}

std::string share(std::uint64_t part, std::uint64_t whole) {
    return reports::percent(static_cast<double>(part), static_cast<double>(whole));
}

std::vector<std::string> row_of(const traces::TraceInfo& info, const LayerStatistics& layer) {
    const Whole whole(layer.cells);
    const std::string used = layer.top_code == 0 ? "-"
                                                 : std::to_string(whole.largest_code) + "/" +
                                                       std::to_string(layer.top_code);
    return {std::to_string(layer.layer),
            spell(layer.code),
            spell(info.observer(layer.layer - info.first_layer)) +
                (info.observers.empty() ? " ?" : ""),  // assumed: the trace does not say
            std::to_string(layer.cells.size()),
            range_of(layer.cells, &CellStatistics::scale),
            range_of(layer.cells, &CellStatistics::low),
            range_of(layer.cells, &CellStatistics::high),
            three_digits(static_cast<double>(layer.least)),
            three_digits(static_cast<double>(layer.most)),
            used,
            share(whole.saturated, whole.elements),
            share(whole.flagged, whole.elements),
            state_range(layer.state),
            share(layer.state.saturated, layer.state.elements)};
}

}  // namespace

std::string scales_table(const traces::TraceInfo& info,
                         const std::vector<LayerStatistics>& layers) {
    reports::Table table({{"layer"},
                          {"code of x", Align::Left},
                          {"scales of", Align::Left},
                          {"cells"},
                          {"int8\nscale"},
                          {"low\nscale"},
                          {"high\nscale"},
                          {"least\nx"},
                          {"largest\nx"},
                          {"codes\nused"},
                          {"saturated"},
                          {"flagged"},
                          {"state\nscale"},
                          {"state\nsaturated"}});
    for (const LayerStatistics& layer : layers) table.add_row(row_of(info, layer));
    return table.text();
}

namespace {

std::string exact(float value) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.9g", static_cast<double>(value));
    return text;
}

std::string layer_columns(const traces::TraceInfo& info, const LayerStatistics& layer) {
    std::string text = std::to_string(layer.layer) + "," + spell(layer.code) + "," +
                       spell(info.observer(layer.layer - info.first_layer)) + "," +
                       std::to_string(layer.top_code) + "," + exact(layer.least) + "," +
                       exact(layer.most);
    for (const float quantile : layer.quantiles) text += "," + exact(quantile);
    text += "," + exact(layer.state.lowest_scale) + "," + exact(layer.state.highest_scale) + "," +
            exact(layer.state.largest) + "," + std::to_string(layer.state.elements) + "," +
            std::to_string(layer.state.saturated) + "," + std::to_string(layer.magnitudes.top);
    std::string counts;
    for (const std::uint64_t count : layer.magnitudes.counts) {
        counts += (counts.empty() ? "" : " ") + std::to_string(count);
    }
    return text + "," + counts;
}

}  // namespace

std::string scales_csv(const traces::TraceInfo& info, const std::vector<LayerStatistics>& layers) {
    std::string csv =
        "layer,code,observer,top_code,least,most,q50,q90,q99,q99.9,q99.99,state_lowest_scale,"
        "state_highest_scale,state_largest,state_elements,state_saturated,magnitudes_log2_top,"
        "magnitudes,cell,int8_scale,low_scale,high_scale,threshold,elements,saturated,flagged,"
        "largest,largest_code\n";
    for (const LayerStatistics& layer : layers) {
        const std::string common = layer_columns(info, layer);
        for (std::size_t c = 0; c < layer.cells.size(); ++c) {
            const CellStatistics& cell = layer.cells[c];
            csv += common + "," + std::to_string(c);
            for (const float scale : {cell.scale, cell.low, cell.high, cell.threshold}) {
                csv += "," + exact(scale);
            }
            csv += "," + std::to_string(cell.elements) + "," + std::to_string(cell.saturated) +
                   "," + std::to_string(cell.flagged) + "," + exact(cell.largest) + "," +
                   std::to_string(cell.largest_code) + "\n";
        }
    }
    return csv;
}

}  // namespace mambasic::sim
