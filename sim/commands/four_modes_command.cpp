// mambasic experiment four-modes: the modes in which Quamba's authors debug a code of the SSM
// input, on one trace, and what must hold between them.
#include <omp.h>

#include <array>
#include <filesystem>
#include <iostream>
#include <optional>

#include "models/common/error.h"
#include "reports/accuracy_text.h"
#include "reports/comparison_writer.h"
#include "reports/ink.h"
#include "sim/check.h"
#include "sim/commands/compare_signals.h"
#include "sim/commands/four_modes_verdict.h"
#include "sim/commands/json_output.h"
#include "sim/commands/open_trace.h"
#include "sim/commands/output.h"
#include "sim/commands/settings.h"
#include "sim/commands/verb.h"
#include "sim/compare.h"
#include "sim/compare_children.h"
#include "sim/compare_trace.h"
#include "sim/file_names.h"
#include "sim/progress.h"
#include "sim/same_bits.h"
#include "sim/shell_words.h"

namespace mambasic::sim {
namespace {

namespace po = boost::program_options;
using reports::ComparedScheme;
using traces::Trace;

constexpr const char* kVerdictName = "four-modes.json";
constexpr const char* kTextName = "four-modes.txt";

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
    add("out", text(),
        "folder for compare.csv, compare.json and compare.html of the four modes, and for what "
        "holds between them as four-modes.json and four-modes.txt");
    add_json_option(options);
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
        calibrate(baseline);
        calibrated_.emplace(Trace::open(folder_->file(0)));
    }
    const Trace& trace() const { return calibrated_ ? *calibrated_ : trace_; }
    std::string name() const { return std::filesystem::path(trace_.path()).filename().string(); }
    std::string in_users_words(const std::string& why) const {
        return calibrated_ ? of_users_trace(why, calibrated_->path(), trace_) : why;
    }
    bool is_calibrated() const { return calibrated_.has_value(); }

private:
    // In a child, so that a signal leaves no folder behind.
    void calibrate(const Scheme& baseline) {
        const std::string file = folder_->file(0);
        const auto work = [&](const auto& tell) {
            traces::synth::regroup(trace_, targets_of(trace_, baseline), file,
                                   [&](std::uint32_t done, std::uint32_t of) {
                                       tell({done, of});
                                   });
            return std::string();
        };
        ProgressLine line("calibrating scales", true);
        const std::vector<ChildResult> results =
            run_children({{"scheme " + baseline.name, work}}, 1,
                         [&](const Progress& p) { line.update(p.done, p.total); });
        const std::string& why = results.front().refused;
        if (why.empty()) return;
        throw models::UserError("scheme " + baseline.name + ": " +
                                of_users_trace(why, file, trace_));
    }

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

// The modes are what they are; what compares others is another verb.
void refuse_scheme_settings(const Arguments& arguments) {
    const Settings settings(arguments);
    if (settings.scheme.empty()) return;
    arguments.reject("set", "'" + settings.scheme.front() +
                                "' would make another mode of each of the four; compare takes it: "
                                "mambasic compare " +
                                shell_word(arguments.text_or("chip", kUsualChip)) + " --trace " +
                                shell_word(arguments.text("trace")) + " --schemes se8 --set " +
                                shell_word(settings.scheme.front()));
}

void refuse_approximate(const ChipConfig& chip) {
    const std::vector<std::string> units = approximate_units(chip);
    if (units.empty()) return;
    const std::string& unit = units.front();  // "exp: table"
    throw models::UserError(chip.path + ": its units are approximate (" + unit +
                            "), and what differs then is not the code; add --set nonlinear." +
                            unit.substr(0, unit.find(':')) + ".kind=exact");
}

reports::Comparison run_modes(const Arguments& arguments, const ChipConfig& chip,
                              const BaselineTrace& baseline, const std::vector<Scheme>& schemes) {
    const auto jobs = static_cast<unsigned>(omp_get_max_threads());
    const Asked asked = {arguments.command({"chip", "trace", "set"}), arguments.list("set")};
    reports::Comparison made = compare({chip, schemes, baseline.trace(), true, 0, 0, jobs, asked});
    for (const reports::RefusedScheme& refused : made.refused) {
        throw models::UserError("scheme " + refused.scheme + ": " +
                                baseline.in_users_words(refused.why_with_folders));
    }
    made.trace = baseline.name();
    return made;
}

std::string text_of(const reports::Comparison& made, const Verdict& verdict,
                    const std::string& origin, bool colour) {
    const reports::Ink ink(colour);
    return ink.bold("mambasic experiment four-modes") + ": chip " + made.chip + ", trace " +
           made.trace + ", scales of quamba1, " + origin + "\n" +
           reports::accuracy_text(made.schemes, colour) + "\n" + ink.bold("What must hold") + "\n" +
           verdict.text(colour);
}

int four_modes(const Arguments& arguments) {
    const OutputFolder out(arguments,
                           {kCompareCsv, kCompareJson, kComparePage, kVerdictName, kTextName});
    refuse_scheme_settings(arguments);
    const ChipConfig chip =
        ChipConfig::load(arguments.text_or("chip", kUsualChip), arguments.list("set"));
    refuse_approximate(chip);
    const std::vector<Scheme> schemes = modes();
    const BaselineTrace baseline(arguments, schemes[kBaseline]);
    const reports::Comparison made = run_modes(arguments, chip, baseline, schemes);
    const SameBits same =
        same_bits(baseline.trace(), golden_options(chip), schemes[kBaseline].layers[0].x_code,
                  schemes[kSim].layers[0].x_code);
    const std::vector<ComparedScheme>& rows = made.schemes;
    const Verdict verdict({rows[kBaseline], rows[kSim], rows[kFp32], rows[kDual]}, same);
    const std::string origin = baseline.is_calibrated() ? "calibrated on it" : "recorded in it";
    std::vector<OutputFolder::File> files = comparison_files(made);
    files.push_back({kVerdictName, verdict.json(made)});
    files.push_back({kTextName, text_of(made, verdict, origin, false)});
    out.write(files);
    std::cout << (arguments.has("json") ? verdict.json(made)
                                        : text_of(made, verdict, origin, wants_colour()));
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
