#include "cuda_ref/code_scales.h"
#include "cuda_ref/group_scales.h"
#include "cuda_ref/layer_runner.h"
#include "cuda_ref/run_info.h"

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
    if (place.x_code.format == traces::XFormat::Int8Sim) job.decoding_scales = scales.x.data();
    job.taps = TapOrder::BiasFirst;
    convolve(job, place, out);
}

void LayerRunner::scan_states(const traces::Mamba1Layer& layer, const GroupScales& scales,
                              const Place& place, LayerOutputs& out) const {
    const std::uint64_t width = dims_.d_inner;
    const std::uint64_t projected = dims_.x_proj_width();
    const std::vector<float> u_scales = ssm_scales(place.x_code, scales.x);
    out.scan.resize(place.rows * width);
    ScanJob job;
    job.batch = place.batch;
    job.tokens = place.tokens;
    job.channels = width;
    job.states = dims_.d_state;
    if (out.values.empty()) {
        job.u = {out.conv.data(), width, width};
    } else {
        job.fp32_u = {out.values.data(), width, width};
    }
    job.dt = {out.dt_proj.data(), width, width};
    job.b = {out.x_proj.data() + dims_.dt_rank, projected, dims_.d_state};
    job.c = {out.x_proj.data() + dims_.dt_rank + dims_.d_state, projected, dims_.d_state};
    job.z = {out.in_proj.data() + width, 2 * width, width};
    job.a_log = layer.a_log;
    job.d = layer.d;
    job.dt_bias = layer.dt_bias;
    job.u_scales = u_scales.data();
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

/// x_proj of the SSM's codes: those of each flag with their scale over int8's.
std::vector<std::int8_t> LayerRunner::project_codes(const traces::Mamba1Layer& layer,
                                                    const CodeScales& codes, const Place& place,
                                                    const LayerOutputs& out) const {
    const std::uint64_t e = dims_.d_inner;
    std::vector<std::int8_t> projected(place.rows * layer.x_proj.n);
    LinearJob job = linear_job(layer.x_proj, {out.x_codes.data(), e, e}, place.forward());
    job.rescaled = true;
    job.low = codes.low[0] / layer.conv_output_scale;
    if (!out.x_flags.empty()) {
        job.flags = out.x_flags.data();
        job.high = codes.high[0] / layer.conv_output_scale;
    }
    job.codes = projected.data();
    device_.linear(job);
    return projected;
}

/// Leaves in out.conv the int8 codes that x_proj reads, if it does.
std::vector<std::int8_t> LayerRunner::project_x(const traces::Mamba1Layer& layer,
                                                const std::vector<float>& conv_scales,
                                                const CodeScales& codes, const Place& place,
                                                LayerOutputs& out) const {
    const std::uint64_t e = dims_.d_inner;
    if (!shares_int8(place.x_code)) {
        if (place.x_proj_input == traces::XProjInput::Codes) {
            out.conv.clear();
            return project_codes(layer, codes, place, out);
        }
        if (place.x_proj_input == traces::XProjInput::Requantized) {
            device_.requantize(
                {place.rows, e, out.values.data(), conv_scales.data(), out.conv.data()});
        }
    }
    return linear_codes(layer.x_proj, {out.conv.data(), e, e}, place.forward());
}

LayerOutputs LayerRunner::run(const traces::Mamba1Layer& layer, const LayerInput& input,
                              const Stream& stream) const {
    const Place place = place_of(input);
    const GroupScales scales = group_scales(dims_, layer);
    const std::uint64_t d = dims_.d_model;
    LayerOutputs out =
        begin(input, normalize(stream, layer.norm_weight, layer.norm_output_scale, input.epsilon));
    out.in_proj = linear_codes(layer.in_proj, {out.norm.data(), d, d}, place.seqlen_last());
    convolve(layer, scales, place, out);
    CodeScales codes;
    const std::vector<float> conv_scales = conv_output_scales(layer, scales);
    if (place.x_code.own_codes()) {
        codes = code_scales(place.x_code, layer.x_scales,
                            {conv_scales, scales.x, cells_of_channels(dims_, layer)});
        code_x(codes, place, out);
    }
    if (place.x_code.rotated()) rotate_x(layer.x_scales, place, out);
    out.x_proj = project_x(layer, conv_scales, codes, place, out);
    const Codes low_rank{out.x_proj.data(), dims_.x_proj_width(), dims_.dt_rank};
    out.dt_proj = linear_codes(layer.dt_proj, low_rank, place.seqlen_last());
    scan_states(layer, scales, place, out);
    project_out(out.scan, layer.had_scale, layer.out_proj, place.forward(), out);
    return out;
}

}  // namespace mambasic::cuda_ref
