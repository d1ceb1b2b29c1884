#include "sim/compare_trace.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "models/common/error.h"
#include "sim/scale_tables.h"
#include "traces/synth/regroup.h"

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

ScalesFrom scales_from(const traces::Trace& trace, const Scheme& scheme, bool numerics) {
    const traces::TraceInfo& info = trace.info();
    const bool grouped = scheme.groups != GroupsOf::One;
    const bool same = grouped == info.grouped() && group_shape(scheme, info.dims) == info.groups;
    if (!numerics) return same && !info.shapes_only ? ScalesFrom::Recorded : ScalesFrom::Nowhere;
    // Mamba1 has no groups to make: the run refuses such a scheme and says so.
    return same || !info.dims.mamba2() ? ScalesFrom::Recorded : ScalesFrom::Calibrated;
}

void scheme_trace(const traces::Trace& trace, const Scheme& scheme, const std::string& path,
                  const std::function<void(std::uint32_t done, std::uint32_t of)>& on_progress) {
    const traces::GroupShape shape = group_shape(scheme, trace.info().dims);
    const auto target = scheme.groups == GroupsOf::One ? traces::synth::Scheme::Quamba1
                                                       : traces::synth::Scheme::Quamba2;
    traces::synth::regroup(trace, {target, shape.head_groups, shape.dim_groups}, path, on_progress);
}

}  // namespace mambasic::sim
