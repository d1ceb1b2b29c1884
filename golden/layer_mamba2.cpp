// A Mamba2 layer: ssm.md 6.2.
#include <stdexcept>
#include <string>

#include "golden/conv1d.h"
#include "golden/gated_norm.h"
#include "golden/group_scales.h"
#include "golden/layer_ops.h"
#include "golden/ssd.h"
#include "golden/ssm_input.h"

namespace mambasic::golden {
namespace {

using traces::ConvSection;
using traces::Dims;
using traces::Mamba2Layer;
using traces::XFormat;

void require_heads(const Dims& dims, const Mamba2Layer& layer, const Options& options) {
    const traces::GroupShape& shape = layer.groups.shape;
    const bool divides = dims.groups != 0 && dims.heads % dims.groups == 0 &&
                         (shape.ssd_groups == 1 || shape.ssd_groups == dims.groups);
    if (dims.heads == 0 || dims.heads * dims.head_dim != dims.d_inner || !divides) {
        throw std::invalid_argument(std::to_string(dims.heads) + " heads of " +
                                    std::to_string(dims.head_dim) + " in " +
                                    std::to_string(dims.groups) + " groups are not the " +
                                    std::to_string(dims.d_inner) + " channels, or not the table");
    }
    if (layer.bc_scales != 1 && layer.bc_scales != dims.groups) {
        throw std::invalid_argument("B and C have " + std::to_string(layer.bc_scales) +
                                    " scales, neither one nor one for each SSD group");
    }
    if (options.ssd_order == SsdOrder::Chunked && dims.chunk == 0) {
        throw std::invalid_argument("a chunk needs at least one token");
    }
    if (options.ssd_order == SsdOrder::Chunked && options.x_code.format != XFormat::Int8) {
        throw std::invalid_argument("chunks multiply int8 codes: no other code of the SSM input");
    }
}

/// Everything about one call that is not weights.
struct Call {
    Call(const Dims& d, const Mamba2Layer& l, const LayerInput& i, const Options& o,
         LayerTensors& tensors);

    const Dims& dims;
    const Mamba2Layer& layer;
    const LayerInput& input;
    const Options& options;
    LayerTensors& out;
    GroupScales scales;

