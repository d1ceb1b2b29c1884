#include "traces/synth/quantize.h"

#include <algorithm>
#include <cmath>

#include "traces/synth/threads.h"

namespace mambasic::traces::synth {

void round_to_half(std::vector<float>& values) {
    for (float& value : values) value = half_rounded(value);
}

std::vector<arith::Half> to_halves(const std::vector<float>& values) {
    std::vector<arith::Half> out(values.size());
    std::transform(values.begin(), values.end(), out.begin(), arith::to_half);
    return out;
}

float weight_scale(float largest_magnitude) {
    return half_rounded(half_rounded(std::max(largest_magnitude, 1e-5F)) / 127.0F);
}

std::int8_t weight_code(float value, float scale) {
    return arith::quantize_rhe(half_rounded(value / scale));
}

QuantizedWeight quantize_weight(const std::vector<float>& values) {
    float largest = 0;
    for (const float value : values) largest = std::max(largest, std::fabs(value));
    QuantizedWeight out;
    out.scale = weight_scale(largest);
    out.codes.resize(values.size());
#pragma omp parallel for schedule(static) if (values.size() >= kWorthThreads)
    for (std::size_t i = 0; i < values.size(); ++i) {
        out.codes[i] = weight_code(values[i], out.scale);
    }
    return out;
}

float embedding_scale(const float* row, std::size_t width) {
    const float signed_maximum = *std::max_element(row, row + width);
    const float lowest = *std::min_element(row, row + width);
    const float chosen = signed_maximum > 0 ? signed_maximum : -lowest;
    return weight_scale(chosen);
}

}  // namespace mambasic::traces::synth
