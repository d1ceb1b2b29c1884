#include "cuda_ref/group_scales.h"
#include "cuda_ref/layer_runner.h"

namespace mambasic::cuda_ref {

namespace {

ConvSection section(std::uint64_t end, const traces::ConvSection& scales) {
    return {end, scales.input_scale, scales.weight_scale, scales.bias_scale};
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
    convolve(job, place, out);
}

void LayerRunner::scan_states(const traces::Mamba2Layer& layer, const GroupScales& scales,
                              const Place& place, LayerOutputs& out) const {
    const std::uint64_t e = dims_.d_inner;
    const std::uint64_t gn = dims_.bc_width();
    const std::uint64_t convolved = dims_.conv_channels();
    out.scan.resize(place.rows * e);
    SsdJob job;
    job.batch = place.batch;
    job.tokens = place.tokens;
    job.heads = dims_.heads;
    job.head_dim = dims_.head_dim;
    job.groups = dims_.groups;
    job.states = dims_.d_state;
    job.chunk = dims_.chunk;
    job.x = {out.conv.data(), convolved, e};
    job.b = {out.conv.data() + e, convolved, gn};
    job.c = {out.conv.data() + e + gn, convolved, gn};
    job.dt = {out.in_proj.data() + e + convolved, dims_.in_proj_width(), dims_.heads};
    job.dt_bias = layer.dt_bias;
    job.a_log = layer.a_log;
    job.d = layer.d;
    job.x_scales = scales.x.data();
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
