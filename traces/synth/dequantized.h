// A quantized layer as the floats that its codes stand for, to calibrate it anew.
#pragma once

#include <cstdint>
#include <vector>

#include "golden/layer.h"
#include "traces/mamba1.h"
#include "traces/mamba2.h"
#include "traces/synth/float_ops.h"
#include "traces/synth/grouping.h"
#include "traces/synth/mamba1_weights.h"
#include "traces/synth/mamba2_weights.h"

namespace mambasic::traces::synth {

/// Where there are groups, x_proj without the scales that its weights hold.
Mamba1Floats dequantized(const Dims& dims, const Mamba1Layer& layer);
Mamba2Floats dequantized(const Dims& dims, const Mamba2Layer& layer);

/// [R + 2N][E] of an x_proj whose input codes have the scales `x_scales` [E].
std::vector<float> x_proj_floats(const Linear& linear, const std::vector<float>& x_scales,
                                 float output_scale);

/// What the codes of a layer's states stand for.
struct StateScales {
    Grouping grouping;         // nothing moved
    std::vector<float> conv;   // [conv channels]
    std::vector<float> state;  // [E][N]
};
StateScales state_scales(const Dims& dims, const Mamba1Layer& layer);
StateScales state_scales(const Dims& dims, const Mamba2Layer& layer);
/// [E][N] of channels in the grouping's order.
std::vector<float> state_scales(const Dims& dims, const GroupTable& table,
                                const Grouping& grouping);

/// The scale of the conv output [E] by channel.
std::vector<float> x_scales(const Dims& dims, const Mamba1Layer& layer);

/// What sequence `index` of a batch starts from.
LayerStart dequantized_start(const Dims& dims, const StateScales& scales,
                             const golden::LayerState& state, std::uint32_t index);

}  // namespace mambasic::traces::synth
