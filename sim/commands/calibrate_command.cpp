// mambasic calibrate: the scales that a scheme asks for, from what traces hold.
#include <algorithm>
#include <iostream>

#include "models/common/error.h"
#include "reports/human.h"
#include "sim/commands/json_output.h"
#include "sim/commands/open_trace.h"
#include "sim/commands/settings.h"
#include "sim/commands/trace_verbs.h"
#include "sim/commands/weight_advice.h"
#include "sim/compare_trace.h"
#include "sim/progress.h"
#include "sim/shell_words.h"
#include "traces/layer_observers.h"
#include "traces/x_code_text.h"

namespace mambasic::sim {
namespace {

namespace po = boost::program_options;
using traces::Trace;

void describe(po::options_description& options) {
    const auto text = [] { return po::value<std::string>(); };
    auto add = options.add_options();
    add("trace", po::value<std::vector<std::string>>(),
        "a trace to calibrate on; given again, more of them: each sequence is a sample. All must "
        "hold the same layers of the same model with the same scales, as trace synth --sample "
        "makes them, and the first is the one that gets the new scales");
    add("scheme", text(), "a scheme's file or name: its groups, code and observer");
    add("set", po::value<std::vector<std::string>>(),
        "scheme.k=v: change one key of the scheme; may be repeated");
    add("out", text(), "the file to write");
    add_json_option(options);
}

std::vector<Trace> open_traces(const Arguments& arguments) {
    const std::vector<std::string> paths = arguments.list("trace");
    if (paths.empty()) arguments.reject("trace", "is missing; see mambasic calibrate --help");
    std::vector<Trace> traces;
    for (const std::string& path : paths) {
        if (path.empty()) arguments.reject("trace", "is empty");
        traces.push_back(open_trace(path));
        if (!traces.back().info().shapes_only) continue;
        arguments.reject("trace", "'" + path + "' holds shapes only: nothing to calibrate on");
    }
    return traces;
}

std::string checked_out(const Arguments& arguments, const std::vector<Trace>& traces) {
    std::string path;
    for (const Trace& trace : traces) path = checked_file(arguments, "out", trace.path());
    return path;
}

Scheme scheme_of(const Arguments& arguments) {
    const Settings settings(arguments);
    if (!settings.chip.empty()) {
        arguments.reject("set", "'" + settings.chip.front() +
                                    "' is no key of a scheme; write as in scheme.alpha=0.999, a "
                                    "chip has no part in calibration");
    }
    return Scheme::load(arguments.text("scheme"), settings.scheme);
}

// Codes of int8's scales leave no mark in a trace: any of them runs on it.
std::string users_text(const Scheme& scheme) {
    const auto borrows = [](const LayerScheme& part) {
        return part.x_code.format != traces::XFormat::Int8 && !part.x_code.own_scales();
    };
    const bool any = std::any_of(scheme.layers.begin(), scheme.layers.end(), borrows);
    return any ? " (int8's scales, which " + scheme.name + " uses)" : "";
}

// "6 layers coded as dual4-skewed-overflow, scales of percentile-codes-q0.99"; what the first
// layer has stands for all where they are alike.
std::string made_text(const traces::TraceInfo& info) {
    std::string codes = spell(info.x_code(0));
    std::string observers = spell(info.observer(0));
    for (std::uint32_t i = 1; i < info.layers; ++i) {
        if (spell(info.x_code(i)) != codes) codes = "codes that differ by layer";
        if (spell(info.observer(i)) != observers) observers = "observers that differ by layer";
    }
    return std::to_string(info.layers) + (info.layers == 1 ? " layer" : " layers") + ", x as " +
           codes + ", scales of " + observers;
}

void tell(const Scheme& scheme, const Trace& made, std::uint64_t samples) {
    tell_left_out(scheme);
    const std::string file = shell_word(made.path());
    const std::string with = " --trace " + file + " " + scheme_words(scheme);
    const std::string chip = chip_for(made.info().dims, made.info().w4());
    std::cout << "wrote " << made.path() << ", " << reports::human_bytes(made.file_bytes()) << ": "
              << made_text(made.info()) << users_text(scheme) << " on " << samples
              << (samples == 1 ? " sequence\n" : " sequences\n") << "\nNext\n"
              << "  mambasic scales --trace " << file << "   shows them, and what they clip\n"
              << "  mambasic run " << chip << with << "\n"
              << "  mambasic check --chip " << chip << with << " --quality\n";
}

// How many numbers a share is taken of: on average, a cell's.
struct Numbers {
    double of_sequence = 0;  // the longest
    double of_all = 0;
};

Numbers numbers_of(const std::vector<Trace>& traces, std::uint32_t cells) {
    Numbers out;
    for (const Trace& trace : traces) {
        const traces::TraceInfo& info = trace.info();
        const double sequence = static_cast<double>(info.tokens) * info.dims.d_inner / cells;
        out.of_sequence = std::max(out.of_sequence, sequence);
        out.of_all += info.batch * sequence;
    }
    return out;
}

void refuse_below_one(const Scheme& scheme, const std::string& key, float share, double numbers) {
    if (static_cast<double>(share) * numbers >= 1) return;
    throw models::UserError(scheme.file + ": " + key + ": " + reports::three_digits(share) +
                            " of " + reports::grouped(static_cast<std::uint64_t>(numbers)) +
                            " values is less than one of them, so that all others would be above "
                            "the scale; take " +
                            reports::three_digits(1 / numbers) + " or more, or longer traces");
}

// A share that is less than one value makes a scale of the smallest magnitude there is.
void refuse_tiny_shares(const Scheme& scheme, const std::vector<Trace>& traces,
                        const Targets& targets) {
    const traces::Dims& dims = traces.front().info().dims;
    for (const traces::synth::TargetScales& target : targets) {
        const bool grouped = target.scheme == traces::synth::Scheme::Quamba2;
        const std::uint32_t cells =
            grouped ? dims.table_ssd_groups() * target.head_groups * target.dim_groups : 1;
        const traces::Observation how = target.observed_by();
        const Numbers numbers = numbers_of(traces, cells);
        if (how.follows_quantile()) {
            refuse_below_one(scheme, "alpha", how.alpha, numbers.of_sequence);
        }
        if (how.quantile > 0) refuse_below_one(scheme, "quantile", how.quantile, numbers.of_all);
    }
}

// The other end: T is the largest value, and a dual code has one scale.
std::string unflagged_note(const Scheme& scheme, const Targets& targets) {
    const bool all = std::any_of(targets.begin(), targets.end(), [](const auto& target) {
        return target.observed_by().quantile >= 1;
    });
    if (!all) return "";
    return "note: scheme " + scheme.name +
           ": quantile 1 is the largest value that was seen: nothing of it is flagged\n";
}

int calibrate_command(const Arguments& arguments) {
    const std::vector<Trace> traces = open_traces(arguments);
    const Scheme scheme = scheme_of(arguments);
    const Targets targets = targets_of(traces.front(), scheme);
    refuse_tiny_shares(scheme, traces, targets);
    const std::string path = checked_out(arguments, traces);
    std::vector<const Trace*> samples;
    std::uint64_t sequences = 0;
    for (const Trace& trace : traces) {
        samples.push_back(&trace);
        sequences += trace.info().batch;
    }
    {
        ProgressLine line("calibrating", true);
        const auto progress = [&line](std::uint32_t done, std::uint32_t of) {
            line.update(done, of);
        };
        traces::synth::calibrate(samples, targets, path, progress);
    }
    const Trace made = Trace::open(path);
    if (arguments.has("json")) {
        std::cerr << unflagged_note(scheme, targets);
        tell_left_out(scheme);
        std::cout << written_document(
            path,
            {{"scheme", scheme.name}, {"sequences", sequences}, {"made", made_text(made.info())}});
        return kExitDone;
    }
    std::cout << unflagged_note(scheme, targets);
    tell(scheme, made, sequences);
    return kExitDone;
}

}  // namespace

Verb calibrate_verb() {
    return {"calibrate",
            "make the scales that a scheme asks for, from one trace or several (trace group: "
            "groups only)",
            "--trace T [--trace T2 ...] --scheme S --out F [--set scheme.k=v]...",
            "mambasic calibrate --trace traces/samples/tiny-prefill.safetensors --scheme w4a5-se "
            "--out w4a5.safetensors\n  mambasic calibrate --trace t.safetensors --trace "
            "t1.safetensors --scheme w4a5-se --out w4a5.safetensors",
            {},
            describe,
            calibrate_command};
}

}  // namespace mambasic::sim
