#include "sim/commands/scales_table.h"

#include <cstdio>

#include "reports/human.h"
#include "reports/table.h"
#include "sim/commands/scales_kinds.h"
#include "traces/x_code_text.h"

namespace mambasic::sim {
namespace {

using reports::Align;
using reports::three_digits;
using traces::synth::CodeUse;

// "0.0123", or "0.0101 to 0.0456" where cells differ.
std::string scale_text(const ScaleUse& use) {
    const std::string from = three_digits(static_cast<double>(use.lowest));
    const std::string to = three_digits(static_cast<double>(use.highest));
    return from == to ? from : from + " to " + to;
}

std::string share(std::uint64_t part, std::uint64_t whole) {
    return reports::percent(static_cast<double>(part), static_cast<double>(whole));
}

std::string codes_text(int least, int greatest) {
    return std::to_string(least) + " to " + std::to_string(greatest);
}

std::uint64_t elements_of(const std::vector<ScaleKind>& kinds) {
    std::uint64_t elements = 0;
    for (const ScaleKind& kind : kinds) {
        if (!kind.whole) elements += kind.all().codes.elements;
    }
    return elements;
}

std::vector<std::string> row_of(const LayerStatistics& layer, const ScaleKind& kind,
                                std::uint64_t x_elements) {
    const ScaleUse all = kind.all();
    const CodeUse& codes = all.codes;
    const std::string cells = kind.of_scheme ? std::to_string(layer.cells.size()) : "-";
    if (codes.elements == 0) {
        return {std::to_string(layer.layer),
                spell(layer.code),
                kind.name,
                cells,
                scale_text(all),
                "-",
                "-",
                "-",
                "-",
                "-",
                kind.from};
    }
    const std::uint64_t whole = kind.whole ? codes.elements : x_elements;
    return {std::to_string(layer.layer),
            spell(layer.code),
            kind.name,
            cells,
            scale_text(all),
            share(codes.elements, whole),
            codes_text(codes.least, codes.greatest),
            codes_text(kind.bottom_code, kind.top_code),
            share(codes.below, whole),
            share(codes.above, whole),
            kind.from};
}

}  // namespace

std::string scales_table(const traces::TraceInfo& info, const std::vector<LayerStatistics>& layers,
                         bool all) {
    reports::Table table({{"layer"},
                          {"code of x", Align::Left},
                          {"scale of", Align::Left},
                          {"cells"},
                          {"value\nper code"},
                          {"share\ncoded"},
                          {"codes\nused"},
                          {"out of"},
                          {"clipped\nbelow"},
                          {"clipped\nabove"},
                          {"made of", Align::Left}});
    for (const LayerStatistics& layer : layers) {
        const std::vector<ScaleKind> kinds = scale_kinds(info, layer);
        const std::uint64_t x_elements = elements_of(kinds);
        for (const ScaleKind& kind : kinds) {
            if (all || kind.of_scheme) table.add_row(row_of(layer, kind, x_elements));
        }
    }
    return table.text();
}

namespace {

std::string exact(float value) {
    char text[32];
    std::snprintf(text, sizeof(text), "%.9g", static_cast<double>(value));
    return text;
}

std::string layer_columns(const LayerStatistics& layer) {
    std::string text = exact(layer.least) + "," + exact(layer.most);
    for (const float quantile : layer.quantiles) text += "," + exact(quantile);
    text += "," + exact(layer.state.largest) + "," + std::to_string(layer.magnitudes.top);
    std::string counts;
    for (const std::uint64_t count : layer.magnitudes.counts) {
        counts += (counts.empty() ? "" : " ") + std::to_string(count);
    }
    return text + "," + counts;
}

std::string use_columns(const ScaleKind& kind, const ScaleUse& use) {
    const CodeUse& codes = use.codes;
    std::string text = exact(use.lowest) + "," + exact(use.highest);
    for (const std::uint64_t count : {codes.elements, codes.below, codes.above}) {
        text += "," + std::to_string(count);
    }
    if (codes.elements == 0) return text + ",,,,," + kind.from;
    for (const int code : {codes.least, codes.greatest, kind.bottom_code, kind.top_code}) {
        text += "," + std::to_string(code);
    }
    return text + "," + kind.from;
}

}  // namespace

std::string scales_csv(const traces::TraceInfo& info, const std::vector<LayerStatistics>& layers) {
    std::string csv =
        "layer_index,code_of_x,scale_of,cell_index,lowest_value_per_code,highest_value_per_code,"
        "coded_count,clipped_below_count,clipped_above_count,least_code,greatest_code,"
        "bottom_code,top_code,made_of,x_least_value,x_most_value,x_q50_value,x_q90_value,"
        "x_q99_value,x_q99.9_value,x_q99.99_value,state_largest_value,magnitudes_top_log2,"
        "magnitudes_count_by_half_octave\n";
    for (const LayerStatistics& layer : layers) {
        const std::string distribution = layer_columns(layer);
        for (const ScaleKind& kind : scale_kinds(info, layer)) {
            for (std::size_t cell = 0; cell < kind.cells.size(); ++cell) {
                csv += std::to_string(layer.layer) + "," + spell(layer.code) + "," + kind.name +
                       "," + (kind.whole ? "all" : std::to_string(cell)) + "," +
                       use_columns(kind, kind.cells[cell]) + "," + distribution + "\n";
            }
        }
    }
    return csv;
}

}  // namespace mambasic::sim
