// What the codes of the SSM input cost: SQNR of that input and of the layer's output against the
// same layer with an FP32 SSM input (ssm.md 8.2). Every layer gets the input, and in decode the
// states, of the run with codes, so these figures are the layers' own errors; how they add up on
// their way through the network is network_quality.h's.
#pragma once

#include <cstdint>
#include <vector>

#include "golden/layer.h"
#include "reports/quality_section.h"
#include "sim/network_quality.h"
#include "traces/trace.h"

namespace mambasic::sim {

class Quality {
public:
    /// `options`: those of the run with codes.
    Quality(const traces::TraceInfo& info, const golden::Options& options);

    /// One layer (of the trace) of one step: what golden was given, `before` being the states in
    /// decode, and what it `made` of it.
    void add(std::uint32_t index, const traces::Mamba1Layer& layer, const golden::LayerInput& input,
             const golden::LayerState& before, const golden::LayerTensors& made);
    void add(std::uint32_t index, const traces::Mamba2Layer& layer, const golden::LayerInput& input,
             const golden::LayerState& before, const golden::LayerTensors& made);

    /// Behind the last layer of a step: what golden made of it. `head` is null where there is none.
    void finish_step(const golden::LayerTensors& made, const traces::Head* head) {
        network_.finish_step(made, head);
    }

    /// Of all that was added so far.
    reports::QualitySection result() const;

private:
    struct Sums {
        NoisySignal x, b_and_c, output;
    };
    template <typename Layer>
    void run_with_fp32(const Layer& layer, const golden::LayerInput& input,
                       const golden::LayerState& before);
    void compare(Sums& sums, const golden::LayerTensors& made);
    static reports::QualityFigures figures_of(const Sums& sums);

    const traces::Dims dims_;
    const bool decode_;
    const std::uint32_t first_layer_;
    const golden::Options options_;
    NetworkQuality network_;
    golden::LayerTensors fp32_;
    golden::LayerState state_;
    std::vector<Sums> layers_;
};

}  // namespace mambasic::sim
