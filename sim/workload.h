// What a run asks of the chip, as shapes: the part of a trace that decides time.
#pragma once

#include <cstdint>

#include "models/common/task.h"
#include "sim/chip_config.h"
#include "traces/trace.h"

namespace mambasic::sim {

/// How the scales between convolution and scan are grouped and looked up: the scheme's part of the
/// work. As it is, one scale for all channels.
struct ScaleGroups {
    traces::GroupShape shape;
    models::LookupKind lookup = models::LookupKind::Register;
};

/// A layer's scale table on its way from DRAM.
struct TableLoad {
    std::uint64_t bytes = sizeof(float);
    bool all_layers = false;  // all layers' tables stay on chip; otherwise they come with the layer
};

struct Workload {
    traces::Dims dims;
    traces::Phase phase = traces::Phase::Prefill;
    std::uint64_t batch = 0;
    std::uint64_t tokens = 0;  // of each sequence; in decode, steps
    std::uint32_t layers = 0;
    bool int4_weights = false;  // W4A8; otherwise W8A8
    ScaleGroups scales;
    TableLoad table;
    bool embeds = false;          // starts from token ids; otherwise hidden rows wait in DRAM
    bool residual_input = false;  // with them, a residual stream
    bool has_head = false;        // ends with logits; otherwise hidden and residual go to DRAM

    bool decode() const { return phase == traces::Phase::Decode; }
    std::uint32_t steps() const { return decode() ? static_cast<std::uint32_t>(tokens) : 1U; }
    std::uint64_t tokens_per_step() const { return decode() ? 1 : tokens; }
};

}  // namespace mambasic::sim
