// mambasic trace group: another scheme's scales for a trace.
#include <iostream>
#include <optional>

#include "reports/human.h"
#include "sim/commands/json_output.h"
#include "sim/commands/open_trace.h"
#include "sim/commands/trace_verbs.h"
#include "sim/commands/usual_scheme.h"
#include "sim/compare_trace.h"
#include "sim/progress.h"
#include "sim/shell_words.h"
#include "traces/layer_groups.h"
#include "traces/synth/regroup.h"

namespace mambasic::sim {
namespace {

namespace po = boost::program_options;
using traces::synth::Observer;

void describe(po::options_description& options) {
    auto add = options.add_options();
    add("file", po::value<std::string>(), "a trace");
    add("groups", po::value<std::string>(),
        "HEADSxDIMS groups in each SSD group, or per-channel: quamba2; one, for all channels: "
        "quamba1; without it, 4x4. Mamba1 is one SSD group, and 16 channels count as a head");
    add("scheme", po::value<std::string>(),
        "instead of --groups and --observer: a scheme's file or name; the same as calibrate "
        "--scheme "
        "with this one trace");
    add("observer", po::value<std::string>(),
        "what makes the scales of conv output and state: percentile (without it, of one scale) or "
        "minmax (without it, of groups)");
    add("out", po::value<std::string>(), "the file to write");
    add_json_option(options);
}

std::optional<Observer> observer_from(const Arguments& arguments) {
    if (!arguments.has("observer")) return std::nullopt;
    const bool minmax = arguments.choice("observer", {"percentile", "minmax"}) == "minmax";
    return minmax ? Observer::MinMax : Observer::Percentile;
}

Targets targets_from(const Arguments& arguments, const traces::Trace& trace) {
    if (arguments.has("scheme")) {
        for (const char* name : {"groups", "observer"}) {
            if (arguments.has(name)) arguments.reject(name, "the scheme says it; take one");
        }
        return targets_of(trace, Scheme::load(arguments.text("scheme")));
    }
    const traces::TraceInfo& info = trace.info();
    traces::synth::TargetScales target;
    if (arguments.text_or("groups", "") != "one") {
        const traces::GroupShape groups = groups_from(arguments, info.dims, "per-channel or one");
        target.scheme = traces::synth::Scheme::Quamba2;
        target.head_groups = groups.head_groups;
        target.dim_groups = groups.dim_groups;
    }
    target.observer = observer_from(arguments);
    return Targets(info.layers, target);
}

std::string cells_text(const traces::TraceInfo& info) {
    if (info.hybrid()) return "groups " + traces::spell_layer_groups(info.layer_groups);
    const std::uint32_t cells = info.groups.cells();
    return std::to_string(cells) + (cells == 1 ? " cell" : " cells") + " in each layer";
}

// What a run needs to take the trace; nothing where it finds the scheme by itself.
std::string scheme_option(const Arguments& arguments, const traces::Trace& made) {
    if (arguments.has("scheme")) {
        return " " + scheme_words(Scheme::load(arguments.text("scheme")));
    }
    const traces::TraceInfo& info = made.info();
    if (has_usual_scheme(made)) return "";
    return " --scheme quamba2 --set scheme.groups=" + std::to_string(info.groups.head_groups) +
           "x" + std::to_string(info.groups.dim_groups);
}

int group_command(const Arguments& arguments) {
    const traces::Trace trace = open_trace(arguments.text("file"));
    const Targets targets = targets_from(arguments, trace);
    const std::string path = checked_file(arguments, "out", trace.path());
    {
        ProgressLine line("grouping", true);
        traces::synth::regroup(trace, targets, path, [&line](std::uint32_t done, std::uint32_t of) {
            line.update(done, of);
        });
    }
    const traces::Trace made = traces::Trace::open(path);
    if (arguments.has("json")) {
        std::cout << written_document(
            path, {{"scheme", made.info().scheme}, {"cells", cells_text(made.info())}});
        return kExitDone;
    }
    std::cout << "wrote " << path << ", " << reports::human_bytes(made.file_bytes()) << ": "
              << made.info().scheme << ", " << cells_text(made.info())
              << "\n\nNext\n  mambasic run " << kUsualChip << " --trace " << shell_word(path)
              << scheme_option(arguments, made) << (made.info().shapes_only ? " --timing-only" : "")
              << "\n";
    return kExitDone;
}

}  // namespace

traces::GroupShape groups_from(const Arguments& arguments, const traces::Dims& dims,
                               const std::string& words) {
    const std::uint32_t heads = dims.table_heads() / dims.table_ssd_groups();
    const std::string text = arguments.text_or("groups", "4x4");
    traces::GroupShape out{dims.table_ssd_groups(), heads, dims.table_head_dim()};
    if (text == "per-channel") return out;
    if (!traces::read_groups(text, out)) {
        arguments.reject("groups",
                         "'" + text + "' is neither HEADSxDIMS, such as 4x4, nor " + words);
    }
    const auto within = [](std::uint32_t value, std::uint32_t most) {
        return value >= 1 && value <= most;
    };
    if (!within(out.head_groups, heads) || !within(out.dim_groups, dims.table_head_dim())) {
        arguments.reject("groups", "'" + text + "' is outside [1x1, " + std::to_string(heads) +
                                       "x" + std::to_string(dims.table_head_dim()) +
                                       "], the heads of an SSD group and their channels");
    }
    return out;
}

Verb trace_group_verb() {
    return {"trace group",
            "give a trace, or shapes alone, other groups (calibrate: all that a scheme asks for)",
            "FILE --out F [--groups HEADSxDIMS|per-channel|one] [--observer O] or [--scheme S]",
            "mambasic trace group traces/samples/tiny2-prefill.safetensors --groups 2x2 --out "
            "grouped.safetensors",
            {"file"},
            describe,
            group_command};
}

}  // namespace mambasic::sim
