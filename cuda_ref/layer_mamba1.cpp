#include "cuda_ref/group_scales.h"
#include "cuda_ref/layer_runner.h"

namespace mambasic::cuda_ref {

void LayerRunner::convolve(const traces::Mamba1Layer& layer, const GroupScales& scales,
                           const Place& place, LayerOutputs& out) const {
    const std::uint64_t width = dims_.d_inner;
    const std::vector<float> output_scales = conv_output_scales(layer, scales);
    ConvJob job;
    job.x = {out.in_proj.data(), 2 * width, width};
    job.weight = layer.conv_weight;
    job.bias = layer.conv_bias;
    job.sections[0] = {width, layer.conv_input_scale, layer.conv_weight_scale,
                       layer.conv_bias_scale};
    job.output_scales = output_scales.data();
    job.taps = TapOrder::BiasFirst;
    convolve(job, place, out);
}

void LayerRunner::scan_states(const traces::Mamba1Layer& layer, const GroupScales& scales,
                              const Place& place, LayerOutputs& out) const {
    const std::uint64_t width = dims_.d_inner;
    const std::uint64_t projected = dims_.x_proj_width();
    out.scan.resize(place.rows * width);
    ScanJob job;
    job.batch = place.batch;
    job.tokens = place.tokens;
    job.channels = width;
    job.states = dims_.d_state;
    job.u = {out.conv.data(), width, width};
    job.dt = {out.dt_proj.data(), width, width};
    job.b = {out.x_proj.data() + dims_.dt_rank, projected, dims_.d_state};
    job.c = {out.x_proj.data() + dims_.dt_rank + dims_.d_state, projected, dims_.d_state};
    job.z = {out.in_proj.data() + width, 2 * width, width};
    job.a_log = layer.a_log;
    job.d = layer.d;
    job.dt_bias = layer.dt_bias;
    job.u_scales = scales.x.data();
    job.state_scales = scales.state.data();
    job.dt_scale = layer.dt_scale;
    job.b_scale = layer.b_scale;
    job.c_scale = layer.c_scale;
    job.z_scale = layer.z_scale;
    job.a_scale = layer.a_scale;
    job.d_scale = layer.d_scale;
    job.dt_bias_scale = layer.dt_bias_scale;
    job.softplus = options_.softplus;
    job.order = options_.scan_order;
    job.sum = options_.ssm_sum;
    job.state = out.ssm_state.data();
    job.carry = out.carry.data();
    job.y = out.scan.data();
    place.decode ? device_.scan_decode(job) : device_.scan_prefill(job);
}

LayerOutputs LayerRunner::run(const traces::Mamba1Layer& layer, const LayerInput& input,
                              const Stream& stream) const {
    const Place place = place_of(input);
    const GroupScales scales = group_scales(dims_, layer);
    const std::uint64_t d = dims_.d_model;
    const std::uint64_t e = dims_.d_inner;
    LayerOutputs out =
        begin(input, normalize(stream, layer.norm_weight, layer.norm_output_scale, input.epsilon));
    out.in_proj = linear_codes(layer.in_proj, {out.norm.data(), d, d}, place.seqlen_last());
    convolve(layer, scales, place, out);
    out.x_proj = linear_codes(layer.x_proj, {out.conv.data(), e, e}, place.forward());
    const Codes low_rank{out.x_proj.data(), dims_.x_proj_width(), dims_.dt_rank};
    out.dt_proj = linear_codes(layer.dt_proj, low_rank, place.seqlen_last());
    scan_states(layer, scales, place, out);
    project_out(out.scan, layer.had_scale, layer.out_proj, place.forward(), out);
    return out;
}

}  // namespace mambasic::cuda_ref
