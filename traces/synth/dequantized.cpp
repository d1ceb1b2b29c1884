#include "traces/synth/dequantized.h"

#include "traces/synth/float_ops.h"
#include "traces/synth/grouping.h"
#include "traces/synth/quantize.h"

namespace mambasic::traces::synth {

namespace {

std::vector<float> halves_as_floats(const std::uint16_t* values, std::size_t count) {
    std::vector<float> out(count);
    for (std::size_t i = 0; i < count; ++i) out[i] = arith::from_half(values[i]);
    return out;
}

std::vector<float> scaled(const std::int8_t* codes, std::size_t count, float scale) {
    std::vector<float> out(count);
    for (std::size_t i = 0; i < count; ++i) out[i] = static_cast<float>(codes[i]) * scale;
    return out;
}

// The scale of conv channel `channel` that `member` names.
float conv_scale(const Dims& dims, const Mamba2Layer& layer, std::size_t channel,
                 float ConvSection::*member) {
    if (channel < dims.d_inner) return layer.conv_x.*member;
    return channel < dims.d_inner + dims.bc_width() ? layer.conv_b.*member : layer.conv_c.*member;
}

// Of in_proj's output channel n: the columns have it folded in.
float output_scale(const Dims& dims, const Mamba2Layer& layer, std::size_t n) {
    if (n < dims.d_inner) return layer.z_scale;
    if (n >= dims.in_proj_width() - dims.heads) return layer.dt_scale;
    return conv_scale(dims, layer, n - dims.d_inner, &ConvSection::input_scale);
}

std::vector<float> in_proj_floats(const Dims& dims, const Mamba2Layer& layer) {
    const Linear& linear = layer.in_proj;
    std::vector<float> out(std::size_t{linear.n} * linear.k);
    for (std::size_t n = 0; n < linear.n; ++n) {
        const float step = linear.column[n] * output_scale(dims, layer, n);
        for (std::size_t k = 0; k < linear.k; ++k) {
            out[n * linear.k + k] = static_cast<float>(linear.weight[n * linear.k + k]) * step;
        }
    }
    return out;
}

}  // namespace

Mamba2Floats dequantized(const Dims& dims, const Mamba2Layer& layer) {
    Mamba2Floats out;
    out.norm = halves_as_floats(layer.norm_weight, dims.d_model);
    out.in_proj = in_proj_floats(dims, layer);
    for (std::size_t c = 0; c < dims.conv_channels(); ++c) {
        const float weight = conv_scale(dims, layer, c, &ConvSection::weight_scale);
        const float bias = conv_scale(dims, layer, c, &ConvSection::bias_scale);
        for (std::size_t tap = 0; tap < dims.d_conv; ++tap) {
            const std::int8_t code = layer.conv_weight[c * dims.d_conv + tap];
            out.conv_weight.push_back(static_cast<float>(code) * weight);
        }
        out.conv_bias.push_back(static_cast<float>(layer.conv_bias[c]) * bias);
    }
    out.dt_bias = halves_as_floats(layer.dt_bias, dims.heads);
    out.a_log = scaled(layer.a_log, dims.heads, layer.a_scale);
    out.d = scaled(layer.d, dims.heads, layer.d_scale);
    out.gated_norm = halves_as_floats(layer.gated_norm_weight, dims.d_inner);
    return out;
}

std::vector<float> unrotated_out_proj(const Dims& dims, const Mamba2Layer& layer) {
    const Linear& linear = layer.out_proj;
    std::vector<float> out(std::size_t{linear.n} * linear.k);
    for (std::size_t n = 0; n < linear.n; ++n) {
        const float step = linear.kind == LinearKind::W4 ? linear.column[n] : linear.b;
        for (std::size_t k = 0; k < linear.k; ++k) {
            out[n * linear.k + k] = static_cast<float>(linear.weight[n * linear.k + k]) * step;
        }
    }
    return float_hadamard(out, dims.d_inner, Rotation::Back);
}

Mamba2Start dequantized_start(const Dims& dims, const Mamba2Layer& layer,
                              const golden::LayerState& state, std::uint32_t index) {
    const std::size_t channels = dims.conv_channels();
    const std::size_t taps = dims.d_conv;
    Mamba2Start out;
    const std::int8_t* conv = state.conv.data() + index * channels * taps;
    for (std::size_t slot = 1; slot < taps;
         ++slot) {  // slot 0 leaves the window with the next token
        for (std::size_t c = 0; c < channels; ++c) {
            const float scale = conv_scale(dims, layer, c, &ConvSection::input_scale);
            out.conv.push_back(static_cast<float>(conv[c * taps + slot]) * scale);
        }
    }
    const std::vector<std::uint32_t> cells = grouping_of(dims, layer.groups).cells;
    const std::size_t states = dims.d_state;
    const std::int8_t* ssm = state.ssm.data() + index * cells.size() * states;
    for (std::size_t i = 0; i < cells.size() * states; ++i) {
        const float scale = state_scale(layer.groups, cells[i / states], i % states);
        out.ssm.push_back(static_cast<float>(ssm[i]) * scale);
    }
    return out;
}

}  // namespace mambasic::traces::synth