    std::size_t rows() const { return row_count(input); }
    Int8Rows in_proj_columns(std::size_t first, float scale) const {
        return {out.in_proj.data() + first, dims.in_proj_width(), scale};
    }
    Int8Rows conv_columns(std::size_t first) const {
        return {out.conv.data() + first, dims.conv_channels(), 0};
    }
    /// In the place of codes, but where all are int8's.
    FloatRows fp32_columns(std::size_t first) const {
        return options.x_code.format == XFormat::Int8
                   ? FloatRows{}
                   : FloatRows{out.ssm_input.data() + first, dims.conv_channels()};
    }
};

/// Checked before anything is looked up.
const Mamba2Layer& checked(const Dims& dims, const Mamba2Layer& layer, const LayerInput& input,
                           const Options& options) {
    require_layer(dims, input, options);
    require_tree_width(options.ssd_sum, "ssd_sum");
    require_tree_width(options.gated_norm_sum, "gated_norm_sum");
    require_heads(dims, layer, options);
    return layer;
}

Call::Call(const Dims& d, const Mamba2Layer& l, const LayerInput& i, const Options& o,
           LayerTensors& tensors)
    : dims(d), layer(checked(d, l, i, o)), input(i), options(o), out(tensors), scales(d, l.groups) {
    allocate_layer(dims, input, options, out);
    out.gated_norm.resize(rows() * dims.d_inner);
}

ConvScales conv_scales(const ConvSection& section, float output_scale) {
    return {section.weight_scale * section.input_scale, section.bias_scale, output_scale};
}

/// x, B and C of each token lie side by side, each with a section's scales.
Conv1dByChannel conv_params(const Call& call) {
    const Mamba2Layer& l = call.layer;
    Conv1dByChannel params{l.conv_weight, l.conv_bias, {}};
    for (std::size_t e = 0; e < call.dims.d_inner; ++e) {
        params.scales.push_back(conv_scales(l.conv_x, call.scales.x(e)));
    }
    const auto append = [&](const ConvSection& section, const float* output_scales) {
        for (std::size_t i = 0; i < call.dims.bc_width(); ++i) {
            const std::size_t group = l.bc_scales == 1 ? 0 : i / call.dims.d_state;
            params.scales.push_back(conv_scales(section, output_scales[group]));
        }
    };
    append(l.conv_b, l.b_scales);
    append(l.conv_c, l.c_scales);
    return params;
}

SsmInputParams ssm_input_params(const Call& call, const Conv1dByChannel& conv) {
    const traces::XCode& code = call.options.x_code;
    const std::size_t inner = call.dims.d_inner;
    SsmInputParams params{
        code,
        x_channels(code, call.layer.x_scales, {0, 0, &call.scales}, inner),
        {},
        rotation_of(call.options, call.layer.x_scales, call.layer.groups.shape.cells() > 1, inner)};
    for (std::size_t i = inner; i < conv.scales.size(); ++i) {
        params.bc_scales.push_back(conv.scales[i].output);
    }
    return params;
}

/// The SSM's operands from the convolution's; of its int8 codes those stay that the SSM reads.
void finish_conv(const Call& call, const Conv1dByChannel& conv) {
    make_ssm_input(ssm_input_params(call, conv), call.out);
    std::vector<std::int8_t>& codes = call.out.conv;
    if (call.options.x_code.values()) {
        codes.clear();
    } else if (codes_fp32(call.options.x_code)) {
        for (std::size_t i = 0; i < codes.size(); ++i) {
            codes[i] =
                i % call.dims.conv_channels() < call.dims.d_inner ? std::int8_t{0} : codes[i];
        }
    }
}

SsdParams ssd_params(const Call& call) {
    const Mamba2Layer& l = call.layer;
    SsdParams p;
    p.heads = call.dims.heads;
    p.head_dim = call.dims.head_dim;
    p.states = call.dims.d_state;
    p.groups = call.dims.groups;
    p.dt_bias = l.dt_bias;
    p.a_log = l.a_log;
    p.d = l.d;
    p.a_scale = l.a_scale;
    p.d_scale = l.d_scale;
    p.scales = &call.scales;
    p.bc_scales = l.bc_scales;
    p.b_scales = l.b_scales;
    p.c_scales = l.c_scales;
    p.sum = call.options.ssd_sum;
    p.softplus = call.options.softplus;
    p.order = call.options.ssd_order;
    p.chunk = call.dims.chunk;
    return p;
}

SsdInput ssd_input(const Call& call) {
    const std::size_t e = call.dims.d_inner;
    const std::size_t bc = call.dims.bc_width();
    return {call.conv_columns(0),      call.conv_columns(e),
            call.conv_columns(e + bc), call.in_proj_columns(2 * e + 2 * bc, call.layer.dt_scale),
            call.fp32_columns(0),      call.fp32_columns(e),
            call.fp32_columns(e + bc)};
}

ScanOutput ssd_output(const Call& call, LayerState& state) {
    return {call.out.scan.data(), call.out.carry.data(), state.ssm.data()};
}

void norm_and_in_proj(const Call& call) {
    run_norm(call.dims, call.layer, call.input, call.options, call.out);
    linear_forward(call.layer.in_proj, {call.out.norm.data(), call.dims.d_model, 0}, call.rows(),
                   call.options.quamba_quirks, call.out.in_proj.data());
}

void gate_and_output(const Call& call) {
    const GatedNormParams params{call.dims.d_inner, call.dims.groups, call.layer.gated_norm_weight,
                                 call.input.epsilon, call.options.gated_norm_sum};
    gated_norm(params, call.out.scan.data(), call.in_proj_columns(0, call.layer.z_scale),
               call.rows(), call.out.gated_norm.data());
    run_output(call.dims, call.layer, call.out.gated_norm, call.options, call.out);
}

}  // namespace

void prefill_layer(const Dims& dims, const Mamba2Layer& layer, const LayerInput& input,
                   const Options& options, LayerTensors& out, LayerState& state) {
    const Call call(dims, layer, input, options, out);
    clear_state(dims, input, state);
    norm_and_in_proj(call);
    const Conv1dByChannel conv = conv_params(call);
    const Int8Rows xbc = call.in_proj_columns(dims.d_inner, 0);
    conv1d_prefill(conv, xbc, input.batch, input.tokens, out.conv.data(), state.conv.data());
    if (codes_fp32(options.x_code)) {
        conv1d_prefill_fp32(conv, xbc, input.batch, input.tokens, out.ssm_input.data());
    }
    finish_conv(call, conv);
    ssd_prefill(ssd_params(call), ssd_input(call), input.batch, input.tokens,
                ssd_output(call, state));
    gate_and_output(call);
}

void decode_layer(const Dims& dims, const Mamba2Layer& layer, const LayerInput& input,
                  const Options& options, LayerTensors& out, LayerState& state) {
    const Call call(dims, layer, input, options, out);
    require_decode(dims, input, state);
    norm_and_in_proj(call);
    const Conv1dByChannel conv = conv_params(call);
    conv1d_update(conv, call.in_proj_columns(dims.d_inner, 0), input.batch, out.conv.data(),
                  state.conv.data());
    if (codes_fp32(options.x_code)) {
        conv1d_update_fp32(conv, input.batch, state.conv.data(), out.ssm_input.data());
    }
    finish_conv(call, conv);
    ssd_step(ssd_params(call), ssd_input(call), input.batch, ssd_output(call, state));
    gate_and_output(call);
}

}  // namespace mambasic::golden
