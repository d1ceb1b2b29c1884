// mambasic trace group: another scheme's scales for a Mamba2 trace.
#include <charconv>
#include <iostream>

#include "reports/human.h"
#include "sim/commands/trace_verbs.h"
#include "sim/progress.h"
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
    add("out", po::value<std::string>(), "the file to write");
}

bool is_natural(const std::string& text, std::uint32_t& value) {
    const char* end = text.data() + text.size();
    const auto [stop, error] = std::from_chars(text.data(), end, value);
    return error == std::errc() && stop == end;
}

traces::synth::TargetScales target_from(const Arguments& arguments, const traces::Dims& dims) {
    // A Mamba1 trace has no heads to count; regroup() refuses it.
    if (!dims.mamba2() || arguments.text_or("groups", "") == "one") return {};
    const traces::GroupShape groups = groups_from(arguments, dims, "per-channel or one");
    return {traces::synth::Scheme::Quamba2, groups.head_groups, groups.dim_groups};
}

int group_command(const Arguments& arguments) {
    const traces::Trace trace = traces::Trace::open(arguments.text("file"));
    const traces::synth::TargetScales target = target_from(arguments, trace.info().dims);
    const std::string path = checked_file(arguments, "out", trace.path());
    {
        ProgressLine line("grouping", true);
        traces::synth::regroup(trace, target, path, [&line](std::uint32_t done, std::uint32_t of) {
            line.update(done, of);
        });
    }
    const traces::Trace made = traces::Trace::open(path);
    const std::uint32_t cells = made.info().groups.cells();
    std::cout << "wrote " << path << ", " << reports::human_bytes(made.file_bytes()) << ": "
              << made.info().scheme << ", " << cells << (cells == 1 ? " cell" : " cells")
              << " in each layer\n";
    return kExitDone;
}

}  // namespace

traces::GroupShape groups_from(const Arguments& arguments, const traces::Dims& dims,
                               const std::string& words) {
    const std::uint32_t heads = dims.heads / dims.groups;
    const std::string text = arguments.text_or("groups", "4x4");
    traces::GroupShape out{dims.groups, heads, dims.head_dim};
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
    if (!within(out.head_groups, heads) || !within(out.dim_groups, dims.head_dim)) {
        arguments.reject("groups", "'" + text + "' is outside [1x1, " + std::to_string(heads) +
                                       "x" + std::to_string(dims.head_dim) +
                                       "], the heads of an SSD group and their channels");
    }
    return out;
}

Verb trace_group_verb() {
    return {"trace group",
            "give a Mamba2 trace the scales of other groups, or one for all channels",
            "FILE --out F [--groups HEADSxDIMS|per-channel|one]",
            "mambasic trace group captured.safetensors --groups 4x4 --out grouped.safetensors",
            {"file"},
            describe,
            group_command};
}

}  // namespace mambasic::sim
