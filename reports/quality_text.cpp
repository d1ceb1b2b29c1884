// The quality part of the terminal report: all layers together and the worst one. report.json has
// every layer.
#include "reports/human.h"
#include "reports/ink.h"
#include "reports/table.h"
#include "reports/text_writer.h"

namespace mambasic::reports {
namespace {

using Figure = std::optional<double> QualityFigures::*;

std::string decibels(const std::optional<double>& value) {
    return value ? three_digits(*value) : "-";
}

std::vector<std::string> row_of(const char* name, const QualitySection& quality, Figure figure) {
    const LayerQuality* worst = nullptr;
    for (const LayerQuality& layer : quality.layers) {
        const std::optional<double>& db = layer.figures.*figure;
        if (db && (worst == nullptr || *db < *(worst->figures.*figure))) worst = &layer;
    }
    std::vector<std::string> cells = {name, decibels(quality.all.*figure), "-", "-"};
    if (worst != nullptr) {
        cells[2] = decibels(worst->figures.*figure);
        cells[3] = std::to_string(worst->index);
    }
    return cells;
}

}  // namespace

std::string to_text(const QualitySection& quality, bool colour) {
    const Ink ink(colour);
    Table table({{"SQNR", Align::Left}, {"all layers dB"}, {"lowest dB"}, {"of layer"}});
    table.add_row(row_of("SSM input", quality, &QualityFigures::ssm_input_db));
    table.add_row(row_of("of it x", quality, &QualityFigures::ssm_input_x_db));
    table.add_row(row_of("layer output", quality, &QualityFigures::layer_output_db));
    return "\n" +
           ink.bold("Quality: each layer, given the run's own input, against an FP32 SSM input") +
           "\n" + table.text();
}

}  // namespace mambasic::reports
