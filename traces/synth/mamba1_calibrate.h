// Static activation scales of one Mamba1 layer: its forward pass without activation quantization,
// in FP32 with every operator's output rounded to FP16 as upstream's calibration model has it,
// watched by the observers. Which observer watches what: kernels.md 6.2, 6.3.
#pragma once

#include <vector>

#include "traces/mamba1.h"
#include "traces/synth/float_ops.h"
#include "traces/synth/mamba1_weights.h"
#include "traces/synth/observers.h"
#include "traces/synth/x_observers.h"

namespace mambasic::traces::synth {

struct Mamba1Observers {
    Mamba1Observers(const Dims& dims, const TargetScales& target, const Grouping& grouping)
        : x(dims, target, grouping) {}

    MinMaxObserver in_proj_input;
    MinMaxObserver in_proj_output;
    XObservers x;  // x_proj's input, and the state at the end of each sample
    MinMaxObserver x_proj_output;
    MinMaxObserver dt_proj_output;
    MinMaxObserver out_proj_input;
};

/// Runs the sample, whose channels stand in the grouping's order, and lets the observers see it.
/// Returns the scan's gated output [tokens][E], whose transform out_proj_input saw; tests compare
/// it with the quantized layer's.
std::vector<float> calibrate(const Dims& dims, const Mamba1Floats& layer, const Sample& sample,
                             Mamba1Observers& observers, const LayerStart* start = nullptr);

/// The conv output [tokens][E] alone, which is x_proj's input.
std::vector<float> conv_output(const Dims& dims, const Mamba1Floats& layer, const Sample& sample,
                               const LayerStart* start);

}  // namespace mambasic::traces::synth
