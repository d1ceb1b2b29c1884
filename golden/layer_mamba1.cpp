// A Mamba1 layer: ssm.md 6.1; with groups of scales, 1.6.
#include <optional>
#include <stdexcept>
#include <string>

#include "golden/conv1d.h"
#include "golden/group_scales.h"
#include "golden/layer_ops.h"
#include "golden/scan_step.h"
#include "golden/selective_scan.h"
#include "golden/ssm_input.h"

namespace mambasic::golden {
namespace {

using traces::Dims;
using traces::Mamba1Layer;
using traces::XCode;
using traces::XFormat;
using traces::XProjInput;

/// Codes of int8's, which x_proj and the SSM share.
bool shares_int8(const XCode& code) {
    return code.format == XFormat::Int8 || code.format == XFormat::Uniform8;
}

std::optional<GroupScales> group_scales(const Dims& dims, const Mamba1Layer& layer) {
    if (!layer.groups) {
        return std::nullopt;
    }
    if (layer.groups->shape.ssd_groups != dims.table_ssd_groups() ||
        dims.d_inner % dims.table_head_dim() != 0) {
        throw std::invalid_argument("a table of " + std::to_string(layer.groups->shape.ssd_groups) +
                                    " SSD groups does not fit the " + std::to_string(dims.d_inner) +
                                    " channels of a Mamba1 layer");
    }
    return GroupScales(dims, *layer.groups);
}

/// Everything about one call that is not weights.
struct Call {
    const Dims& dims;
    const Mamba1Layer& layer;
    const LayerInput& input;
    const Options& options;
    LayerTensors& out;
    std::optional<GroupScales> scales;

    std::size_t rows() const { return row_count(input); }
    const GroupScales* groups() const { return scales ? &*scales : nullptr; }

