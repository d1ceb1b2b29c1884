// mambasic check: are the chip's bits those of the reference, tensor by tensor?
#include <iostream>
#include <memory>
#include <optional>

#include "reports/ink.h"
#include "reports/json_writer.h"
#include "reports/text_writer.h"
#include "sim/check.h"
#include "sim/commands/json_output.h"
#include "sim/commands/open_trace.h"
#include "sim/commands/output.h"
#include "sim/commands/scheme_note.h"
#include "sim/commands/settings.h"
#include "sim/commands/timeline_options.h"
#include "sim/commands/usual_scheme.h"
#include "sim/commands/verb.h"
#include "sim/packed_note.h"
#include "sim/quality.h"
#include "sim/run_info.h"
#include "traces/x_code_text.h"

namespace mambasic::sim {
namespace {

namespace po = boost::program_options;

void describe(po::options_description& options) {
    const auto text = [] { return po::value<std::string>(); };
    auto add = options.add_options();
    add("trace", text(),
        "the trace to run; trace validate, not this, compares its data with its hash");
    add("chip", text(),
        "the chip: a YAML file, or the name of one in hw_config/chips; without it, edge-32x32");
    add("scheme", text(), "a scheme's file or name; without it, the one the trace was made for");
    add("against", text(),
        "golden (without it): computed in step with the chip; golden-chunked: the same with "
        "upstream's chunked order of Mamba2's prefill, to see the distance (exit 0); recorded: "
        "what "
        "the trace holds; or a file that run --dump or mambasic_cuda_ref wrote");
    add("set", po::value<std::vector<std::string>>(), kSetHelp);
    add("approximate", po::bool_switch(),
        "exit 0 even though the chip's table or polynomial units differ from the exact ones");
    add("quality", po::bool_switch(),
        "also report what the codes of the SSM input cost: the SQNR of that input and of the layer "
        "output against an FP32 SSM input, each layer given the run's own input; a second golden "
        "layer for each");
    add("out", text(), "folder for report.json, report.txt and report.html, a page with charts");
    describe_timeline(options);
    add_json_option(options);
}

constexpr const char* kChunked = "golden-chunked";

std::unique_ptr<Reference> chunked_reference(const Arguments& arguments, const ChipConfig& chip,
                                             const traces::Trace& trace,
                                             const traces::TraceInfo& made) {
    const traces::TraceInfo& info = trace.info();
    if (!info.dims.mamba2() || info.phase == traces::Phase::Decode) {
        arguments.reject("against", "golden-chunked is an order of Mamba2's prefill; this is a " +
                                        std::string(info.dims.mamba2() ? "decode" : "Mamba1") +
                                        " trace, take golden");
    }
    for (const traces::XCode& code : made.x_codes) {
        if (code == traces::XCode{}) continue;
        arguments.reject("against",
                         "golden-chunked multiplies int8 codes; this scheme codes x as " +
                             traces::spell(code) + ", take golden");
    }
    golden::Options options = golden_options(chip);
    options.ssd_order = golden::SsdOrder::Chunked;
    return golden_reference(trace, options);
}

// `quality` is made where it is asked for.
std::unique_ptr<Reference> reference_for(const Arguments& arguments, const ChipConfig& chip,
                                         const Scheme& scheme, const traces::Trace& trace,
                                         std::optional<Quality>& quality) {
    const traces::TraceInfo made = run_info(trace.info(), scheme, chip);
    const std::string against = arguments.text_or("against", "golden");
    if (arguments.has("quality")) {
        if (against != "golden") {
            arguments.reject("quality",
                             "only golden can leave the SSM input in FP32; leave out --against");
        }
        quality.emplace(trace.info(), golden_options(chip));
        return golden_reference(trace, golden_options(chip), &*quality, made.x_codes);
    }
    if (against == "golden") {
        return golden_reference(trace, golden_options(chip), nullptr, made.x_codes);
    }
    if (against == kChunked) return chunked_reference(arguments, chip, trace, made);
    if (against == "recorded") return recorded_reference(trace, made);
    try {
        return file_reference(trace, made, against);
    } catch (const traces::TraceError& error) {
        fail_reading(against, error);
    }
}

std::vector<std::string> next_steps(const reports::CheckSection& check, bool accepted) {
    if (check.mismatches == 0) return {};
    if (check.against == kChunked) return {};
    if (!check.departures.empty()) {
        const std::string said = accepted ? "accepted: --approximate is given"
                                          : "--approximate accepts these differences (exit 0)";
        return {said,
                "--set nonlinear.exp.kind=exact   makes a unit exact again; likewise softplus, "
                "silu, rsqrt"};
    }
    return {"the first tensor that differs, in the order of the network, holds the fault:",
            "everything after it computes from wrong inputs"};
}

// What bears on the bits; what they cost is told by run.
std::string note_lines(const ChipConfig& chip, const Scheme& scheme, const traces::TraceInfo& info,
                       const reports::Report& report, const std::string& choice) {
    std::vector<std::string> notes = scheme_notes(scheme, info, report, true);
    if (!choice.empty()) notes.push_back(choice);
    const std::string packed = packed_note(chip, info.w4());
    if (!packed.empty()) notes.push_back(packed);
    std::string lines;
    for (const std::string& note : notes) {
        lines += reports::Ink(wants_colour()).warning("  note: " + note) + "\n";
    }
    return lines;
}

int check_command(const Arguments& arguments) {
    const OutputFolder out(arguments);
    const Settings settings(arguments);
    const ChipConfig chip = ChipConfig::load(arguments.text_or("chip", kUsualChip), settings.chip);
    const traces::Trace trace = open_trace(arguments.text("trace"));
    const Scheme scheme = chosen_scheme(arguments, settings, trace);
    if (trace.info().shapes_only) {
        arguments.reject("trace", "'" + trace.path() + "' holds shapes only: no numbers to check");
    }
    std::vector<std::string> departures = approximate_units(chip);
    const bool chunked = arguments.text_or("against", "golden") == kChunked;
    if (chunked) departures.emplace_back("scan: recurrent, not chunked");
    std::optional<Quality> quality;
    Check check(trace.info(), reference_for(arguments, chip, scheme, trace, quality),
                departures.empty() ? Distances::Off : Distances::On);
    RunOptions options;
    options.on_output = [&check](const LayerOutput& output) { check.on_output(output); };
    const std::uint32_t first = trace.info().first_layer;
    Timelines timelines(arguments, chip, {first, first + trace.info().layers});
    options.watchers = timelines.watchers();
    const Asked asked = {
        arguments.command({"trace", "chip", "scheme", "against", "quality", "set"}),
        arguments.list("set")};
    reports::Report report = run_with_progress(chip, scheme, trace, options, asked);
    timelines.finish(report);
    report.check = check.result();
    report.check->departures = departures;
    if (quality) report.quality = quality->result();

    const bool accepted = chunked || (!departures.empty() && arguments.has("approximate"));
    tell_left_out(scheme);
    const std::string choice = choice_note(arguments, trace, scheme);
    if (!choice.empty()) report.notes.push_back(choice);
    out.write(report, reports::to_text(report, {}));
    if (arguments.has("json")) {
        std::cout << reports::to_json(report);
    } else {
        std::vector<std::string> next = next_steps(*report.check, accepted);
        for (std::string& step : timelines.next_steps()) next.push_back(std::move(step));
        std::cout << "mambasic check: " << report.provenance.trace << " on chip " << chip.name
                  << ", scheme " << scheme.name << "\n"
                  << reports::overrides_line(report.provenance)
                  << note_lines(chip, scheme, trace.info(), report, choice)
                  << (report.quality ? reports::to_text(*report.quality, wants_colour()) : "")
                  << reports::to_text(*report.check, {wants_colour(), next});
    }
    return report.check->mismatches == 0 || accepted ? kExitDone : kExitDifferent;
}

}  // namespace

Verb check_verb() {
    return {"check",
            "compare every tensor the chip computes with a reference, bit for bit",
            "--trace T [--chip CHIP] [--against golden|golden-chunked|recorded|FILE] [options]",
            "mambasic check --trace traces/samples/tiny-decode.safetensors --against recorded",
            {},
            describe,
            check_command};
}

}  // namespace mambasic::sim
