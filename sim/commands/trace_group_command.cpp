// mambasic trace group: another scheme's scales for a Mamba2 trace.
#include <charconv>
#include <iostream>

#include "reports/human.h"
#include "sim/commands/trace_verbs.h"
#include "sim/progress.h"
#include "sim/target_scales.h"
#include "traces/layer_groups.h"
#include "traces/synth/regroup.h"

namespace mambasic::sim {
namespace {

namespace po = boost::program_options;

void describe(po::options_description& options) {
    auto add = options.add_options();
    add("file", po::value<std::string>(), "a Mamba2 trace");
    add("groups", po::value<std::string>(),
        "HEADSxDIMS groups in each SSD group, or per-channel: quamba2; one, for all channels: "
        "quamba1; without it, 4x4");
    add("scheme", po::value<std::string>(),
        "instead of --groups: a scheme's file or name, whose groups may differ by layer");
    add("out", po::value<std::string>(), "the file to write");
}

bool is_natural(const std::string& text, std::uint32_t& value) {
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    return error == std::errc() && stop == end;
}

using Targets = std::vector<traces::synth::TargetScales>;

Targets targets_of_scheme(const std::string& name, const traces::TraceInfo& info) {
    const Scheme scheme = Scheme::load(name);
    Targets out;
    for (std::uint32_t index = 0; index < info.layers; ++index) {
        out.push_back(
            target_scales(scheme.of_layer(info.first_layer + index, info.dims.n_layer), info.dims));
    }
    return out;
}

Targets targets_from(const Arguments& arguments, const traces::TraceInfo& info) {
    if (arguments.has("scheme")) {
        if (arguments.has("groups")) arguments.reject("groups", "the scheme says them; take one");
        return targets_of_scheme(arguments.text("scheme"), info);
    }
    traces::synth::TargetScales target;
    if (arguments.text_or("groups", "") != "one") {
        const traces::GroupShape groups = groups_from(arguments, info.dims, "per-channel or one");
        target = {traces::synth::Scheme::Quamba2, groups.head_groups, groups.dim_groups};
    }
    return Targets(info.layers, target);
}

std::string cells_text(const traces::TraceInfo& info) {
    if (info.hybrid()) return "groups " + traces::spell_layer_groups(info.layer_groups);
    const std::uint32_t cells = info.groups.cells();
    return std::to_string(cells) + (cells == 1 ? " cell" : " cells") + " in each layer";
}

int group_command(const Arguments& arguments) {
    const traces::Trace trace = traces::Trace::open(arguments.text("file"));
    const Targets targets = targets_from(arguments, trace.info());
    const std::string path = checked_file(arguments, "out", trace.path());
    {
        ProgressLine line("grouping", true);
        traces::synth::regroup(trace, targets, path, [&line](std::uint32_t done, std::uint32_t of) {
            line.update(done, of);
        });
    }
    const traces::Trace made = traces::Trace::open(path);
    std::cout << "wrote " << path << ", " << reports::human_bytes(made.file_bytes()) << ": "
              << made.info().scheme << ", " << cells_text(made.info()) << "\n";
    return kExitDone;
}

}  // namespace

traces::GroupShape groups_from(const Arguments& arguments, const traces::Dims& dims,
                               const std::string& words) {
    const std::uint32_t heads = dims.table_heads() / dims.table_ssd_groups();
    const std::string text = arguments.text_or("groups", "4x4");
    traces::GroupShape out{dims.table_ssd_groups(), heads, dims.table_head_dim()};
    if (text == "per-channel") return out;
    const std::size_t cross = text.find('x');
    if (cross == std::string::npos || !is_natural(text.substr(0, cross), out.head_groups) ||
        !is_natural(text.substr(cross + 1), out.dim_groups)) {
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
            "give a trace the scales of other groups, or one for all channels",
            "FILE --out F [--groups HEADSxDIMS|per-channel|one | --scheme S]",
            "mambasic trace group captured.safetensors --groups 4x4 --out grouped.safetensors",
            {"file"},
            describe,
            group_command};
}

}  // namespace mambasic::sim
