// The quality part of the terminal report: all layers together, the worst one, the network.
// report.json has every layer.
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

// One line: what of the network's end, and how far from its FP32 twin's.
std::string network_line(const NetworkFigures& network) {
    const auto figure = [](const std::optional<double>& value, int decimals) {
        return value ? fixed(*value, decimals) : "-";
    };
    const char* without = network.noiseless ? "exact" : "undefined";
    std::string line = std::string("\n  ") +
                       (network.logits ? "network's logits" : "last layer's output") + ", " +
                       grouped(network.rows) + (network.rows == 1 ? " row" : " rows") + ": SQNR " +
                       (network.sqnr_db ? decibels(network.sqnr_db) + " dB" : without) +
                       ", cosine " + figure(network.cosine, 5);
    if (!network.logits) return line + "\n";
    line += ", same top-1 in ";
    line += network.top1_agreement ? percent(*network.top1_agreement, 1) : "-";
    line += " of the rows, KL ";
    line += network.kl_nats ? three_digits(*network.kl_nats) : "-";
    return line + " nats\n";
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
           "\n" + table.text() + (quality.network ? network_line(*quality.network) : "");
}

}  // namespace mambasic::reports
