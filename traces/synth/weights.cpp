#include "traces/synth/weights.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "traces/layout.h"
#include "traces/synth/draws.h"
#include "traces/synth/threads.h"

namespace mambasic::traces::synth {

namespace {

// Share of the outlier direction in a typical token, as amplitude against the other channels.
constexpr float kDirection = 0.25F;
constexpr float kDirectionSpread = 0.5F;   // of its logarithm, from token to token
constexpr float kDirectionLargest = 0.6F;  // the most massive tokens
constexpr float kOutlierGain = 20.0F;      // of an outlier channel over the others, before the conv
constexpr float kLargestRowGain = 3.0F;    // keeps its weights inside the range of the others'

Draws layer_draws(const WeightOptions& options, std::uint32_t layer, const std::string& name) {
    return {options.seed, "layers." + std::to_string(layer) + "." + name};
}

// +-1 per hidden channel: the direction that outlier channels listen to.
float direction_sign(const Draws& direction, std::uint64_t channel) {
    return (direction.bits(channel) & 1U) != 0 ? 1.0F : -1.0F;
}

float inverse_root(std::uint32_t n) { return 1.0F / std::sqrt(static_cast<float>(n)); }

// softplus^-1(dt) = log(e^dt - 1), dt log-uniform in [0.001, 0.1]: Mamba's initialisation.
float draw_dt_bias(const Draws& draws, std::uint64_t channel) {
    const float low = arith::log(0.001F);
    const float high = arith::log(0.1F);
    const float dt = arith::exp(low + draws.uniform(channel) * (high - low));
    return arith::log(arith::exp(dt) - 1.0F);
}

void draw_scan(const WeightOptions& options, std::uint32_t layer, FloatLayer& out) {
    const std::size_t channels = options.dims.d_inner;
    const std::size_t states = options.dims.d_state;
    const Draws a = layer_draws(options, layer, "A_log");
    const Draws d = layer_draws(options, layer, "D");
    const Draws dt_bias = layer_draws(options, layer, "dt_bias");
    out.dt_bias.resize(channels);
    out.d.resize(channels);
    out.a_log.resize(channels * states);
    for (std::size_t channel = 0; channel < channels; ++channel) {
        out.dt_bias[channel] = draw_dt_bias(dt_bias, channel);
        out.d[channel] = 1.0F + 0.1F * d.normal(channel);
        for (std::size_t n = 0; n < states; ++n) {
            const std::size_t i = channel * states + n;
            out.a_log[i] = arith::log(static_cast<float>(n + 1)) + 0.05F * a.normal(i);
        }
    }
}

void draw_conv(const WeightOptions& options, std::uint32_t layer, FloatLayer& out) {
    const std::size_t taps = options.dims.d_conv;
    const float bound =
        inverse_root(options.dims.d_conv);  // PyTorch's default for a depthwise conv
    out.conv_weight.resize(options.dims.d_inner * taps);
    out.conv_bias.resize(options.dims.d_inner);
    layer_draws(options, layer, "conv.weight").fill_uniform(out.conv_weight, bound);
    layer_draws(options, layer, "conv.bias").fill_uniform(out.conv_bias, bound);
    // SiLU passes large positive values and blocks negative ones: outliers must arrive positive.
    for (const std::uint32_t channel : outlier_channels(options, layer)) {
        for (std::size_t tap = 0; tap < taps; ++tap) {
            float& weight = out.conv_weight[channel * taps + tap];
            weight = std::fabs(weight);
        }
    }
}

void draw_in_proj(const WeightOptions& options, std::uint32_t layer, FloatLayer& out) {
    const std::size_t width = options.dims.d_model;
    const float unit = inverse_root(options.dims.d_model);
    out.in_proj.resize(2ULL * options.dims.d_inner * width);
    layer_draws(options, layer, "in_proj").fill_normal(out.in_proj, unit);
    const float coherent = kDirection / unit;  // what a row of +-1/sqrt(D) along it would give
    const float gain = std::min(kOutlierGain / coherent, kLargestRowGain);
    const Draws direction(options.seed, "direction");
    for (const std::uint32_t channel : outlier_channels(options, layer)) {
        float* row = out.in_proj.data() + channel * width;
        for (std::size_t i = 0; i < width; ++i) {
            row[i] = 0.5F * row[i] + gain * unit * direction_sign(direction, i);
        }
    }
}

// Released checkpoints have this weight folded into the next linear, all ones; ours varies, so that
// a chip that forgets the multiplication is caught.
std::vector<float> draw_norm(const Draws& draws, std::size_t width) {
    std::vector<float> out(width);
    for (std::size_t i = 0; i < width; ++i) out[i] = 0.75F + 0.5F * draws.uniform(i);
    round_to_half(out);
    return out;
}

}  // namespace

std::vector<std::uint32_t> outlier_channels(const WeightOptions& options, std::uint32_t layer) {
    const std::uint32_t channels = options.dims.d_inner;
    const auto wanted =
        static_cast<std::uint32_t>(std::ceil(options.outlier_share * static_cast<float>(channels)));
    const Draws draws = layer_draws(options, layer, "outliers");
    // The channels with the smallest hashes, which is a draw without replacement.
    std::vector<std::uint32_t> order(channels);
    std::iota(order.begin(), order.end(), 0U);
    std::sort(order.begin(), order.end(),
              [&draws](std::uint32_t a, std::uint32_t b) { return draws.bits(a) < draws.bits(b); });
    order.resize(std::min(wanted, channels));
    std::sort(order.begin(), order.end());
    return order;
}

FloatLayer draw_layer(const WeightOptions& options, std::uint32_t layer) {
    const Dims& dims = options.dims;
    FloatLayer out;
    out.norm = draw_norm(layer_draws(options, layer, "norm"), dims.d_model);
    draw_in_proj(options, layer, out);
    draw_conv(options, layer, out);
    out.x_proj.resize(std::size_t{dims.x_proj_width()} * dims.d_inner);
    layer_draws(options, layer, "x_proj").fill_normal(out.x_proj, inverse_root(dims.d_inner));
    out.dt_proj.resize(std::size_t{dims.d_inner} * dims.dt_rank);
    layer_draws(options, layer, "dt_proj").fill_uniform(out.dt_proj, inverse_root(dims.dt_rank));
    draw_scan(options, layer, out);
    for (auto* tensor : {&out.in_proj, &out.conv_weight, &out.conv_bias, &out.x_proj, &out.dt_proj,
                         &out.dt_bias, &out.a_log, &out.d}) {
        round_to_half(*tensor);
    }
    return out;
}

std::vector<float> draw_out_proj(const WeightOptions& options, std::uint32_t layer) {
    std::vector<float> out(std::size_t{options.dims.d_model} * options.dims.d_inner);
    // Mamba divides by sqrt(n_layer), so that the residual stream does not grow with depth.
    const float gain = inverse_root(options.dims.d_inner) * inverse_root(options.dims.n_layer);
    layer_draws(options, layer, "out_proj").fill_normal(out, gain);
    round_to_half(out);
    return out;
}

void draw_embedding_row(const WeightOptions& options, std::uint32_t token,
                        std::vector<float>& row) {
    const std::size_t width = options.dims.d_model;
    const Draws draws(options.seed, "embedding");
    const Draws direction(options.seed, "direction");
    const Draws along(options.seed, "embedding.direction");
    const float drawn = kDirection * arith::exp(kDirectionSpread * along.normal(token));
    const float amplitude = std::min(drawn, kDirectionLargest);
    row.resize(width);
    for (std::size_t i = 0; i < width; ++i) {
        const float value =
            draws.normal(token * width + i) + amplitude * direction_sign(direction, i);
        row[i] = half_rounded(value);
    }
}

std::vector<float> draw_norm_f(const WeightOptions& options) {
    return draw_norm({options.seed, "norm_f"}, options.dims.d_model);
}

QuantizedWeight draw_lm_head(const WeightOptions& options) {
    const std::size_t used = std::size_t{options.dims.vocab} * options.dims.d_model;
    const Draws draws(options.seed, "lm_head");
    const float gain = inverse_root(options.dims.d_model);
    float largest = 0;
#pragma omp parallel for schedule(static) reduction(max : largest) if (used >= kWorthThreads)
    for (std::size_t i = 0; i < used; ++i) {
        largest = std::max(largest, std::fabs(half_rounded(gain * draws.normal(i))));
    }
    QuantizedWeight out;
    out.scale = weight_scale(largest);
    out.codes.assign(std::size_t{padded_rows(options.dims.vocab)} * options.dims.d_model, 0);
#pragma omp parallel for schedule(static) if (used >= kWorthThreads)
    for (std::size_t i = 0; i < used; ++i) {
        out.codes[i] = weight_code(half_rounded(gain * draws.normal(i)), out.scale);
    }
    return out;
}

std::vector<std::int32_t> draw_tokens(const WeightOptions& options, const std::string& stream,
                                      std::uint64_t count) {
    const Draws draws(options.seed, stream);
    std::vector<std::int32_t> out(count);
    for (std::uint64_t i = 0; i < count; ++i) {
        const float u = draws.uniform(i);
        out[i] = static_cast<std::int32_t>(u * u * u * static_cast<float>(options.dims.vocab));
    }
    return out;
}

}  // namespace mambasic::traces::synth