    Int8Rows x() const { return {out.in_proj.data(), std::size_t{2} * dims.d_inner, 0}; }
    Int8Rows z() const {
        return {out.in_proj.data() + dims.d_inner, std::size_t{2} * dims.d_inner, layer.z_scale};
    }
    Int8Rows u() const { return {out.conv.data(), dims.d_inner, layer.u_scale}; }
    Int8Rows dt_low_rank() const { return {out.x_proj.data(), dims.x_proj_width(), 0}; }
    Int8Rows b() const {
        return {out.x_proj.data() + dims.dt_rank, dims.x_proj_width(), layer.b_scale};
    }
    Int8Rows c() const {
        return {out.x_proj.data() + dims.dt_rank + dims.d_state, dims.x_proj_width(),
                layer.c_scale};
    }
    Int8Rows dt() const { return {out.dt_proj.data(), dims.d_inner, layer.dt_scale}; }
    /// In the place of u's codes, but where they are int8's.
    FloatRows fp32_u() const {
        return options.x_code.format == XFormat::Int8
                   ? FloatRows{}
                   : FloatRows{out.ssm_input.data(), dims.d_inner};
    }
    /// int8's code of u is not what x_proj reads.
    bool x_proj_reads_codes() const {
        return options.x_proj_input == XProjInput::Codes && !shares_int8(options.x_code);
    }
};

void require_codes(const Call& call) {
    if (call.x_proj_reads_codes() && (call.scales || !call.options.x_code.own_codes())) {
        throw std::invalid_argument(
            "x_proj multiplies codes of x's own, of one scale for all channels");
    }
}

void prepare(const Call& call) {
    require_layer(call.dims, call.input, call.options);
    require_tree_width(call.options.ssm_sum, "ssm_sum");
    require_codes(call);
    allocate_layer(call.dims, call.input, call.options, call.out);
    call.out.x_proj.resize(call.rows() * call.dims.x_proj_width());
    call.out.dt_proj.resize(call.rows() * call.dims.d_inner);
}

Conv1dParams conv_params(const Call& call) {
    const Mamba1Layer& l = call.layer;
    return {call.dims.d_inner, l.conv_weight,      l.conv_bias,         l.conv_weight_scale,
            l.conv_bias_scale, l.conv_input_scale, l.conv_output_scale, call.groups()};
}

SsmInputParams ssm_input_params(const Call& call) {
    const XInt8Scales int8{call.layer.conv_output_scale, call.layer.u_scale, call.groups()};
    const XCode& code = call.options.x_code;
    const std::size_t inner = call.dims.d_inner;
    return {code,
            x_channels(code, call.layer.x_scales, int8, inner),
            {},
            rotation_of(call.options, call.layer.x_scales, call.scales.has_value(), inner)};
}

/// int8 codes of what the SSM reads, where x_proj reads it.
void requantize(const Call& call) {
    for (std::size_t i = 0; i < call.out.conv.size(); ++i) {
        const std::size_t channel = i % call.dims.d_inner;
        const float scale = call.scales ? call.scales->x(channel) : call.layer.conv_output_scale;
        call.out.conv[i] = arith::quantize_rha(call.out.ssm_input[i] / scale);
    }
}

/// The SSM's operands from the convolution's, then the codes that x_proj reads.
void finish_conv(const Call& call, const SsmInputParams& params) {
    make_ssm_input(params, call.out);
    if (shares_int8(params.code)) {
        return;
    }
    if (call.options.x_proj_input == XProjInput::Requantized) {
        requantize(call);
    } else if (call.x_proj_reads_codes()) {
        call.out.conv.clear();
    }
}

void run_x_proj(const Call& call, const SsmInputParams& params) {
    const bool wrap = call.options.quamba_quirks;
    std::int8_t* output = call.out.x_proj.data();
    if (!call.x_proj_reads_codes()) {
        linear_forward(call.layer.x_proj, call.u(), call.rows(), wrap, output);
        return;
    }
    const float reference = call.layer.conv_output_scale;
    const XChannel& scales = params.x.front();  // without a table all channels have these
    const FlaggedRows codes{call.out.x_codes.data(),
                            params.code.dual() ? call.out.x_flags.data() : nullptr,
                            scales.low / reference, scales.high / reference};
    linear_forward(call.layer.x_proj, codes, call.rows(), wrap, output);
}

ScanParams scan_params(const Call& call) {
    const Mamba1Layer& l = call.layer;
    ScanParams p;
    p.channels = call.dims.d_inner;
    p.states = call.dims.d_state;
    p.a_log = l.a_log;
    p.d = l.d;
    p.dt_bias = l.dt_bias;
    p.a_scale = l.a_scale;
    p.d_scale = l.d_scale;
    p.dt_bias_scale = l.dt_bias_scale;
    p.state_scale = l.ssm_state_scale;
    p.order = call.options.scan_order;
    p.sum = call.options.ssm_sum;
    p.softplus = call.options.softplus;
    p.groups = call.groups();
    return p;
}

ScanInput scan_input(const Call& call) {
    return {call.u(), call.dt(), call.b(), call.c(), call.z(), call.fp32_u()};
}

ScanOutput scan_output(const Call& call, LayerState& state) {
    return {call.out.scan.data(), call.out.carry.data(), state.ssm.data()};
}

}  // namespace

void prefill_layer(const Dims& dims, const Mamba1Layer& layer, const LayerInput& input,
                   const Options& options, LayerTensors& out, LayerState& state) {
    const Call call{dims, layer, input, options, out, group_scales(dims, layer)};
    prepare(call);
    clear_state(dims, input, state);

    const SsmInputParams ssm_params = ssm_input_params(call);
    const std::size_t rows = call.rows();
    run_norm(dims, layer, input, options, out);
    linear_to_seqlen_last(layer.in_proj, {out.norm.data(), dims.d_model, 0}, rows,
                          out.in_proj.data());
    conv1d_prefill(conv_params(call), call.x(), input.batch, input.tokens, out.conv.data(),
                   state.conv.data());
    if (codes_fp32(options.x_code)) {
        conv1d_prefill_fp32(conv_params(call), call.x(), input.batch, input.tokens,
                            out.ssm_input.data());
    }
    finish_conv(call, ssm_params);
    run_x_proj(call, ssm_params);
    linear_to_seqlen_last(layer.dt_proj, call.dt_low_rank(), rows, out.dt_proj.data());
    selective_scan(scan_params(call), scan_input(call), input.batch, input.tokens,
                   scan_output(call, state));
    run_output(dims, layer, out.scan, options, out);
}

void decode_layer(const Dims& dims, const Mamba1Layer& layer, const LayerInput& input,
                  const Options& options, LayerTensors& out, LayerState& state) {
    const Call call{dims, layer, input, options, out, group_scales(dims, layer)};
    prepare(call);
    require_decode(dims, input, state);

    const SsmInputParams ssm_params = ssm_input_params(call);
    const std::size_t rows = call.rows();
    const bool wrap = options.quamba_quirks;
    run_norm(dims, layer, input, options, out);
    linear_forward(layer.in_proj, {out.norm.data(), dims.d_model, 0}, rows, wrap,
                   out.in_proj.data());
    conv1d_update(conv_params(call), call.x(), input.batch, out.conv.data(), state.conv.data());
    if (codes_fp32(options.x_code)) {
        conv1d_update_fp32(conv_params(call), input.batch, state.conv.data(), out.ssm_input.data());
    }
    finish_conv(call, ssm_params);
    run_x_proj(call, ssm_params);
    linear_forward(layer.dt_proj, call.dt_low_rank(), rows, wrap, out.dt_proj.data());
    scan_step(scan_params(call), scan_input(call), input.batch, scan_output(call, state));
    run_output(dims, layer, out.scan, options, out);
}

}  // namespace mambasic::golden
