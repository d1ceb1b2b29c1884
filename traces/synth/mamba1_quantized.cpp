#include "traces/synth/mamba1_quantized.h"

#include "traces/layout.h"

namespace mambasic::traces::synth {

QuantizedMamba1::QuantizedMamba1(const Dims& dims, Precision precision, const Mamba1Floats& layer,
                                 const std::vector<float>& out_proj)
    : dims_(dims),
      norm_(to_halves(layer.norm)),
      in_proj_(precision, rows_of(layer.in_proj, dims.d_model)),
      x_proj_(precision, rows_of(layer.x_proj, dims.d_inner)),
      // W4A8 keeps it in 8 bits (kernels.md 2.1).
      dt_proj_(Precision::W8A8, rows_of(layer.dt_proj, dims.dt_rank)),
      out_proj_(precision, rows_of(out_proj, dims.d_inner)),
      conv_weight_(quantize_weight(layer.conv_weight)),
      conv_bias_(quantize_weight(layer.conv_bias)),
      dt_bias_(quantize_weight(layer.dt_bias)),
      a_log_(quantize_weight(layer.a_log)),
      d_(quantize_weight(layer.d)) {
    scales_.conv_weight_scale = conv_weight_.scale;
    scales_.conv_bias_scale = conv_bias_.scale;
    scales_.dt_bias_scale = dt_bias_.scale;
    scales_.a_scale = a_log_.scale;
    scales_.d_scale = d_.scale;
}

void QuantizedMamba1::set_scales(const Mamba1Observers& observers) {
    const float normed = observers.in_proj_input.scale();
    const float xz = observers.in_proj_output.scale();
    const float u = observers.x.x_scales().front();
    const float dt_b_c = observers.x_proj_output.scale();
    const float dt = observers.dt_proj_output.scale();
    const float rotated = observers.out_proj_input.scale();
    in_proj_.set_int8_factors(normed, {xz});
    x_proj_.set_int8_factors(u, {dt_b_c});
    dt_proj_.set_int8_factors(dt_b_c, {dt});
    out_proj_.set_half_factors(rotated);
    scales_.norm_output_scale = normed;
    scales_.conv_input_scale = scales_.z_scale = xz;
    scales_.conv_output_scale = scales_.u_scale = u;
    scales_.dt_scale = dt;
    scales_.b_scale = scales_.c_scale = dt_b_c;
    scales_.ssm_state_scale = observers.x.state_scales().front();
    scales_.had_scale = static_cast<double>(rotated);
}

Mamba1Layer QuantizedMamba1::view() const {
    Mamba1Layer out = scales_;
    out.norm_weight = norm_.data();
    out.in_proj = in_proj_.view();
    out.conv_weight = conv_weight_.codes.data();
    out.conv_bias = conv_bias_.codes.data();
    out.x_proj = x_proj_.view();
    out.dt_proj = dt_proj_.view();
    out.dt_bias = dt_bias_.codes.data();
    out.a_log = a_log_.codes.data();
    out.d = d_.codes.data();
    out.out_proj = out_proj_.view();
    return out;
}

void QuantizedMamba1::add_to(Pieces& pieces, const TraceInfo& info, std::uint32_t index) const {
    const std::string at = weight_key(info, index, "");
    const std::string mixer = at + "mixer.";
    pieces.add(at + "norm.weight", norm_);
    pieces.add_f64(at + "norm.output_scale", static_cast<double>(scales_.norm_output_scale));
    in_proj_.add_to(pieces, mixer + "in_proj");
    pieces.add(mixer + "conv1d.weight", conv_weight_.codes);
    pieces.add(mixer + "conv1d.bias", conv_bias_.codes);
    pieces.add_f64(mixer + "conv1d.weight_scale", static_cast<double>(scales_.conv_weight_scale));
    pieces.add_f64(mixer + "conv1d.bias_scale", static_cast<double>(scales_.conv_bias_scale));
    pieces.add_f64(mixer + "conv1d.input_scale", static_cast<double>(scales_.conv_input_scale));
    pieces.add_f64(mixer + "conv1d.output_scale", static_cast<double>(scales_.conv_output_scale));
    x_proj_.add_to(pieces, mixer + "x_proj");
    dt_proj_.add_to(pieces, mixer + "dt_proj");
    const std::string scan = mixer + "selective_scan.";
    pieces.add(scan + "dt_bias", dt_bias_.codes);
    pieces.add(scan + "A_log", a_log_.codes);
    pieces.add(scan + "D", d_.codes);
    pieces.add_f32(scan + "dt_bias_scale", scales_.dt_bias_scale);
    pieces.add_f32(scan + "A_scale", scales_.a_scale);
    pieces.add_f32(scan + "D_scale", scales_.d_scale);
    pieces.add_f32(scan + "u_scale", scales_.u_scale);
    pieces.add_f32(scan + "dt_scale", scales_.dt_scale);
    pieces.add_f32(scan + "B_scale", scales_.b_scale);
    pieces.add_f32(scan + "C_scale", scales_.c_scale);
    pieces.add_f32(scan + "z_scale", scales_.z_scale);
    pieces.add_f32(scan + "ssm_state_scale", scales_.ssm_state_scale);
    pieces.add_f64(mixer + "had.x_H_scale", scales_.had_scale);
    out_proj_.add_to(pieces, mixer + "out_proj");
}

}  // namespace mambasic::traces::synth
