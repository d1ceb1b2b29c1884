#include "sim/commands/four_modes_verdict.h"

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "reports/human.h"
#include "reports/ink.h"

namespace mambasic::sim {
namespace {

using reports::ComparedScheme;

// Nothing is better than no noise; what has no ratio is neither better nor worse.
double decibels(const ComparedScheme& row) {
    return row.ssm_input_sqnr_db.value_or(row.ssm_input_noiseless
                                              ? std::numeric_limits<double>::infinity()
                                              : std::numeric_limits<double>::quiet_NaN());
}

std::string shown(const std::optional<double>& sqnr_db, bool noiseless) {
    if (sqnr_db) return reports::fixed(*sqnr_db, 2) + " dB";
    return noiseless ? "exact" : "undefined";
}

std::string shown(const ComparedScheme& row) {
    return shown(row.ssm_input_sqnr_db, row.ssm_input_noiseless);
}

// Further down the network, where nothing says that a better input must show.
std::string shown_behind(const ComparedScheme& row) {
    const reports::NetworkFigures network = row.network.value_or(reports::NetworkFigures{});
    return shown(row.layer_output_sqnr_db, row.layer_output_noiseless) + " and " +
           shown(network.sqnr_db, network.noiseless);
}

std::string same_text(const SameBits& same) {
    const std::string tensors = std::to_string(same.tensors);
    if (same.differing == 0) {
        return "all " + reports::grouped(same.elements) + " elements of the " + tensors +
               " tensors that both make";
    }
    return std::to_string(same.differing) + " of " + tensors + " tensors differ, first " +
           same.first;
}

}  // namespace

Verdict::Verdict(const FourModes& modes, const SameBits& same) {
    bool equal = true;
    for (const ComparedScheme* row :
         {&modes.baseline, &modes.simulated, &modes.fp32, &modes.dual}) {
        equal = equal && row->check.mismatches == 0U;
    }
    lines_ = {{equal, "the chip computes golden's bits in all four modes"},
              {same.differing == 0, "int8-sim is quamba1: " + same_text(same)},
              {decibels(modes.dual) >= decibels(modes.baseline),
               "the second scale of se8 does not lose at the SSM input: " + shown(modes.dual) +
                   ", quamba1 " + shown(modes.baseline) + " (layer output and network: " +
                   shown_behind(modes.dual) + ", quamba1 " + shown_behind(modes.baseline) + ")"},
              {std::nullopt,
               "the others are measured against fp32-ssm-input: SSM input " + shown(modes.fp32)}};
}

bool Verdict::all() const {
    return std::all_of(lines_.begin(), lines_.end(),
                       [](const Line& line) { return line.holds.value_or(true); });
}

std::string Verdict::text(bool colour) const {
    const reports::Ink ink(colour);
    std::string text;
    for (const Line& line : lines_) {
        const std::string lead = !line.holds   ? "by definition: "
                                 : *line.holds ? ink.good("PASS") + "  "
                                               : ink.bad("FAIL") + "  ";
        text.append("  ").append(lead).append(line.what).append("\n");
    }
    return text;
}

std::string Verdict::json(const reports::Comparison& made) const {
    nlohmann::ordered_json out;
    out["schema"] = "mambasic-four-modes/1";
    out["version"] = made.version;
    out["command"] = made.command;
    out["chip"] = made.chip;
    out["trace"] = made.trace;
    out["trace_sha256"] = made.trace_sha256;
    out["all_hold"] = all();
    out["verdicts"] = nlohmann::ordered_json::array();
    for (const Line& line : lines_) {
        if (!line.holds) continue;
        out["verdicts"].push_back({{"holds", *line.holds}, {"what", line.what}});
    }
    return out.dump(2) + "\n";
}

}  // namespace mambasic::sim
