// What a run asks of the chip, as shapes: the part of a trace that decides time.
#pragma once

#include <cstdint>

#include "models/common/task.h"
#include "sim/chip_config.h"
#include "traces/trace.h"

namespace mambasic::sim {

struct Workload {
    traces::Dims dims;
    traces::Phase phase = traces::Phase::Prefill;
    std::uint64_t batch = 0;
    std::uint64_t tokens = 0;  // of each sequence; in decode, steps
    std::uint32_t layers = 0;
    bool embeds = false;          // starts from token ids; otherwise hidden rows wait in DRAM
    bool residual_input = false;  // with them, a residual stream
    bool has_head = false;        // ends with logits; otherwise hidden and residual go to DRAM

    bool decode() const { return phase == traces::Phase::Decode; }
    std::uint32_t steps() const { return decode() ? static_cast<std::uint32_t>(tokens) : 1U; }
    std::uint64_t tokens_per_step() const { return decode() ? 1 : tokens; }
};

/// Linears by op: y[m][n] = x[m][k] w[n][k].
struct LinearShape {
    std::uint64_t n = 0;
    std::uint64_t k = 0;
};
LinearShape linear_shape(const traces::Dims& dims, models::Op op);

}  // namespace mambasic::sim
