#include "sim/compare_trace.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "models/common/error.h"
#include "sim/target_scales.h"

namespace mambasic::sim {

namespace fs = std::filesystem;
using reports::ScalesFrom;

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

ScalesFrom scales_from(const traces::Trace& trace, const Scheme& scheme, bool numerics) {
    const traces::TraceInfo& info = trace.info();
    const traces::LayerGroups wanted = layer_groups(trace, scheme);
    bool same = true;
    for (std::uint32_t index = 0; index < info.layers; ++index) {
        same = same && info.table(index) == wanted[index];
    }
    if (!numerics) return same && !info.shapes_only ? ScalesFrom::Recorded : ScalesFrom::Nowhere;
    // Mamba1 has no groups to make: the run refuses such a scheme and says so.
    return same || !info.dims.mamba2() ? ScalesFrom::Recorded : ScalesFrom::Calibrated;
}

void scheme_trace(const traces::Trace& trace, const Scheme& scheme, const std::string& path,
                  const std::function<void(std::uint32_t done, std::uint32_t of)>& on_progress) {
    const traces::TraceInfo& info = trace.info();
    std::vector<traces::synth::TargetScales> targets;
    for (std::uint32_t index = 0; index < info.layers; ++index) {
        const LayerScheme& part = scheme.of_layer(info.first_layer + index, info.dims.n_layer);
        targets.push_back(target_scales(part, info.dims));
    }
    traces::synth::regroup(trace, targets, path, on_progress);
}

}  // namespace mambasic::sim
