#include "reports/accuracy_text.h"

#include <algorithm>

#include "reports/human.h"
#include "reports/ink.h"
#include "reports/table.h"

namespace mambasic::reports {
namespace {

constexpr const char* kAbsent = "-";
constexpr int kDecibelDigits = 2;
constexpr int kCosineDigits = 5;

// Without a figure there was no noise, no signal, or what is not finite.
std::string decibels(const std::optional<double>& db, bool noiseless) {
    if (db) return fixed(*db, kDecibelDigits);
    return noiseless ? "exact" : "undefined";
}

std::string share(std::uint64_t part, std::uint64_t whole) {
    return percent(static_cast<double>(part), static_cast<double>(whole));
}

void add_row(Table& table, const ComparedScheme& row) {
    const CodeCounts x = row.x.value_or(CodeCounts{});
    const NetworkFigures network = row.network.value_or(NetworkFigures{});
    const bool measured = row.x.has_value();
    table.add_row(
        {row.scheme, measured ? decibels(row.ssm_input_sqnr_db, row.ssm_input_noiseless) : kAbsent,
         measured ? decibels(row.layer_output_sqnr_db, row.layer_output_noiseless) : kAbsent,
         row.network ? decibels(network.sqnr_db, network.noiseless) : kAbsent,
         network.cosine ? fixed(*network.cosine, kCosineDigits) : kAbsent,
         network.top1_agreement ? percent(*network.top1_agreement, 1) : kAbsent,
         network.kl_nats ? three_digits(*network.kl_nats) : kAbsent,
         measured ? share(x.saturated, x.elements) : kAbsent,
         measured ? share(x.flagged, x.elements) : kAbsent, grouped(row.conv_to_ssm_dram_bytes)});
}

// How much a figure of few rows can say, and what a column without bytes means.
std::string footnotes(const std::vector<ComparedScheme>& rows, const NetworkFigures* network) {
    std::string text;
    if (network != nullptr && network->logits && network->rows != 0) {
        text += "  logits: of " + grouped(network->rows) +
                " rows, spread evenly over the tokens; one of them is " + share(1, network->rows) +
                " of same top-1\n";
    }
    const auto on_chip = [](const ComparedScheme& row) { return row.conv_to_ssm_dram_bytes == 0; };
    if (std::any_of(rows.begin(), rows.end(), on_chip)) {
        text += "  conv to SSM, 0 B of DRAM: what the convolution makes stays on the chip\n";
    }
    return text;
}

}  // namespace

std::string accuracy_text(const std::vector<ComparedScheme>& rows, bool colour) {
    const auto has_network = [](const ComparedScheme& row) { return row.network.has_value(); };
    const auto measured = [](const ComparedScheme& row) { return row.x.has_value(); };
    if (std::none_of(rows.begin(), rows.end(), measured)) return "";
    const auto first = std::find_if(rows.begin(), rows.end(), has_network);
    const NetworkFigures* network = first == rows.end() ? nullptr : &*first->network;
    const bool logits = network == nullptr || network->logits;
    Table table({{"scheme", Align::Left},
                 {"SSM\ninput\nSQNR dB"},
                 {"layer\noutput\nSQNR dB"},
                 {logits ? "network\nlogits\nSQNR dB" : "last\nlayer\nSQNR dB"},
                 {"cosine"},
                 {"same\ntop-1"},
                 {"KL\nnats"},
                 {"saturated\nof x"},
                 {"flagged\nof x"},
                 {"conv to SSM\nDRAM B"}});
    for (const ComparedScheme& row : rows) add_row(table, row);
    return "\n" + Ink(colour).bold("Accuracy against an FP32 SSM input") + "\n" + table.text() +
           footnotes(rows, network);
}

}  // namespace mambasic::reports
