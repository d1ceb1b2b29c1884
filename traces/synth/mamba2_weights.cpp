#include "traces/synth/mamba2_weights.h"

#include "golden/arithmetic.h"
#include "traces/synth/quantize.h"

namespace mambasic::traces::synth {

namespace {

// Spread of the logarithm of what a head, or a channel in it, multiplies its inputs by.
constexpr float kHeadSpread = 0.35F;
constexpr float kChannelSpread = 0.25F;

void scale_x_rows(const WeightOptions& options, std::uint32_t layer, float* x_rows) {
    const Dims& dims = options.dims;
    const Draws heads = layer_draws(options, layer, "head.size");
    const Draws channels = layer_draws(options, layer, "channel.size");
    for (std::size_t channel = 0; channel < dims.d_inner; ++channel) {
        const float gain = arith::exp(kHeadSpread * heads.normal(channel / dims.head_dim) +
                                      kChannelSpread * channels.normal(channel));
        for (std::size_t i = 0; i < dims.d_model; ++i) x_rows[channel * dims.d_model + i] *= gain;
    }
}

void draw_in_proj(const WeightOptions& options, std::uint32_t layer, Mamba2Floats& out) {
    const Dims& dims = options.dims;
    out.in_proj.resize(std::size_t{dims.in_proj_width()} * dims.d_model);
    layer_draws(options, layer, "in_proj").fill_normal(out.in_proj, inverse_root(dims.d_model));
    float* x_rows = out.in_proj.data() + std::size_t{dims.d_inner} * dims.d_model;
    scale_x_rows(options, layer, x_rows);
    turn_outlier_rows(options, layer, x_rows);
}

// A uniform in [1, 16]: Mamba2's initialisation.
void draw_heads(const WeightOptions& options, std::uint32_t layer, Mamba2Floats& out) {
    const std::size_t heads = options.dims.heads;
    const Draws a = layer_draws(options, layer, "A_log");
    const Draws d = layer_draws(options, layer, "D");
    const Draws dt_bias = layer_draws(options, layer, "dt_bias");
    out.dt_bias.resize(heads);
    out.a_log.resize(heads);
    out.d.resize(heads);
    for (std::size_t head = 0; head < heads; ++head) {
        out.dt_bias[head] = draw_dt_bias(dt_bias, head);
        out.a_log[head] = arith::log(1.0F + 15.0F * a.uniform(head));
        out.d[head] = 1.0F + 0.1F * d.normal(head);
    }
}

}  // namespace

Mamba2Floats draw_mamba2_layer(const WeightOptions& options, std::uint32_t layer) {
    const Dims& dims = options.dims;
    Mamba2Floats out;
    out.norm = draw_norm(layer_draws(options, layer, "norm"), dims.d_model);
    draw_in_proj(options, layer, out);
    ConvFloats conv = draw_conv(options, layer);
    out.conv_weight = std::move(conv.weight);
    out.conv_bias = std::move(conv.bias);
    draw_heads(options, layer, out);
    out.gated_norm = draw_norm(layer_draws(options, layer, "gated_norm"), dims.d_inner);
    for (auto* tensor :
         {&out.in_proj, &out.conv_weight, &out.conv_bias, &out.dt_bias, &out.a_log, &out.d}) {
        round_to_half(*tensor);
    }
    return out;
}

void reorder(const Dims& dims, const Grouping& grouping, Mamba2Floats& layer) {
    const std::vector<std::uint32_t> conv = conv_order(dims, grouping);
    layer.in_proj = reordered(layer.in_proj, dims.d_model, in_proj_order(dims, grouping));
    layer.conv_weight = reordered(layer.conv_weight, dims.d_conv, conv);
    layer.conv_bias = reordered(layer.conv_bias, 1, conv);
    layer.dt_bias = reordered(layer.dt_bias, 1, grouping.heads);
    layer.a_log = reordered(layer.a_log, 1, grouping.heads);
    layer.d = reordered(layer.d, 1, grouping.heads);
    layer.gated_norm = reordered(layer.gated_norm, 1, grouping.channels);
}

}  // namespace mambasic::traces::synth
