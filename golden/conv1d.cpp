#include "golden/conv1d.h"

#include <algorithm>
#include <type_traits>

#include "golden/arithmetic.h"
#include "golden/parallel.h"

namespace mambasic::golden {
namespace {

/// What a convolution gives out: int8 codes, or the FP32 values that they are made from.
template <typename Output>
Output output_of(float v, float output_scale) {
    if constexpr (std::is_same_v<Output, float>) {
        return arith::silu(v);
    } else {
        return arith::quantize_rha(arith::silu(v) / output_scale);
    }
}

/// One channel's codes and scales.
struct Filter {
    const std::int8_t* weight;  // [4]
    std::int8_t bias;
    ConvScales scales;

    float tap(std::size_t k) const { return scales.tap * static_cast<float>(weight[k]); }
    float bias_code() const { return static_cast<float>(bias); }
};

/// Prefill: the integer dot product is exact, so the whole sum is scaled by one fma.
float scaled_sum(const Filter& f, const std::int8_t sample[kConvWidth]) {
    std::int32_t sum = 0;
    for (std::size_t k = 0; k < kConvWidth; ++k) {
        sum += f.weight[k] * sample[k];
    }
    return arith::fma(f.scales.tap, static_cast<float>(sum), f.bias_code() * f.scales.bias);
}

/// Mamba1's decode: every tap is scaled by itself and accumulates by fma, oldest first.
float bias_then_taps(const Filter& f, const std::int8_t sample[kConvWidth]) {
    float v = f.bias_code() * f.scales.bias;
    for (std::size_t k = 0; k < kConvWidth; ++k) {
        v = arith::fma(f.tap(k), static_cast<float>(sample[k]), v);
    }
    return v;
}

/// Mamba2's decode: the oldest tap's product is rounded, then the bias comes in by fma.
float tap_bias_then_taps(const Filter& f, const std::int8_t sample[kConvWidth]) {
    const float oldest = f.tap(0) * static_cast<float>(sample[0]);
    float v = arith::fma(f.bias_code(), f.scales.bias, oldest);
    for (std::size_t k = 1; k < kConvWidth; ++k) {
        v = arith::fma(f.tap(k), static_cast<float>(sample[k]), v);
    }
    return v;
}

Filter filter_of(const Conv1dParams& p, std::size_t e) {
    const float output_scale = p.groups == nullptr ? p.output_scale : p.groups->x(e);
    return {p.weight + e * kConvWidth,
            p.bias[e],
            {p.weight_scale * p.input_scale, p.bias_scale, output_scale}};
}

Filter filter_of(const Conv1dByChannel& p, std::size_t e) {
    return {p.weight + e * kConvWidth, p.bias[e], p.scales[e]};
}

std::size_t channel_count(const Conv1dParams& p) { return p.channels; }
std::size_t channel_count(const Conv1dByChannel& p) { return p.scales.size(); }

/// The input `back` tokens before token t of a sequence; 0 before the first.
std::int8_t past(const Int8Rows& x, std::size_t first_row, std::size_t t, std::size_t back,
                 std::size_t channel) {
    return t < back ? std::int8_t{0} : x.row(first_row + t - back)[channel];
}

template <typename Params, typename Output>
void prefill_row(const Params& params, const Int8Rows& x, std::size_t row, std::size_t t,
                 Output* output) {
    for (std::size_t e = 0; e < channel_count(params); ++e) {
        std::int8_t sample[kConvWidth];
        for (std::size_t k = 0; k < kConvWidth; ++k) {
            sample[k] = past(x, row - t, t, kConvWidth - 1 - k, e);
        }
        const Filter filter = filter_of(params, e);
        output[e] = output_of<Output>(scaled_sum(filter, sample), filter.scales.output);
    }
}

/// The last four inputs of a sequence, zeros where there were fewer.
void keep_last_inputs(const Int8Rows& x, std::size_t channels, std::size_t first_row,
                      std::size_t tokens, std::int8_t* state) {
    for (std::size_t e = 0; e < channels; ++e) {
        for (std::size_t k = 0; k < kConvWidth; ++k) {
            state[e * kConvWidth + k] = past(x, first_row, tokens - 1, kConvWidth - 1 - k, e);
        }
    }
}

template <typename Params, typename Output>
void prefill_rows(const Params& params, const Int8Rows& x, std::size_t batch, std::size_t tokens,
                  Output* output) {
    const std::size_t channels = channel_count(params);
#pragma omp parallel for schedule(static) if (worth_threads(batch * tokens * channels))
    for (std::size_t row = 0; row < batch * tokens; ++row) {
        prefill_row(params, x, row, row % tokens, output + row * channels);
    }
}

template <typename Params>
void prefill(const Params& params, const Int8Rows& x, std::size_t batch, std::size_t tokens,
             std::int8_t* output, std::int8_t* state) {
    prefill_rows(params, x, batch, tokens, output);
    const std::size_t channels = channel_count(params);
    for (std::size_t s = 0; s < batch; ++s) {
        keep_last_inputs(x, channels, s * tokens, tokens, state + s * channels * kConvWidth);
    }
}

void shift_in(const Int8Rows& x, std::size_t channels, std::size_t batch, std::int8_t* state) {
    for (std::size_t s = 0; s < batch; ++s) {
        for (std::size_t e = 0; e < channels; ++e) {
            std::int8_t* window = state + (s * channels + e) * kConvWidth;
            std::copy(window + 1, window + kConvWidth, window);
            window[kConvWidth - 1] = x.row(s)[e];
        }
    }
}

float decode_sum(const Conv1dParams&, const Filter& filter, const std::int8_t* window) {
    return bias_then_taps(filter, window);
}

float decode_sum(const Conv1dByChannel&, const Filter& filter, const std::int8_t* window) {
    return tap_bias_then_taps(filter, window);
}

template <typename Params, typename Output>
void filter_windows(const Params& params, std::size_t batch, const std::int8_t* state,
                    Output* output) {
    const std::size_t channels = channel_count(params);
    for (std::size_t s = 0; s < batch; ++s) {
        for (std::size_t e = 0; e < channels; ++e) {
            const Filter filter = filter_of(params, e);
            const std::size_t i = s * channels + e;
            const float sum = decode_sum(params, filter, state + i * kConvWidth);
            output[i] = output_of<Output>(sum, filter.scales.output);
        }
    }
}

}  // namespace

void conv1d_prefill(const Conv1dParams& params, const Int8Rows& x, std::size_t batch,
                    std::size_t tokens, std::int8_t* output, std::int8_t* state) {
    prefill(params, x, batch, tokens, output, state);
}

void conv1d_prefill(const Conv1dByChannel& params, const Int8Rows& x, std::size_t batch,
                    std::size_t tokens, std::int8_t* output, std::int8_t* state) {
    prefill(params, x, batch, tokens, output, state);
}

void conv1d_update(const Conv1dParams& params, const Int8Rows& x, std::size_t batch,
                   std::int8_t* output, std::int8_t* state) {
    shift_in(x, channel_count(params), batch, state);
    filter_windows(params, batch, state, output);
}

void conv1d_update(const Conv1dByChannel& params, const Int8Rows& x, std::size_t batch,
                   std::int8_t* output, std::int8_t* state) {
    shift_in(x, channel_count(params), batch, state);
    filter_windows(params, batch, state, output);
}

void conv1d_prefill_fp32(const Conv1dParams& params, const Int8Rows& x, std::size_t batch,
                         std::size_t tokens, float* output) {
    prefill_rows(params, x, batch, tokens, output);
}

void conv1d_prefill_fp32(const Conv1dByChannel& params, const Int8Rows& x, std::size_t batch,
                         std::size_t tokens, float* output) {
    prefill_rows(params, x, batch, tokens, output);
}

void conv1d_update_fp32(const Conv1dParams& params, std::size_t batch, const std::int8_t* state,
                        float* output) {
    filter_windows(params, batch, state, output);
}

void conv1d_update_fp32(const Conv1dByChannel& params, std::size_t batch, const std::int8_t* state,
                        float* output) {
    filter_windows(params, batch, state, output);
}

}  // namespace mambasic::golden
