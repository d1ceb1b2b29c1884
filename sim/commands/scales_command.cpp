// mambasic scales: the scales of every layer, where they come from, what they clip.
#include <unistd.h>

#include <iostream>
#include <optional>
#include <stdexcept>

#include "models/common/error.h"
#include "reports/files.h"
#include "sim/commands/json_output.h"
#include "sim/commands/open_trace.h"
#include "sim/commands/scales_table.h"
#include "sim/commands/settings.h"
#include "sim/commands/trace_verbs.h"
#include "sim/commands/usual_scheme.h"
#include "sim/compare_trace.h"
#include "sim/progress.h"
#include "sim/run_inputs.h"
#include "traces/error.h"

namespace mambasic::sim {
namespace {

namespace po = boost::program_options;
using traces::Trace;
using traces::synth::StatisticsRequest;

void describe(po::options_description& options) {
    const auto text = [] { return po::value<std::string>(); };
    auto add = options.add_options();
    add("trace", text(), "the trace");
    add("scheme", text(),
        "show the scales that this scheme makes of the trace: multiples of its own, as in se8; "
        "others are calibrated on it for this once, as compare does. Without it, those that it "
        "holds");
    add("set", po::value<std::vector<std::string>>(),
        "scheme.k=v: change one key of the scheme; may be repeated");
    add("layers", text(), "FIRST:END, layers of the model to show, as in 0:4");
    add("all", "also the scales of the layer's other int8 streams: z, B, C, dt and their like");
    add("csv", text(), "write every cell of every layer to this file");
    add_json_option(options);
}

std::optional<Scheme> scheme_of(const Arguments& arguments) {
    const Settings settings(arguments);
    if (!settings.chip.empty()) {
        arguments.reject("set", "'" + settings.chip.front() +
                                    "' is no key of a scheme; write as in scheme.factor=8");
    }
    if (arguments.has("scheme")) return Scheme::load(arguments.text("scheme"), settings.scheme);
    if (!settings.scheme.empty()) {
        arguments.reject("set", "changes a key of a scheme; name the scheme with --scheme");
    }
    return std::nullopt;
}

/// The trace with the scales that are shown: the user's own, or one in a folder that goes with
/// this.
class ShownTrace {
public:
    ShownTrace(const Trace& own, const std::optional<Scheme>& scheme) : own_(own) {
        if (!scheme) return;
        if (scales_from(own, *scheme, {}) == reports::ScalesFrom::Calibrated) calibrate(*scheme);
        const traces::TraceInfo& info = trace().info();
        for (std::uint32_t layer = info.first_layer; layer < info.first_layer + info.layers;
             ++layer) {
            codes_.push_back(scheme->of_layer(layer, info.dims.n_layer).x_code);
        }
        check_factors(*scheme, trace());
    }
    const Trace& trace() const { return made_ ? *made_ : own_; }
    /// What codes x in each layer; empty: what the trace says.
    const std::vector<traces::XCode>& codes() const { return codes_; }
    bool is_calibrated() const { return made_.has_value(); }

private:
    void calibrate(const Scheme& scheme) {
        folder_.emplace();
        const std::string file = folder_->file(0);
        ProgressLine line("calibrating", true);
        const auto progress = [&line](std::uint32_t done, std::uint32_t of) {
            line.update(done, of);
        };
        try {
            traces::synth::regroup(own_, targets_of(own_, scheme), file, progress);
        } catch (const traces::TraceError& error) {
            throw models::UserError(of_users_trace(error.what(), file, own_));
        }
        made_.emplace(Trace::open(file));
    }

    const Trace& own_;
    std::optional<TraceFolder> folder_;
    std::optional<Trace> made_;
    std::vector<traces::XCode> codes_;
};

std::vector<LayerStatistics> statistics_of(const ShownTrace& shown, const LayerRange& range) {
    std::vector<LayerStatistics> layers;
    ProgressLine line("reading scales", true);
    const StatisticsRequest request{range.first, range.first + range.count, shown.codes()};
    traces::synth::each_layer_statistics(shown.trace(), request, [&](const LayerStatistics& layer) {
        layers.push_back(layer);
        line.update(layers.size(), range.count);
    });
    return layers;
}

std::string origin(const ShownTrace& shown) {
    const traces::TraceInfo& info = shown.trace().info();
    if (shown.is_calibrated()) return "calibrated on it for this table";
    if (!info.observers.empty()) return "as the trace holds them, calibrated";
    return "as " + info.producer + " recorded them; the trace does not say what made them";
}

std::string title(const ShownTrace& shown, const std::optional<Scheme>& scheme) {
    const std::string name = scheme ? scheme->name : scheme_text(shown.trace());
    return "mambasic scales: " + shown.trace().info().model + ", scheme " + name + ", scales " +
           origin(shown) + "\n\n";
}

void write(const std::string& path, const std::string& content) {
    try {
        reports::write_file(path, content);
    } catch (const std::runtime_error& e) {  // the disk's or the folder's fault, not ours
        throw models::UserError(std::string("--csv: ") + e.what());
    }
}

constexpr const char* kLegend =
    "  x: what the convolution makes and the SSM reads; state: at the end of the sequences; value "
    "per code:\n  what a value is divided by (x decoded: what its code is multiplied by); share "
    "coded and clipped: of all\n  values; - where nothing is coded with the scale on the way to "
    "the SSM\n\n";

constexpr const char* kLegendOfAll =
    "  clipped, of streams other than x and state: codes at the ends of the range, clipped or "
    "not\n";

int scales_command(const Arguments& arguments) {
    const Trace trace = open_trace(arguments.text("trace"));
    if (trace.info().shapes_only) {
        arguments.reject("trace", "'" + trace.path() + "' holds shapes only: no scales in it");
    }
    const std::optional<Scheme> scheme = scheme_of(arguments);
    const LayerRange range = layer_range(arguments, trace.info());
    const std::string csv =
        arguments.has("csv") ? checked_file(arguments, "csv", trace.path()) : "";
    const ShownTrace shown(trace, scheme);
    const traces::TraceInfo& info = shown.trace().info();
    const std::vector<LayerStatistics> layers = statistics_of(shown, range);
    const bool all = arguments.has("all");
    if (!csv.empty()) write(csv, scales_csv(info, layers));
    if (arguments.has("json")) {
        std::cout << json_document("mambasic-scales/1",
                                   {{"model", info.model},
                                    {"scheme", scheme ? scheme->name : scheme_text(shown.trace())},
                                    {"origin", origin(shown)},
                                    {"scales", json_rows(scales_csv(info, layers))}});
    } else {
        std::cout << title(shown, scheme) << scales_table(info, layers, all)
                  << (all ? kLegendOfAll : "") << kLegend
                  << scales_pictures(layers, ::isatty(STDOUT_FILENO) != 1);
    }
    if (scheme) tell_left_out(*scheme);
    return kExitDone;
}

}  // namespace

Verb scales_verb() {
    return {"scales",
            "the scales of every layer, where they come from, what they clip",
            "--trace T [--scheme S] [--set scheme.k=v]... [--layers FIRST:END] [--all] [--csv F]",
            "mambasic scales --trace traces/samples/tiny-prefill.safetensors --scheme se8",
            {},
            describe,
            scales_command};
}

}  // namespace mambasic::sim
