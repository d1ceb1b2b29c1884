#include "traces/synth/dequantized.h"

#include "golden/arithmetic.h"

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

// Of a linear whose columns have the output scale folded in, unless it has one weight scale.
template <typename OutputScale>
std::vector<float> linear_floats(const Linear& linear, const OutputScale& output) {
    std::vector<float> out(std::size_t{linear.n} * linear.k);
    for (std::size_t n = 0; n < linear.n; ++n) {
        const float step = linear.kind == LinearKind::W8 ? linear.b : linear.column[n] * output(n);
        for (std::size_t k = 0; k < linear.k; ++k) {
            out[n * linear.k + k] = static_cast<float>(linear.weight[n * linear.k + k]) * step;
        }
    }
    return out;
}

Grouping standing_grouping(const Dims& dims, const Mamba1Layer& layer) {
    return layer.groups ? grouping_of(dims, *layer.groups) : ungrouped(dims);
}

}  // namespace

Mamba2Floats dequantized(const Dims& dims, const Mamba2Layer& layer) {
    Mamba2Floats out;
    out.norm = halves_as_floats(layer.norm_weight, dims.d_model);
    out.in_proj =
        linear_floats(layer.in_proj, [&](std::size_t n) { return output_scale(dims, layer, n); });
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

Mamba1Floats dequantized(const Dims& dims, const Mamba1Layer& layer) {
    Mamba1Floats out;
    const std::size_t e = dims.d_inner;
    out.norm = halves_as_floats(layer.norm_weight, dims.d_model);
    out.in_proj = linear_floats(layer.in_proj, [&](std::size_t n) {
        return n < e ? layer.conv_input_scale : layer.z_scale;
    });
    out.conv_weight = scaled(layer.conv_weight, e * dims.d_conv, layer.conv_weight_scale);
    out.conv_bias = scaled(layer.conv_bias, e, layer.conv_bias_scale);
    out.x_proj = x_proj_floats(layer.x_proj, x_scales(dims, layer), layer.b_scale);
    out.dt_proj = linear_floats(layer.dt_proj, [&](std::size_t) { return layer.dt_scale; });
    out.dt_bias = scaled(layer.dt_bias, e, layer.dt_bias_scale);
    out.a_log = scaled(layer.a_log, e * dims.d_state, layer.a_scale);
    out.d = scaled(layer.d, e, layer.d_scale);
    return out;
}

// A code of the input times `a` is in steps of the output scale, whatever the input's own scale.
std::vector<float> x_proj_floats(const Linear& linear, const std::vector<float>& x_scales,
                                 float output_scale) {
    std::vector<float> out = linear_floats(linear, [&](std::size_t) { return output_scale; });
    const float reference = linear.kind == LinearKind::W8 ? linear.a * output_scale : linear.a;
    for (std::size_t i = 0; i < out.size(); ++i) out[i] *= reference / x_scales[i % linear.k];
    return out;
}

std::vector<float> x_scales(const Dims& dims, const Mamba1Layer& layer) {
    if (!layer.groups) return std::vector<float>(dims.d_inner, layer.conv_output_scale);
    std::vector<float> out;
    for (const std::uint32_t cell : standing_grouping(dims, layer).cells) {
        out.push_back(layer.groups->x_scales[cell]);
    }
    return out;
}

std::vector<float> state_scales(const Dims& dims, const GroupTable& table,
                                const Grouping& grouping) {
    std::vector<float> out;
    out.reserve(grouping.cells.size() * dims.d_state);
    for (const std::uint32_t cell : grouping.cells) {
        for (std::size_t n = 0; n < dims.d_state; ++n) {
            out.push_back(state_scale(table, cell, n));
        }
    }
    return out;
}

StateScales state_scales(const Dims& dims, const Mamba1Layer& layer) {
    StateScales out;
    out.grouping = standing_grouping(dims, layer);
    out.conv.assign(dims.d_inner, layer.conv_input_scale);
    if (layer.groups) {
        out.state = state_scales(dims, *layer.groups, out.grouping);
    } else {
        out.state.assign(std::size_t{dims.d_inner} * dims.d_state, layer.ssm_state_scale);
    }
    return out;
}

StateScales state_scales(const Dims& dims, const Mamba2Layer& layer) {
    StateScales out;
    out.grouping = grouping_of(dims, layer.groups);
    for (std::size_t c = 0; c < dims.conv_channels(); ++c) {
        out.conv.push_back(conv_scale(dims, layer, c, &ConvSection::input_scale));
    }
    out.state = state_scales(dims, layer.groups, out.grouping);
    return out;
}

LayerStart dequantized_start(const Dims& dims, const StateScales& scales,
                             const golden::LayerState& state, std::uint32_t index) {
    const std::size_t channels = scales.conv.size();
    const std::size_t taps = dims.d_conv;
    LayerStart out;
    const std::int8_t* conv = state.conv.data() + index * channels * taps;
    // Slot 0 leaves the window with the next token.
    for (std::size_t slot = 1; slot < taps; ++slot) {
        for (std::size_t c = 0; c < channels; ++c) {
            out.conv.push_back(static_cast<float>(conv[c * taps + slot]) * scales.conv[c]);
        }
    }
    const std::int8_t* ssm = state.ssm.data() + index * scales.state.size();
    for (std::size_t i = 0; i < scales.state.size(); ++i) {
        out.ssm.push_back(static_cast<float>(ssm[i]) * scales.state[i]);
    }
    return out;
}

}  // namespace mambasic::traces::synth
