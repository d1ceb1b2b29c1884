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

/// One layer of one step: what golden was given, and what it made of it, the SSM's input kept.
struct LayerStep {
    std::uint32_t index = 0;  // in the trace
    traces::XCode code;
    const golden::LayerInput& input;
    const golden::LayerState& before;  // decode: the states
    const golden::LayerTensors& made;
};

class Quality {
public:
    /// `options`: those of the run with codes.
    Quality(const traces::TraceInfo& info, const golden::Options& options);

    void add(const traces::Mamba1Layer& layer, const LayerStep& step) { add_layer(layer, step); }
    void add(const traces::Mamba2Layer& layer, const LayerStep& step) { add_layer(layer, step); }

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
    void add_layer(const Layer& layer, const LayerStep& step);
    template <typename Layer>
    void run_with_fp32(const Layer& layer, const LayerStep& step);
    template <typename Layer>
    void count_codes(const Layer& layer, const LayerStep& step);
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
    reports::CodeCounts x_;
};

}  // namespace mambasic::sim
