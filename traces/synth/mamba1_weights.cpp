#include "traces/synth/mamba1_weights.h"

#include "golden/arithmetic.h"
#include "traces/synth/quantize.h"

namespace mambasic::traces::synth {

namespace {

void draw_scan(const WeightOptions& options, std::uint32_t layer, Mamba1Floats& out) {
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

}  // namespace

Mamba1Floats draw_mamba1_layer(const WeightOptions& options, std::uint32_t layer) {
    const Dims& dims = options.dims;
    Mamba1Floats out;
    out.norm = draw_norm(layer_draws(options, layer, "norm"), dims.d_model);
    out.in_proj.resize(std::size_t{dims.in_proj_width()} * dims.d_model);
    layer_draws(options, layer, "in_proj").fill_normal(out.in_proj, inverse_root(dims.d_model));
    turn_outlier_rows(options, layer, out.in_proj.data());
    ConvFloats conv = draw_conv(options, layer);
    out.conv_weight = std::move(conv.weight);
    out.conv_bias = std::move(conv.bias);
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

void reorder(const Dims& dims, const Grouping& grouping, Mamba1Floats& layer) {
    const std::vector<std::uint32_t>& channels = grouping.channels;
    layer.in_proj = reordered(layer.in_proj, dims.d_model, in_proj_order(dims, grouping));
    layer.conv_weight = reordered(layer.conv_weight, dims.d_conv, channels);
    layer.conv_bias = reordered(layer.conv_bias, 1, channels);
    reorder_columns(channels, layer.x_proj);
    layer.dt_proj = reordered(layer.dt_proj, dims.dt_rank, channels);
    layer.dt_bias = reordered(layer.dt_bias, 1, channels);
    layer.a_log = reordered(layer.a_log, dims.d_state, channels);
    layer.d = reordered(layer.d, 1, channels);
}

}  // namespace mambasic::traces::synth
