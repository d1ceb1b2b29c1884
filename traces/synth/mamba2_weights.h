// The weights of a made-up Mamba2 layer. Heads, and channels within a head, differ in size, which
// is what makes group scales worth having; outliers come on top (weights.h).
#pragma once

#include <cstdint>
#include <vector>

#include "traces/synth/grouping.h"
#include "traces/synth/weights.h"

namespace mambasic::traces::synth {

/// FP16 values kept as FP32, so that calibration can run the layer unquantized. W is in_proj's
/// width, C the number of conv channels.
struct Mamba2Floats {
    std::vector<float> norm;         // [D]
    std::vector<float> in_proj;      // [W][D]: z, x, B, C, dt
    std::vector<float> conv_weight;  // [C][4]: x, B, C
    std::vector<float> conv_bias;    // [C]
    std::vector<float> dt_bias;      // [H]
    std::vector<float> a_log;        // [H]
    std::vector<float> d;            // [H]
    std::vector<float> gated_norm;   // [E]
};

Mamba2Floats draw_mamba2_layer(const WeightOptions& options, std::uint32_t layer);

/// The layer with its heads and channels in the grouping's order.
void reorder(const Dims& dims, const Grouping& grouping, Mamba2Floats& layer);

}  // namespace mambasic::traces::synth
