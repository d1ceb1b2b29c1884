// Offline quantization of weights, as upstream does it once when a checkpoint is made.
#pragma once

#include <cstdint>
#include <vector>

#include "golden/arithmetic.h"

namespace mambasic::traces::synth {

/// FP16 rounding, kept as FP32.
inline float half_rounded(float value) { return arith::from_half(arith::to_half(value)); }

void round_to_half(std::vector<float>& values);
std::vector<arith::Half> to_halves(const std::vector<float>& values);

struct QuantizedWeight {
    std::vector<std::int8_t> codes;
    float scale = 0;
};

/// One scale for the tensor, in FP16: max|w| / 127; code = clamp(rhe(fp16(w / scale))). kernels.md
/// 1.7 (conv), 2.2 (linear), ssm.md 1.1 (A_log, D, dt_bias). `values` hold FP16 numbers.
QuantizedWeight quantize_weight(const std::vector<float>& values);

/// max(max|w|, 1e-5) / 127, both steps in FP16.
float weight_scale(float largest_magnitude);
std::int8_t weight_code(float value, float scale);

/// One embedding row: upstream takes the signed maximum (kernels.md 5). A row without a positive
/// entry would get a scale <= 0; there, and only there, this takes the magnitude.
float embedding_scale(const float* row, std::size_t width);

}  // namespace mambasic::traces::synth
