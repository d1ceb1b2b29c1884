// mambasic experiment four-modes: the modes in which Quamba's authors debug a code of the SSM
// input, on one trace, and what must hold between them.
#include <omp.h>

#include <array>
#include <filesystem>
#include <iostream>
#include <limits>
#include <optional>

#include "models/common/error.h"
#include "reports/accuracy_text.h"
#include "reports/comparison_writer.h"
#include "reports/human.h"
#include "reports/ink.h"
#include "sim/check.h"
#include "sim/commands/compare_signals.h"
#include "sim/commands/open_trace.h"
#include "sim/commands/output.h"
#include "sim/commands/verb.h"
#include "sim/compare.h"
#include "sim/compare_trace.h"
#include "sim/file_names.h"
#include "sim/same_bits.h"

namespace mambasic::sim {
namespace {

namespace po = boost::program_options;
using reports::ComparedScheme;
using traces::Trace;

constexpr const char* kJsonName = "compare.json";
constexpr const char* kCsvName = "compare.csv";

// In the order of the rows.
constexpr std::array<const char*, 4> kSchemes = {"quamba1", "int8-sim", "fp32-ssm-input", "se8"};
constexpr std::size_t kBaseline = 0;
constexpr std::size_t kSim = 1;
constexpr std::size_t kFp32 = 2;
constexpr std::size_t kDual = 3;

void describe(po::options_description& options) {
    const auto text = [] { return po::value<std::string>(); };
    auto add = options.add_options();
    add("chip", text(),
        "the chip: a YAML file, or the name of one in hw_config/chips; without it, edge-32x32");
    add("trace", text(),
        "the trace to run; where it has not quamba1's scales, they are calibrated on it, and all "
        "four modes run with them");
    add("set", po::value<std::vector<std::string>>(),
        "a.b=v: change one key of the chip; may be repeated");
    add("out", text(), "folder for compare.csv and compare.json of the four modes");
}

/// What must hold, and whether it does.
class Verdict {
public:
    void add(bool holds, const std::string& what) {
        const reports::Ink ink(wants_colour());
        text_ += "  " + (holds ? ink.good("PASS") : ink.bad("FAIL")) + "  " + what + "\n";
        all_ = all_ && holds;
    }
    /// What cannot fail, for its figures.
    void tell(const std::string& what) { text_ += "  by definition: " + what + "\n"; }
    bool all() const { return all_; }
    const std::string& text() const { return text_; }

private:
    std::string text_;
    bool all_ = true;
};

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

Verdict verdict_of(const std::vector<ComparedScheme>& rows, const SameBits& same) {
    Verdict verdict;
    bool equal = true;
    for (const ComparedScheme& row : rows) equal = equal && row.check.mismatches == 0U;
    verdict.add(equal, "the chip computes golden's bits in all four modes");
    verdict.add(same.differing == 0,
                "int8-sim is quamba1: " +
                    (same.differing == 0
                         ? "all " + reports::grouped(same.elements) + " elements of the " +
                               std::to_string(same.tensors) + " tensors that both make"
                         : std::to_string(same.differing) + " of " + std::to_string(same.tensors) +
                               " tensors differ, first " + same.first));
    verdict.add(decibels(rows[kDual]) >= decibels(rows[kBaseline]),
                "the second scale of se8 does not lose at the SSM input: " + shown(rows[kDual]) +
                    ", quamba1 " + shown(rows[kBaseline]) + " (layer output and network: " +
                    shown_behind(rows[kDual]) + ", quamba1 " + shown_behind(rows[kBaseline]) + ")");
    verdict.tell("the others are measured against fp32-ssm-input: SSM input " + shown(rows[kFp32]));
    return verdict;
}

/// The trace with quamba1's scales: the user's own, or one in a folder that goes with this.
class BaselineTrace {
public:
    BaselineTrace(const Arguments& arguments, const Scheme& baseline)
        : trace_(open_trace(arguments.text("trace"))) {
        if (trace_.info().shapes_only) {
            arguments.reject("trace", "'" + trace_.path() + "' holds shapes only: no bits in it");
        }
        if (scales_from(trace_, baseline, {}) == reports::ScalesFrom::Recorded) return;
        folder_.emplace();
        traces::synth::regroup(trace_, targets_of(trace_, baseline), folder_->file(0));
        calibrated_.emplace(Trace::open(folder_->file(0)));
    }
    const Trace& trace() const { return calibrated_ ? *calibrated_ : trace_; }
    std::string name() const { return std::filesystem::path(trace_.path()).filename().string(); }
    const std::string& path() const { return trace_.path(); }
    bool is_calibrated() const { return calibrated_.has_value(); }

private:
    const Trace trace_;
    std::optional<TraceFolder> folder_;
    std::optional<Trace> calibrated_;
};

std::vector<Scheme> modes() {
    std::vector<Scheme> schemes;
    schemes.reserve(kSchemes.size());
    for (const char* name : kSchemes) schemes.push_back(Scheme::load(name));
    return schemes;
}

void refuse_approximate(const Arguments& arguments, const ChipConfig& chip) {
    const std::vector<std::string> units = approximate_units(chip);
    if (units.empty()) return;
    arguments.reject("chip", "its units are approximate (" + units.front() +
                                 "), and what differs then is not the code; take exact ones");
}

reports::Comparison run_modes(const Arguments& arguments, const ChipConfig& chip,
                              const BaselineTrace& baseline, const std::vector<Scheme>& schemes) {
    const auto jobs = static_cast<unsigned>(omp_get_max_threads());
    const Asked asked = {arguments.command({"chip", "trace", "set"}), arguments.list("set")};
    reports::Comparison made = compare({chip, schemes, baseline.trace(), true, 0, 0, jobs, asked});
    for (const reports::RefusedScheme& refused : made.refused) {
        const std::string why = replaced(refused.why_with_folders, baseline.trace().path(),
                                         baseline.path());  // nobody knows the calibrated one
        throw models::UserError("scheme " + refused.scheme + ": " + why);
    }
    made.trace = baseline.name();
    return made;
}

int four_modes(const Arguments& arguments) {
    const OutputFolder out(arguments, {kCsvName, kJsonName});
    const ChipConfig chip =
        ChipConfig::load(arguments.text_or("chip", kUsualChip), arguments.list("set"));
    refuse_approximate(arguments, chip);
    const std::vector<Scheme> schemes = modes();
    const BaselineTrace baseline(arguments, schemes[kBaseline]);
    const reports::Comparison made = run_modes(arguments, chip, baseline, schemes);
    const SameBits same =
        same_bits(baseline.trace(), golden_options(chip), schemes[kBaseline].layers[0].x_code,
                  schemes[kSim].layers[0].x_code);
    const Verdict verdict = verdict_of(made.schemes, same);
    out.write({{kCsvName, reports::to_csv(made)}, {kJsonName, reports::to_json(made)}});
    const reports::Ink ink(wants_colour());
    std::cout << ink.bold("mambasic experiment four-modes") << ": chip " << chip.name << ", trace "
              << baseline.name() << ", scales of quamba1, "
              << (baseline.is_calibrated() ? "calibrated on it" : "recorded in it") << "\n"
              << reports::accuracy_text(made.schemes, wants_colour()) << "\n"
              << ink.bold("What must hold") << "\n"
              << verdict.text();
    return verdict.all() ? kExitDone : kExitDifferent;
}

int four_modes_command(const Arguments& arguments) {
    return unless_interrupted([&] { return four_modes(arguments); });
}

}  // namespace

Verb four_modes_verb() {
    return {"experiment four-modes",
            "quamba1, int8-sim, fp32-ssm-input and se8 on one trace: what must hold between them",
            "[CHIP] --trace T [--set a.b=v]... [--out DIR]",
            "mambasic experiment four-modes edge-32x32 --trace "
            "traces/samples/tiny-prefill.safetensors",
            {"chip"},
            describe,
            four_modes_command};
}

}  // namespace mambasic::sim
