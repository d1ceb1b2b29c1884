// mambasic scales: the scales of every layer, where they come from, what they clip.
#include <unistd.h>

#include <iostream>
#include <stdexcept>

#include "models/common/error.h"
#include "reports/files.h"
#include "sim/commands/open_trace.h"
#include "sim/commands/scales_table.h"
#include "sim/commands/trace_verbs.h"
#include "sim/progress.h"

namespace mambasic::sim {
namespace {

namespace po = boost::program_options;
using traces::Trace;

void describe(po::options_description& options) {
    const auto text = [] { return po::value<std::string>(); };
    auto add = options.add_options();
    add("trace", text(), "the trace");
    add("layers", text(), "FIRST:END, layers of the model to show, as in 0:4");
    add("csv", text(), "write every cell of every layer to this file");
}

std::vector<LayerStatistics> statistics_of(const Trace& trace, const LayerRange& range) {
    std::vector<LayerStatistics> layers;
    ProgressLine line("reading scales", true);
    traces::synth::each_layer_statistics(trace, range.first, range.first + range.count,
                                         [&](const LayerStatistics& layer) {
                                             layers.push_back(layer);
                                             line.update(layers.size(), range.count);
                                         });
    return layers;
}

std::string origin(const traces::TraceInfo& info) {
    if (info.observers.empty()) {
        return "as " + info.producer +
               " made them; the trace does not say with which statistic (?)";
    }
    return "calibrated; the table names the statistic";
}

void write(const std::string& path, const std::string& content) {
    try {
        reports::write_file(path, content);
    } catch (const std::runtime_error& e) {  // the disk's or the folder's fault, not ours
        throw models::UserError(std::string("--csv: ") + e.what());
    }
}

int scales_command(const Arguments& arguments) {
    const Trace trace = open_trace(arguments.text("trace"));
    const traces::TraceInfo& info = trace.info();
    if (info.shapes_only) {
        arguments.reject("trace", "'" + trace.path() + "' holds shapes only: no scales in it");
    }
    const LayerRange range = layer_range(arguments, info);
    const std::string csv =
        arguments.has("csv") ? checked_file(arguments, "csv", trace.path()) : "";
    const std::vector<LayerStatistics> layers = statistics_of(trace, range);
    if (!csv.empty()) write(csv, scales_csv(info, layers));
    std::cout << "mambasic scales: " << info.model << ", " << info.scheme << ", scales "
              << origin(info) << "\n\n"
              << scales_table(info, layers)
              << "  saturated, flagged: shares of x; codes used: the largest one and what the code "
                 "has\n\n"
              << scales_pictures(layers, ::isatty(STDOUT_FILENO) != 1);
    return kExitDone;
}

}  // namespace

Verb scales_verb() {
    return {"scales",
            "the scales of every layer, where they come from, what they clip",
            "--trace T [--layers FIRST:END] [--csv F]",
            "mambasic scales --trace traces/samples/tiny-prefill.safetensors",
            {},
            describe,
            scales_command};
}

}  // namespace mambasic::sim
