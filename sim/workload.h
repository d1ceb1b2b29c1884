// What a run asks of the chip, as shapes: the part of a trace that decides time.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "models/common/task.h"
#include "models/x_code/x_use.h"
#include "sim/chip_config.h"
#include "traces/trace.h"

namespace mambasic::sim {

/// How x is coded between convolution and scan, and how its scales are grouped and looked up: the
/// scheme's part of the work. As it is, int8 with one scale for all channels.
struct ScaleGroups {
    traces::GroupShape shape;
    models::LookupKind lookup = models::LookupKind::Register;
    models::XUse x;
};

/// The layers of a network up to one of them, behind those of the range before.
struct ScaleRange {
    std::uint32_t end = std::numeric_limits<std::uint32_t>::max();
    ScaleGroups groups;
    std::uint64_t table_bytes = sizeof(float);  // of a layer, on their way from DRAM
    std::string scheme;
};

struct Workload {
    traces::Dims dims;
    traces::Phase phase = traces::Phase::Prefill;
    std::uint64_t batch = 0;
    std::uint64_t tokens = 0;  // of each sequence; in decode, steps
    std::uint32_t layers = 0;
    bool int4_weights = false;                           // W4A8; otherwise W8A8
    std::uint32_t first_layer = 0;                       // of the run, in the network
    std::vector<ScaleRange> scale_ranges{ScaleRange{}};  // the last one has no end
    bool tables_stay = false;     // all layers' on chip; otherwise they come with the layer
    bool embeds = false;          // starts from token ids; otherwise hidden rows wait in DRAM
    bool residual_input = false;  // with them, a residual stream
    bool has_head = false;        // ends with logits; otherwise hidden and residual go to DRAM

    bool decode() const { return phase == traces::Phase::Decode; }
    std::uint32_t steps() const { return decode() ? static_cast<std::uint32_t>(tokens) : 1U; }
    std::uint64_t tokens_per_step() const { return decode() ? 1 : tokens; }
    /// What the chip holds at once is sized for these, whatever part of the network runs.
    std::uint32_t network_layers() const { return std::max(first_layer + layers, dims.n_layer); }
    /// Of a layer of the run.
    const ScaleRange& scales(std::uint32_t layer) const;
    const models::XUse& x_use(std::uint32_t layer) const { return scales(layer).groups.x; }
    /// Whether any range of layers does.
    bool rotates() const;
    bool rotates_by_matrix() const;
    /// Whether the op of a layer of the run reads the layer's scale table.
    bool looks_up(models::Op op, std::uint32_t layer) const;
};

inline const ScaleRange& Workload::scales(std::uint32_t layer) const {
    return *std::find_if(
        scale_ranges.begin(), scale_ranges.end() - 1,
        [at = first_layer + layer](const ScaleRange& range) { return at < range.end; });
}

inline bool Workload::rotates() const {
    return std::any_of(scale_ranges.begin(), scale_ranges.end(),
                       [](const ScaleRange& range) { return range.groups.x.code.rotated(); });
}

inline bool Workload::rotates_by_matrix() const {
    return std::any_of(scale_ranges.begin(), scale_ranges.end(), [](const ScaleRange& range) {
        return range.groups.x.code.rotated() && range.groups.x.code.dense;
    });
}

// x_proj and the scan of a Mamba1 layer with one scale get it with their weights; Mamba2's scan has
// B's and C's to find in any case.
inline bool Workload::looks_up(models::Op op, std::uint32_t layer) const {
    const bool table = scales(layer).groups.lookup != models::LookupKind::Register;
    if (op == models::Op::Scan) return dims.mamba2() || table;
    if (op == models::Op::XProj) return table && x_use(layer).requantized();
    return op == models::Op::Conv1d;
}

}  // namespace mambasic::sim
