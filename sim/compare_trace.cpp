#include "sim/compare_trace.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "models/common/error.h"
#include "sim/file_names.h"
#include "sim/target_scales.h"
#include "traces/layer_observers.h"

namespace mambasic::sim {

namespace fs = std::filesystem;
using reports::ScalesFrom;
using traces::synth::TargetScales;

namespace {

// Behind the last layer that runs, counted in the trace.
std::uint32_t end_of(const RunOptions& options, std::size_t layers) {
    const auto all = static_cast<std::uint32_t>(layers);
    return options.layers == 0 ? all : std::min(all, options.first_layer + options.layers);
}

// What made the trace's scales is what the target asks for. Where the target has int8's alone,
// others that the trace has make no difference.
bool has_numbers(const traces::TraceInfo& info, std::uint32_t index, const TargetScales& target) {
    traces::Observation made = info.observer(index);
    const bool own = target.x_code.own_scales();
    if (!own) made.quantile = made.factor = 0;
    return made == target.observed_by() && (!own || info.x_code(index) == target.x_code);
}

}  // namespace

TraceFolder::TraceFolder() {
    std::error_code error;
    fs::path where = fs::temp_directory_path(error);
    if (error) where = "/tmp";  // $TMPDIR names no folder; mkdtemp tells what is wrong here
    path_ = (where / "mambasic-compare-XXXXXX").string();
    if (::mkdtemp(path_.data()) == nullptr) {
        throw models::UserError(where.string() +
                                ": no folder for calibrated traces: " + std::strerror(errno));
    }
}

TraceFolder::~TraceFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

std::string TraceFolder::file(std::size_t number) const {
    return (fs::path(path_) / (std::to_string(number) + ".safetensors")).string();
}

traces::LayerGroups layer_groups(const traces::Trace& trace, const Scheme& scheme) {
    const traces::TraceInfo& info = trace.info();
    traces::LayerGroups groups;
    for (std::uint32_t index = 0; index < info.layers; ++index) {
        const LayerScheme& part = scheme.of_layer(info.first_layer + index, info.dims.n_layer);
        groups.emplace_back();
        if (part.groups != GroupsOf::One) groups.back() = group_shape(part, info.dims);
    }
    return groups;
}

Targets targets_of(const traces::Trace& trace, const Scheme& scheme) {
    const traces::TraceInfo& info = trace.info();
    Targets targets;
    for (std::uint32_t index = 0; index < info.layers; ++index) {
        const LayerScheme& part = scheme.of_layer(info.first_layer + index, info.dims.n_layer);
        targets.push_back(target_scales(part, info.dims));
        // Any trace runs a code of int8's scales: what is made for one is made for all of them.
        if (!part.x_code.own_scales()) targets.back().x_code = {};
    }
    return targets;
}

std::string of_users_trace(const std::string& why, const std::string& file,
                           const traces::Trace& users) {
    return replaced(replaced(why, "; it was not written", ""), file,
                    users.path() + " with calibrated scales");
}

bool same_scales(const Targets& one, const Targets& other) {
    const auto same = [](const TargetScales& a, const TargetScales& b) {
        return a.scheme == b.scheme && a.head_groups == b.head_groups &&
               a.dim_groups == b.dim_groups && a.observed_by() == b.observed_by() &&
               a.x_code == b.x_code;
    };
    return std::equal(one.begin(), one.end(), other.begin(), other.end(), same);
}

std::string observer_name(const Targets& targets, const RunOptions& options) {
    const auto first = targets.begin() + options.first_layer;
    const auto end = targets.begin() + end_of(options, targets.size());
    const bool mixed = std::any_of(first, end, [&](const TargetScales& target) {
        return !(target.observed_by() == first->observed_by());
    });
    return mixed ? "mixed" : spell(first->observed_by());
}

ScalesFrom scales_from(const traces::Trace& trace, const Scheme& scheme,
                       const RunOptions& options) {
    const traces::TraceInfo& info = trace.info();
    const traces::LayerGroups groups = layer_groups(trace, scheme);
    const Targets targets = targets_of(trace, scheme);
    bool same_groups = true;
    bool same_numbers = true;
    for (std::uint32_t i = options.first_layer; i < end_of(options, info.layers); ++i) {
        same_groups = same_groups && info.table(i) == groups[i];
        same_numbers = same_numbers && has_numbers(info, i, targets[i]);
    }
    if (!options.numerics) {
        return same_groups && !info.shapes_only ? ScalesFrom::Recorded : ScalesFrom::Nowhere;
    }
    return same_groups && same_numbers ? ScalesFrom::Recorded : ScalesFrom::Calibrated;
}

}  // namespace mambasic::sim
