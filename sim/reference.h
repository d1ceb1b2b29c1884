// Where a check's truth comes from: golden, computed in step with the run, or tensors that somebody
// recorded, in the trace itself or in a file of its own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "golden/options.h"
#include "sim/run.h"
#include "traces/trace.h"

namespace mambasic::sim {

class Quality;

class Reference {
public:
    virtual ~Reference() = default;

    virtual const std::string& name() const = 0;  // "golden", "recorded", or the file

    /// What this layer of this step should hold, named and shaped as in `output`, whose values it
    /// does not read; valid until the next call. Called once for each, in the order of the run.
    /// Golden holds every tensor that a chip must make; a recorded reference may hold fewer.
    virtual std::vector<traces::Tensor> tensors(const LayerOutput& output) = 0;
};

/// The choices of the chip that decide bits.
golden::Options golden_options(const ChipConfig& chip);

/// The trace must outlive all of these. Where `quality` is given, it is told of every layer.
/// `x_codes` are those of the trace's layers, in order; without any, all have that of `options`.
std::unique_ptr<Reference> golden_reference(const traces::Trace& trace,
                                            const golden::Options& options,
                                            Quality* quality = nullptr,
                                            const std::vector<traces::XCode>& x_codes = {});

/// The trace's own recorded tensors; throws UserError where there are none, or where they were
/// recorded with other codes of x than `run` (run_info()) makes.
std::unique_ptr<Reference> recorded_reference(const traces::Trace& trace,
                                              const traces::TraceInfo& run);

/// Tensors under the trace.* keys in a safetensors file, as mambasic_cuda_ref or `run --dump`
/// writes them; throws UserError where the file does not belong to the trace. `run`: run_info().
std::unique_ptr<Reference> file_reference(const traces::Trace& trace, const traces::TraceInfo& run,
                                          const std::string& path);

}  // namespace mambasic::sim
