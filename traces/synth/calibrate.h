// Static activation scales of one layer: its forward pass without activation quantization, in FP32
// with every operator's output rounded to FP16 as upstream's calibration model has it, watched by
// the observers. Which observer watches what: kernels.md 6.2, 6.3.
#pragma once

#include <cstdint>

#include "golden/arithmetic.h"
#include "traces/mamba1.h"
#include "traces/synth/observers.h"
#include "traces/synth/weights.h"

namespace mambasic::traces::synth {

struct LayerObservers {
    MinMaxObserver in_proj_input;
    MinMaxObserver in_proj_output;
    PercentileObserver x_proj_input;
    MinMaxObserver x_proj_output;
    MinMaxObserver dt_proj_output;
    PercentileObserver ssm_state;  // at the end of each sample
    MinMaxObserver out_proj_input;
};

/// Consecutive tokens of one sequence, run from zero state.
struct Sample {
    std::uint32_t tokens = 0;
    const arith::Half* hidden = nullptr;  // [tokens][D]
    const float* residual = nullptr;      // [tokens][D]; null before layer 0
    float epsilon = 0;
};

/// Runs the sample and lets the observers see it. Returns the scan's gated output [tokens][E],
/// whose transform out_proj_input saw; tests compare it with the quantized layer's.
std::vector<float> calibrate(const Dims& dims, const FloatLayer& layer, const Sample& sample,
                             LayerObservers& observers);

/// fp16(rmsnorm(hidden + residual) * weight) of `rows` rows, and the observer that sees it.
std::vector<float> float_norm(const std::vector<float>& weight, const Sample& rows);

}  // namespace mambasic::traces::synth
