// One run of one trace on one chip: builds the schedule and the SystemC chip, lets time pass, and
// returns the report. SystemC allows one elaboration per process, so run() may be called once.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "reports/report.h"
#include "sim/chip_config.h"
#include "sim/dram_burst.h"
#include "sim/scheme.h"
#include "sim/watcher.h"
#include "traces/trace.h"

namespace mambasic::sim {

/// A tensor the chip produced, whole for its (layer, step): valid during the callback only.
struct OutputTensor {
    std::string name;  // "conv1d.output", as in traces/FORMAT.md
    traces::DType dtype = traces::DType::I8;
    std::vector<std::uint64_t> shape;
    const void* data = nullptr;
};

struct LayerOutput {
    std::int32_t layer = 0;  // in the trace; kEmbedding and kHead for the model's two ends
    std::uint32_t step = 0;  // decode step; 0 in prefill
    std::vector<OutputTensor> tensors;
    static constexpr std::int32_t kEmbedding = -1;
    static constexpr std::int32_t kHead = -2;
};

struct Progress {
    std::uint64_t done = 0;  // in tokens x layers
    std::uint64_t total = 0;
};

struct RunOptions {
    bool numerics = true;  // false: timing only, counts from shapes
    std::uint32_t first_layer = 0;
    std::uint32_t layers = 0;  // 0: all from first_layer
    std::function<void(const LayerOutput&)>
        on_output;                                     // may be empty; in order of layers and steps
    std::function<void(const Progress&)> on_progress;  // may be empty
    std::function<void(const DramBurst&)> on_burst;    // may be empty; in order of time
    std::vector<Watcher*> watchers;                    // hear of all that takes time
};

/// Throws what run() would where the scheme has no place in the network, or the chip none for the
/// work: all that shapes tell, numerics or not. May be called at any time.
void require_fit(const ChipConfig& chip, const Scheme& scheme, const traces::Trace& trace,
                 const RunOptions& options);

/// provenance.command and provenance.trace are the caller's to fill.
reports::Report run(const ChipConfig& chip, const Scheme& scheme, const traces::Trace& trace,
                    const RunOptions& options);

}  // namespace mambasic::sim
