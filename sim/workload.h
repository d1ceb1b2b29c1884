// What a run asks of the chip, as shapes: the part of a trace that decides time.
#pragma once

#include <cstdint>

#include "models/common/task.h"
#include "sim/chip_config.h"
#include "traces/trace.h"

namespace mambasic::sim {

/// What a layer's scale table takes, by the op that looks it up. One scale is a register of the
/// convolution.
struct TableBytes {
    std::uint64_t conv = sizeof(float);
    std::uint64_t scan = 0;
    bool all_layers = false;  // all layers' tables stay on chip; otherwise they come with the layer
    std::uint64_t layer() const { return conv + scan; }
};

struct Workload {
    traces::Dims dims;
    traces::Phase phase = traces::Phase::Prefill;
    std::uint64_t batch = 0;
    std::uint64_t tokens = 0;  // of each sequence; in decode, steps
    std::uint32_t layers = 0;
    bool int4_weights = false;  // W4A8; otherwise W8A8
    TableBytes tables;
    bool embeds = false;          // starts from token ids; otherwise hidden rows wait in DRAM
    bool residual_input = false;  // with them, a residual stream
    bool has_head = false;        // ends with logits; otherwise hidden and residual go to DRAM

    bool decode() const { return phase == traces::Phase::Decode; }
    std::uint32_t steps() const { return decode() ? static_cast<std::uint32_t>(tokens) : 1U; }
    std::uint64_t tokens_per_step() const { return decode() ? 1 : tokens; }
};

}  // namespace mambasic::sim
