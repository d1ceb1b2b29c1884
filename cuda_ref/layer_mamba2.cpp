#include <algorithm>

#include "cuda_ref/code_scales.h"
#include "cuda_ref/group_scales.h"
#include "cuda_ref/layer_runner.h"

namespace mambasic::cuda_ref {

namespace {

ConvSection section(std::uint64_t end, const traces::ConvSection& scales) {
    return {end, scales.input_scale, scales.weight_scale, scales.bias_scale};
}

/// Of the convolution's int8 codes those stay that the SSM reads.
void drop_unread(const traces::Dims& dims, const traces::XCode& code, LayerOutputs& out) {
    if (code.values()) {
        out.conv.clear();
    } else if (code.own_codes() || code.rotated()) {
        const std::uint64_t width = dims.conv_channels();
        for (std::uint64_t row = 0; row < out.conv.size(); row += width) {
            std::fill_n(out.conv.data() + row, dims.d_inner, std::int8_t{0});
        }
    }
}

}  // namespace

void LayerRunner::convolve(const traces::Mamba2Layer& layer, const GroupScales& scales,
                           const Place& place, LayerOutputs& out) const {
    const std::uint64_t e = dims_.d_inner;
    const std::uint64_t gn = dims_.bc_width();
    const std::vector<float> output_scales = conv_output_scales(dims_, scales);
    ConvJob job;
    job.x = {out.in_proj.data() + e, dims_.in_proj_width(), dims_.conv_channels()};
    job.weight = layer.conv_weight;
    job.bias = layer.conv_bias;
    job.sections[0] = section(e, layer.conv_x);
    job.sections[1] = section(e + gn, layer.conv_b);
    job.sections[2] = section(e + 2 * gn, layer.conv_c);
    job.output_scales = output_scales.data();
    job.taps = TapOrder::OldestTapFirst;
    if (place.x_code.format == traces::XFormat::Int8Sim) {
        job.decoding_scales = output_scales.data();
    }
    convolve(job, place, out);
    if (place.x_code.own_codes()) {
        code_x(code_scales(place.x_code, layer.x_scales,
                           {output_scales, scales.x, cells_of_channels(dims_, layer.groups)}),
               place, out);
    }
    if (place.x_code.rotated()) rotate_x(layer.x_scales, place, out);
    drop_unread(dims_, place.x_code, out);
}

void LayerRunner::scan_states(const traces::Mamba2Layer& layer, const GroupScales& scales,
                              const Place& place, LayerOutputs& out) const {
    const std::uint64_t e = dims_.d_inner;
    const std::uint64_t gn = dims_.bc_width();
    const std::uint64_t convolved = dims_.conv_channels();
    const std::vector<float> x_scales = ssm_scales(place.x_code, scales.x);
    out.scan.resize(place.rows * e);
    SsdJob job;
    job.batch = place.batch;
    job.tokens = place.tokens;
    job.heads = dims_.heads;
    job.head_dim = dims_.head_dim;
    job.groups = dims_.groups;
    job.states = dims_.d_state;
    job.chunk = dims_.chunk;
    if (!out.conv.empty()) {
        job.x = {out.conv.data(), convolved, e};
        job.b = {out.conv.data() + e, convolved, gn};
        job.c = {out.conv.data() + e + gn, convolved, gn};
    }
    if (!out.values.empty()) job.fp32_x = {out.values.data(), convolved, e};
    if (place.x_code.values()) {
        job.fp32_b = {out.values.data() + e, convolved, gn};
        job.fp32_c = {out.values.data() + e + gn, convolved, gn};
    }
    job.dt = {out.in_proj.data() + e + convolved, dims_.in_proj_width(), dims_.heads};
    job.dt_bias = layer.dt_bias;
    job.a_log = layer.a_log;
    job.d = layer.d;
    job.x_scales = x_scales.data();
    job.b_scales = scales.b.data();
    job.c_scales = scales.c.data();
    job.state_scales = scales.state.data();
    job.dt_scale = layer.dt_scale;
    job.a_scale = layer.a_scale;
    job.d_scale = layer.d_scale;
    job.softplus = options_.softplus;
    job.order = options_.ssd_order;
    job.sum = options_.ssd_sum;
    job.state = out.ssm_state.data();
    job.carry = out.carry.data();
    job.y = out.scan.data();
    place.decode ? device_.ssd_decode(job) : device_.ssd_prefill(job);
}

void LayerRunner::normalize_gated(const traces::Mamba2Layer& layer, const LayerInput& input,
                                  LayerOutputs& out) const {
    const std::uint64_t e = dims_.d_inner;
    out.gated_norm.resize(out.scan.size());
    GatedNormJob job;
    job.rows = input.batch * input.tokens;
    job.width = e;
    job.groups = dims_.groups;
    job.y = out.scan.data();
    job.z = {out.in_proj.data(), dims_.in_proj_width(), e};
    job.z_scale = layer.z_scale;
    job.weight = layer.gated_norm_weight;
    job.epsilon = input.epsilon;
    job.sum = options_.gated_norm_sum;
    job.out = out.gated_norm.data();
    device_.gated_norm(job);
}

LayerOutputs LayerRunner::run(const traces::Mamba2Layer& layer, const LayerInput& input,
                              const Stream& stream) const {
    const Place place = place_of(input);
    const GroupScales scales = group_scales(dims_, layer);
    const std::uint64_t d = dims_.d_model;
    LayerOutputs out =
        begin(input, normalize(stream, layer.norm_weight, layer.norm_output_scale, input.epsilon));
    out.in_proj = linear_codes(layer.in_proj, {out.norm.data(), d, d}, place.forward());
    convolve(layer, scales, place, out);
    scan_states(layer, scales, place, out);
    normalize_gated(layer, input, out);
    project_out(out.gated_norm, layer.had_scale, layer.out_proj, place.forward(), out);
    return out;
}

}  // namespace mambasic::cuda_ref
