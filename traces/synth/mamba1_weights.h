// The weights of a made-up Mamba1 layer.
#pragma once

#include <cstdint>
#include <vector>

#include "traces/synth/grouping.h"
#include "traces/synth/weights.h"

namespace mambasic::traces::synth {

/// FP16 values kept as FP32, so that calibration can run the layer unquantized.
struct Mamba1Floats {
    std::vector<float> norm;         // [D]
    std::vector<float> in_proj;      // [2E][D]
    std::vector<float> conv_weight;  // [E][4]
    std::vector<float> conv_bias;    // [E]
    std::vector<float> x_proj;       // [R + 2N][E]
    std::vector<float> dt_proj;      // [E][R]
    std::vector<float> dt_bias;      // [E]
    std::vector<float> a_log;        // [E][N]
    std::vector<float> d;            // [E]
};

Mamba1Floats draw_mamba1_layer(const WeightOptions& options, std::uint32_t layer);

/// The layer with its channels in the grouping's order.
void reorder(const Dims& dims, const Grouping& grouping, Mamba1Floats& layer);

}  // namespace mambasic::traces::synth
