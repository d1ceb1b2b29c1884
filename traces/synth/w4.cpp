#include "traces/synth/w4.h"

#include <algorithm>
#include <cmath>

#include "traces/linear.h"
#include "traces/synth/quantize.h"

namespace mambasic::traces::synth {

namespace {

constexpr float kZeroCode = 8.0F;
constexpr float kLargestCode = 15.0F;
constexpr float kSmallestStep = 1e-6F;  // of a row of zeros

std::uint8_t held_code(float code) {
    return static_cast<std::uint8_t>(
        std::min(std::max(static_cast<float>(arith::quantize_rhe(code)), 0.0F), kLargestCode));
}

}  // namespace

W4Row quantize_w4_row(const float* values, std::size_t k) {
    W4Row out;
    out.codes.resize(k);
    std::vector<float> steps(k / kW4Group);
    float largest = 0;  // of what the codes stand for
    for (std::size_t group = 0; group < steps.size(); ++group) {
        const float* in = values + group * kW4Group;
        float magnitude = 0;
        for (std::size_t i = 0; i < kW4Group; ++i)
            magnitude = std::max(magnitude, std::fabs(in[i]));
        const float step = half_rounded(magnitude * 2.0F / kLargestCode);
        steps[group] = step;
        for (std::size_t i = 0; i < kW4Group; ++i) {
            const float code = step > 0 ? half_rounded(in[i] / step) + kZeroCode : kZeroCode;
            const std::uint8_t held = held_code(code);
            out.codes[group * kW4Group + i] = held;
            const float decoded = (static_cast<float>(held) - kZeroCode) * step;
            largest = std::max(largest, std::fabs(half_rounded(decoded)));
        }
    }
    out.s_channel = std::max(half_rounded(largest / 127.0F), kSmallestStep);
    for (const float step : steps) out.s_group.push_back(arith::to_half(step / out.s_channel));
    return out;
}

std::int8_t expanded_w4(std::uint8_t code, arith::Half s_group) {
    return arith::quantize_rhe((static_cast<float>(code) - kZeroCode) * arith::from_half(s_group));
}

float w4_embedding_scale(const float* row, std::size_t width) {
    const float signed_maximum = *std::max_element(row, row + width);
    const float lowest = *std::min_element(row, row + width);
    const float chosen = signed_maximum > 0 ? signed_maximum : -lowest;
    return half_rounded(std::max(chosen, 1e-5F) / kZeroCode);
}

std::uint8_t w4_embedding_code(float value, float scale) {
    return held_code(half_rounded(half_rounded(value / scale) + kZeroCode));
}

void pack_nibbles(const std::uint8_t* codes, std::size_t count, std::uint8_t* packed) {
    for (std::size_t i = 0; i < count; i += 2) {
        packed[i / 2] = static_cast<std::uint8_t>(codes[i] | (codes[i + 1] << 4U));
    }
}

}  // namespace mambasic::traces::synth
