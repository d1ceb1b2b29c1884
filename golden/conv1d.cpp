#include "golden/conv1d.h"

#include <algorithm>

#include "golden/arithmetic.h"
#include "golden/parallel.h"

namespace mambasic::golden {
namespace {

std::int8_t silu_and_quantize(float v, float output_scale) {
    return arith::quantize_rha(arith::silu(v) / output_scale);
}

/// The integer dot product is exact, so the whole sum is scaled by one fma.
float scaled_sum(const Conv1dParams& p, std::size_t channel, const std::int8_t sample[kConvWidth]) {
    const float scale = p.weight_scale * p.input_scale;
    const float bias = static_cast<float>(p.bias[channel]) * p.bias_scale;
    std::int32_t sum = 0;
    for (std::size_t k = 0; k < kConvWidth; ++k) {
        sum += p.weight[channel * kConvWidth + k] * sample[k];
    }
    return arith::fma(scale, static_cast<float>(sum), bias);
}

/// Every tap is scaled by itself and accumulates by fma, oldest first.
float sum_of_scaled_taps(const Conv1dParams& p, std::size_t channel,
                         const std::int8_t sample[kConvWidth]) {
    const float scale = p.weight_scale * p.input_scale;
    float v = static_cast<float>(p.bias[channel]) * p.bias_scale;
    for (std::size_t k = 0; k < kConvWidth; ++k) {
        const float tap = scale * static_cast<float>(p.weight[channel * kConvWidth + k]);
        v = arith::fma(tap, static_cast<float>(sample[k]), v);
    }
    return v;
}

/// The input `back` tokens before token t of a sequence; 0 before the first.
std::int8_t past(const Int8Rows& x, std::size_t first_row, std::size_t t, std::size_t back,
                 std::size_t channel) {
    return t < back ? std::int8_t{0} : x.row(first_row + t - back)[channel];
}

}  // namespace

void conv1d_prefill(const Conv1dParams& params, const Int8Rows& x, std::size_t batch,
                    std::size_t tokens, std::int8_t* output, std::int8_t* state) {
    const std::size_t channels = params.channels;
#pragma omp parallel for schedule(static) if (worth_threads(batch * tokens * channels))
    for (std::size_t row = 0; row < batch * tokens; ++row) {
        const std::size_t t = row % tokens;
        for (std::size_t e = 0; e < channels; ++e) {
            std::int8_t sample[kConvWidth];
            for (std::size_t k = 0; k < kConvWidth; ++k) {
                sample[k] = past(x, row - t, t, kConvWidth - 1 - k, e);
            }
            output[row * channels + e] =
                silu_and_quantize(scaled_sum(params, e, sample), params.output_scale);
        }
    }
    for (std::size_t s = 0; s < batch; ++s) {
        for (std::size_t e = 0; e < channels; ++e) {
            for (std::size_t k = 0; k < kConvWidth; ++k) {
                state[(s * channels + e) * kConvWidth + k] =
                    past(x, s * tokens, tokens - 1, kConvWidth - 1 - k, e);
            }
        }
    }
}

void conv1d_update(const Conv1dParams& params, const Int8Rows& x, std::size_t batch,
                   std::int8_t* output, std::int8_t* state) {
    const std::size_t channels = params.channels;
    for (std::size_t s = 0; s < batch; ++s) {
        for (std::size_t e = 0; e < channels; ++e) {
            std::int8_t* window = state + (s * channels + e) * kConvWidth;
            std::copy(window + 1, window + kConvWidth, window);
            window[kConvWidth - 1] = x.row(s)[e];
            output[s * channels + e] =
                silu_and_quantize(sum_of_scaled_taps(params, e, window), params.output_scale);
        }
    }
}

}  // namespace mambasic::golden
