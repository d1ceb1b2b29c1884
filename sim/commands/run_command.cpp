// mambasic run: a trace through a chip, and what it cost.
#include <iostream>

#include "sim/commands/output.h"
#include "sim/commands/verb.h"
#include "sim/dump.h"
#include "sim/run.h"

namespace mambasic::sim {
namespace {

namespace po = boost::program_options;

void describe(po::options_description& options) {
    options.add_options()("chip", po::value<std::string>(),
                          "the chip: a YAML file, or the name of one in hw_config/chips")(
        "trace", po::value<std::string>(), "the trace to run")(
        "scheme", po::value<std::string>(),
        "a scheme's YAML file or name; without it, the scheme that the trace was made for")(
        "set", po::value<std::vector<std::string>>(),
        "a.b=v: change one key of the chip; may be repeated")(
        "layers", po::value<std::string>(), "FIRST:END, layers of the model, as in 0:4")(
        "timing-only", po::bool_switch(), "count cycles and energy, compute no numbers")(
        "out", po::value<std::string>(), "folder for report.json and report.txt")(
        "dump", po::value<std::string>(), "write every tensor that the chip made to this file")(
        "quiet", po::bool_switch(), "print no report");
}

void choose_layers(const Arguments& arguments, const traces::TraceInfo& info, RunOptions& options) {
    const auto range = arguments.range("layers");
    if (!range) return;
    const std::uint32_t end = info.first_layer + info.layers;
    if (range->first < info.first_layer || range->second > end) {
        arguments.reject("layers", "the trace holds layers " + std::to_string(info.first_layer) +
                                       ":" + std::to_string(end));
    }
    options.first_layer = range->first - info.first_layer;
    options.layers = range->second - range->first;
}

void refuse_impossible(const Arguments& arguments, const traces::TraceInfo& info) {
    const bool timing_only = arguments.has("timing-only");
    if (info.shapes_only && !timing_only) {
        arguments.reject("trace", "it holds shapes only; add --timing-only");
    }
    if (timing_only && arguments.has("dump")) {
        arguments.reject("dump", "--timing-only makes no tensors to write");
    }
}

std::vector<std::string> next_steps(const Arguments& arguments) {
    std::vector<std::string> next;
    if (!arguments.has("timing-only")) {
        next.push_back("mambasic check --trace " + arguments.text("trace") + " --chip " +
                       arguments.text("chip") + "   compares every tensor, bit for bit");
    }
    if (!arguments.has("out")) next.push_back("--out DIR   also writes report.json and report.txt");
    next.push_back("mambasic explain   tells what each key of the chip means; --set changes one");
    return next;
}

int run_command(const Arguments& arguments) {
    const OutputFolder out(arguments);
    const ChipConfig chip = ChipConfig::load(arguments.text("chip"), arguments.list("set"));
    const traces::Trace trace = traces::Trace::open(arguments.text("trace"));
    const Scheme scheme = Scheme::load(arguments.text_or("scheme", trace.info().scheme));
    refuse_impossible(arguments, trace.info());

    RunOptions options;
    options.numerics = !arguments.has("timing-only");
    choose_layers(arguments, trace.info(), options);
    std::unique_ptr<Dump> dump;
    if (arguments.has("dump")) {
        dump = std::make_unique<Dump>(trace, arguments.text("dump"));
        options.on_output = [&](const LayerOutput& output) { dump->on_output(output); };
    }
    reports::Report report = timed_run(chip, scheme, trace, options, arguments);
    if (dump) dump->finish();
    report.provenance.command = canonical_command("run", arguments);
    out.write(report, next_steps(arguments));
    if (!arguments.has("quiet")) std::cout << terminal_text(report, next_steps(arguments));
    return kExitDone;
}

}  // namespace

Verb run_verb() {
    return {"run",
            "run a trace on a chip: cycles, energy, area, DRAM traffic",
            "CHIP --trace T [options]",
            "mambasic run edge-32x32 --trace traces/samples/tiny-prefill.safetensors",
            {"chip"},
            describe,
            run_command};
}

}  // namespace mambasic::sim
