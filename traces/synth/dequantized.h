// A quantized Mamba2 layer as the floats that its codes stand for, to calibrate it anew.
#pragma once

#include <cstdint>
#include <vector>

#include "golden/layer.h"
#include "traces/mamba2.h"
#include "traces/synth/mamba2_calibrate.h"
#include "traces/synth/mamba2_weights.h"

namespace mambasic::traces::synth {

Mamba2Floats dequantized(const Dims& dims, const Mamba2Layer& layer);

/// [D][E], the online transform taken out again: its columns are channels of the gated norm.
std::vector<float> unrotated_out_proj(const Dims& dims, const Mamba2Layer& layer);

/// What sequence `index` of a batch starts from.
Mamba2Start dequantized_start(const Dims& dims, const Mamba2Layer& layer,
                              const golden::LayerState& state, std::uint32_t index);

}  // namespace mambasic::traces::synth
