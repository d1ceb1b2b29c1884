// A layer as a checkpoint holds it: int8 weights, and the scales of kernels.md 6.3 made from what
// the observers saw.
#pragma once

#include <cstdint>
#include <vector>

#include "traces/mamba1.h"
#include "traces/synth/calibrate.h"
#include "traces/synth/quantize.h"
#include "traces/synth/weights.h"

namespace mambasic::traces::synth {

class QuantizedLayer {
public:
    /// Weights are quantized here; the floats are not needed afterwards.
    QuantizedLayer(const Dims& dims, const FloatLayer& layer, const std::vector<float>& out_proj);

    /// The typed layer; it points into this object.
    Mamba1Layer view(const LayerObservers& observers) const;

private:
    Linear linear(const QuantizedWeight& weight, std::uint32_t n, std::uint32_t k) const;

    Dims dims_;
    std::vector<arith::Half> norm_;
    QuantizedWeight in_proj_, conv_weight_, conv_bias_, x_proj_, dt_proj_;
    QuantizedWeight dt_bias_, a_log_, d_, out_proj_;
};

/// Stored factors of an int8-output linear: a = is / os in double, alpha = ws * is / os in FP32.
void set_int8_factors(Linear& linear, float weight_scale, float input_scale, float output_scale);
/// Stored factors of an FP16-output linear: a = is, alpha = ws * is.
void set_half_factors(Linear& linear, float weight_scale, float input_scale);

std::vector<arith::Half> to_halves(const std::vector<float>& values);

}  // namespace mambasic::traces::synth
