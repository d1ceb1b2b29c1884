// Where a check's truth comes from: golden, computed in step with the run, or tensors that somebody
// recorded, in the trace itself or in a file of its own.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "golden/layer.h"
#include "golden/options.h"
#include "sim/run.h"
#include "traces/trace.h"

namespace mambasic::sim {

class Reference {
public:
    virtual ~Reference() = default;

    virtual const std::string& name() const = 0;  // "golden", "recorded", or the file

    /// What a layer of a step should produce, shaped as the chip's LayerOutput is; valid until the
    /// next call. Called once per layer and step, in the order of the run. A recorded reference
    /// may hold fewer tensors than the chip makes; golden holds all of them.
    virtual std::vector<traces::Tensor> tensors(std::int32_t layer, std::uint32_t step) = 0;

    /// True where a tensor that the reference lacks is an error.
    virtual bool is_complete() const = 0;
};

/// True of tensors that have no token dimension: what is left after the last token so far.
bool is_state(const std::string& tensor);

/// The choices of the chip that decide bits.
golden::Options golden_options(const ChipConfig& chip);

std::unique_ptr<Reference> golden_reference(const traces::Trace& trace,
                                            const golden::Options& options);

/// The trace's own recorded tensors; throws UserError where there are none.
std::unique_ptr<Reference> recorded_reference(const traces::Trace& trace);

/// Tensors under the trace.* keys in a safetensors file, as mambasic_cuda_ref or `run --dump`
/// writes them; throws UserError where the file does not belong to the trace.
std::unique_ptr<Reference> file_reference(const traces::Trace& trace, const std::string& path);

}  // namespace mambasic::sim
