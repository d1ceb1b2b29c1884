// mambasic run: a trace through a chip, and what it cost.
#include <cmath>
#include <iostream>
#include <memory>
#include <optional>

#include "reports/json_writer.h"
#include "reports/text_writer.h"
#include "sim/commands/json_output.h"
#include "sim/commands/open_trace.h"
#include "sim/commands/output.h"
#include "sim/commands/settings.h"
#include "sim/commands/timeline_options.h"
#include "sim/commands/trace_verbs.h"
#include "sim/commands/usual_scheme.h"
#include "sim/dram_trace.h"
#include "sim/dump.h"
#include "sim/run_info.h"
#include "sim/shell_words.h"

namespace mambasic::sim {
namespace {

namespace po = boost::program_options;

void describe(po::options_description& options) {
    const auto text = [] { return po::value<std::string>(); };
    auto add = options.add_options();
    add("chip", text(), "the chip: a YAML file, or the name of one in hw_config/chips");
    add("trace", text(),
        "the trace to run; trace validate, not this, compares its data with its hash");
    add("scheme", text(), "a scheme's file or name; without it, the one the trace was made for");
    add("set", po::value<std::vector<std::string>>(), kSetHelp);
    add("layers", text(), "FIRST:END, layers of the model to run, as in 0:4");
    add("timing-only", po::bool_switch(), "cycles and energy, but no numbers");
    add("out", text(), "folder for report.json, report.txt and report.html, a page with charts");
    add("dump", text(), "write every tensor that the chip made to this file");
    add("dram-trace", text(), "write the bursts asked of the DRAM to this file, one a line");
    add("dram-trace-format", text(), "who shall read it: ramulator2 (the default) or dramsim3");
    add("dram-trace-limit", text(), "bursts in that file at most; 10000000 without it");
    describe_timeline(options);
    add("quiet", po::bool_switch(), "print no report");
    add_json_option(options);
}

void refuse_impossible(const Arguments& arguments, const traces::TraceInfo& info) {
    if (arguments.has("json") && arguments.has("quiet")) {
        arguments.reject("json", "--quiet prints nothing; take one");
    }
    const bool timing_only = arguments.has("timing-only");
    if (info.shapes_only && !timing_only) {
        arguments.reject("trace",
                         "'" + arguments.text("trace") + "' holds shapes only; add --timing-only");
    }
    if (timing_only && arguments.has("dump")) {
        arguments.reject("dump", "--timing-only makes no tensors to write");
    }
    if (arguments.has("layers") && arguments.has("dump")) {
        arguments.reject("dump", "it holds every layer; use trace slice instead of --layers");
    }
}

std::vector<std::string> next_steps(const Arguments& arguments, const Scheme& scheme) {
    std::vector<std::string> next;
    if (!arguments.has("timing-only")) {
        std::string words = " --chip " + shell_word(arguments.text("chip"));
        if (arguments.has("scheme")) words += " " + scheme_words(scheme);
        const Settings settings(arguments);
        for (const std::string& setting :
             arguments.has("scheme") ? settings.chip : arguments.list("set")) {
            words += " --set " + shell_word(setting);
        }
        next.push_back("mambasic check --trace " + shell_word(arguments.text("trace")) + words +
                       "   compares every tensor, bit for bit");
    }
    if (!arguments.has("out"))
        next.emplace_back("--out DIR   writes this as report.json and as a page, report.html");
    next.emplace_back(
        "mambasic explain gemm   tells what these keys mean; --set a.b=v changes one");
    return next;
}

void open_dram_trace(const Arguments& arguments, const ChipConfig& chip, const std::string& source,
                     std::optional<DramTrace>& trace) {
    for (const char* needs_it : {"dram-trace-format", "dram-trace-limit"}) {
        if (arguments.has(needs_it) && !arguments.has("dram-trace")) {
            arguments.reject(needs_it, "there is no --dram-trace FILE to write");
        }
    }
    if (!arguments.has("dram-trace")) return;
    constexpr std::uint32_t kMost = 4000000000;
    constexpr std::uint32_t kUsual = 10000000;  // some 200 MB
    constexpr double kTicksPerPs = 1000;        // 1 fs
    DramTrace::Options options;
    const std::string format =
        arguments.choice_or("dram-trace-format", {"ramulator2", "dramsim3"}, "ramulator2");
    options.format =
        format == "dramsim3" ? DramTrace::Format::Dramsim3 : DramTrace::Format::Ramulator2;
    options.limit = arguments.integer_or("dram-trace-limit", 1, kMost, kUsual);
    options.period = static_cast<models::Ticks>(std::llround(chip.dram.tck_ps * kTicksPerPs));
    trace.emplace(checked_file(arguments, "dram-trace", source), options);
}

int run_command(const Arguments& arguments) {
    const OutputFolder out(arguments);
    const Settings settings(arguments);
    const ChipConfig chip = ChipConfig::load(arguments.text("chip"), settings.chip);
    const traces::Trace trace = open_trace(arguments.text("trace"));
    const Scheme scheme = chosen_scheme(arguments, settings, trace);
    refuse_impossible(arguments, trace.info());
    refuse_shared_files(arguments);
    RunOptions options;
    options.numerics = !arguments.has("timing-only");
    const LayerRange layers = layer_range(arguments, trace.info());
    options.first_layer = layers.first;
    options.layers = layers.count;
    std::unique_ptr<Dump> dump;
    if (arguments.has("dump")) {
        const std::string path = checked_file(arguments, "dump", trace.path());
        dump = std::make_unique<Dump>(trace, run_info(trace.info(), scheme, chip), path);
        options.on_output = [&dump](const LayerOutput& output) { dump->on_output(output); };
    }
    std::optional<DramTrace> dram_trace;
    open_dram_trace(arguments, chip, trace.path(), dram_trace);
    if (dram_trace) {
        options.on_burst = [&dram_trace](const DramBurst& burst) { dram_trace->on_burst(burst); };
    }
    const std::uint32_t first = trace.info().first_layer + layers.first;
    Timelines timelines(arguments, chip, {first, first + layers.count});
    options.watchers = timelines.watchers();
    const Asked asked = {
        arguments.command({"chip", "trace", "scheme", "set", "layers", "timing-only"}),
        arguments.list("set"), options.numerics};
    reports::Report report = run_with_progress(chip, scheme, trace, options, asked);
    if (dump) dump->finish();
    if (dram_trace) {
        dram_trace->finish();
        if (!dram_trace->note().empty()) report.notes.push_back(dram_trace->note());
    }
    timelines.finish(report);
    tell_left_out(scheme);
    const std::string choice = choice_note(arguments, trace, scheme);
    if (!choice.empty()) report.notes.push_back(choice);
    out.write(report, reports::to_text(report, {}));
    if (arguments.has("json")) {
        std::cout << reports::to_json(report);
    } else if (!arguments.has("quiet")) {
        std::vector<std::string> next = timelines.next_steps();
        for (std::string& step : next_steps(arguments, scheme)) next.push_back(std::move(step));
        std::cout << reports::to_text(report, {wants_colour(), next});
    }
    return kExitDone;
}

}  // namespace

Verb run_verb() {
    return {"run",
            "a trace through a chip: cycles, energy, area, DRAM traffic",
            "CHIP --trace T [options]",
            "mambasic run edge-32x32 --trace traces/samples/tiny-prefill.safetensors",
            {"chip"},
            describe,
            run_command};
}

}  // namespace mambasic::sim
