#include "traces/synth/mamba1_quantized.h"

#include <utility>

#include "traces/layout.h"

namespace mambasic::traces::synth {

QuantizedMamba1::QuantizedMamba1(const Dims& dims, Precision precision, const Mamba1Floats& layer,
                                 const std::vector<float>& out_proj)
    : norm_(to_halves(layer.norm)),
      linears_{{precision, rows_of(layer.in_proj, dims.d_model)},
               {precision, rows_of(layer.x_proj, dims.d_inner)},
               // W4A8 keeps it in 8 bits (kernels.md 2.1).
               {Precision::W8A8, rows_of(layer.dt_proj, dims.dt_rank)},
               {precision, rows_of(out_proj, dims.d_inner)}},
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

QuantizedMamba1::QuantizedMamba1(const Dims& dims, const Mamba1Layer& layer,
                                 const Grouping& grouping, Mamba1Linears linears)
    : norm_(layer.norm_weight, layer.norm_weight + dims.d_model),
      linears_(std::move(linears)),
      conv_weight_{reordered(layer.conv_weight, dims.d_conv, grouping.channels),
                   layer.conv_weight_scale},
      conv_bias_{reordered(layer.conv_bias, 1, grouping.channels), layer.conv_bias_scale},
      dt_bias_{reordered(layer.dt_bias, 1, grouping.channels), layer.dt_bias_scale},
      a_log_{reordered(layer.a_log, dims.d_state, grouping.channels), layer.a_scale},
      d_{reordered(layer.d, 1, grouping.channels), layer.d_scale},
      scales_(layer) {}

void QuantizedMamba1::set_scales(const Mamba1Observers& observers) {
    const float normed = observers.in_proj_input.scale();
    const float xz = observers.in_proj_output.scale();
    const float dt_b_c = observers.x_proj_output.scale();
    const float dt = observers.dt_proj_output.scale();
    const TargetScales one;
    set_inner_scales(one, {}, observers);
    linears_.in_proj.set_int8_factors(normed, {xz});
    linears_.x_proj.set_int8_factors(scales_.u_scale, {dt_b_c});
    linears_.dt_proj.set_int8_factors(dt_b_c, {dt});
    scales_.norm_output_scale = normed;
    scales_.conv_input_scale = scales_.z_scale = xz;
    scales_.dt_scale = dt;
    scales_.b_scale = scales_.c_scale = dt_b_c;
}

void QuantizedMamba1::set_inner_scales(const TargetScales& target, const Grouping& grouping,
                                       const Mamba1Observers& observers) {
    const float rotated = observers.out_proj_input.scale();
    scales_.had_scale = static_cast<double>(rotated);
    linears_.out_proj.set_half_factors(rotated);
    scales_.conv_output_scale = scales_.u_scale = scales_.ssm_state_scale = 0;
    code_scales_ = observers.x.code_scales();
    if (target.scheme == Scheme::Quamba2) {
        table_ = StoredTable(grouping, observers.x);
        return;
    }
    scales_.conv_output_scale = scales_.u_scale = observers.x.x_scales().front();
    scales_.ssm_state_scale = observers.x.state_scales().front();
}

Mamba1Layer QuantizedMamba1::view() const {
    Mamba1Layer out = scales_;
    out.norm_weight = norm_.data();
    out.in_proj = linears_.in_proj.view();
    out.conv_weight = conv_weight_.codes.data();
    out.conv_bias = conv_bias_.codes.data();
    out.groups.reset();
    if (table_) out.groups = table_->view();
    out.x_scales = code_scales_.view();
    out.x_proj = linears_.x_proj.view();
    out.dt_proj = linears_.dt_proj.view();
    out.dt_bias = dt_bias_.codes.data();
    out.a_log = a_log_.codes.data();
    out.d = d_.codes.data();
    out.out_proj = linears_.out_proj.view();
    return out;
}

void QuantizedMamba1::add_to(Pieces& pieces, const TraceInfo& info, std::uint32_t index) const {
    const std::string at = weight_key(info, index, "");
    const std::string mixer = at + "mixer.";
    pieces.add(at + "norm.weight", norm_);
    pieces.add_f64(at + "norm.output_scale", static_cast<double>(scales_.norm_output_scale));
    linears_.in_proj.add_to(pieces, mixer + "in_proj");
    add_conv(pieces, mixer + "conv1d.");
    linears_.x_proj.add_to(pieces, mixer + "x_proj");
    linears_.dt_proj.add_to(pieces, mixer + "dt_proj");
    add_scan(pieces, mixer + "selective_scan.");
    // Of the same name as the scalar, which is then not there.
    if (table_) table_->add_to(pieces, mixer + "conv1d.", mixer + "selective_scan.");
    code_scales_.add_to(pieces, mixer + "conv1d.");
    pieces.add_f64(mixer + "had.x_H_scale", scales_.had_scale);
    linears_.out_proj.add_to(pieces, mixer + "out_proj");
}

void QuantizedMamba1::add_conv(Pieces& pieces, const std::string& at) const {
    pieces.add(at + "weight", conv_weight_.codes);
    pieces.add(at + "bias", conv_bias_.codes);
    pieces.add_f64(at + "weight_scale", static_cast<double>(scales_.conv_weight_scale));
    pieces.add_f64(at + "bias_scale", static_cast<double>(scales_.conv_bias_scale));
    pieces.add_f64(at + "input_scale", static_cast<double>(scales_.conv_input_scale));
    pieces.add_f64(at + "output_scale", static_cast<double>(scales_.conv_output_scale));
}

void QuantizedMamba1::add_scan(Pieces& pieces, const std::string& at) const {
    pieces.add(at + "dt_bias", dt_bias_.codes);
    pieces.add(at + "A_log", a_log_.codes);
    pieces.add(at + "D", d_.codes);
    for (const auto& [name, scale] : {std::pair{"dt_bias_scale", scales_.dt_bias_scale},
                                      {"A_scale", scales_.a_scale},
                                      {"D_scale", scales_.d_scale},
                                      {"u_scale", scales_.u_scale},
                                      {"dt_scale", scales_.dt_scale},
                                      {"B_scale", scales_.b_scale},
                                      {"C_scale", scales_.c_scale},
                                      {"z_scale", scales_.z_scale},
                                      {"ssm_state_scale", scales_.ssm_state_scale}}) {
        pieces.add_f32(at + name, scale);
    }
}

}  // namespace mambasic::traces::synth
