#include "traces/synth/mamba2_quantized.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "traces/layout.h"

namespace mambasic::traces::synth {

namespace {

// Ends of z, x, B, C, dt in in_proj's output.
std::vector<std::uint32_t> in_proj_sections(const Dims& dims) {
    const std::uint32_t e = dims.d_inner;
    const std::uint32_t bc = dims.bc_width();
    return {e, 2 * e, 2 * e + bc, 2 * e + 2 * bc, dims.in_proj_width()};
}

// Elements [first, end) with a scale of their own, max|w| / 127 in FP32 (kernels.md 1.7).
float quantize_section(const std::vector<float>& values, std::size_t first, std::size_t end,
                       std::vector<std::int8_t>& codes) {
    constexpr float kSmallestMaximum = 1e-5F;
    float largest = kSmallestMaximum;
    for (std::size_t i = first; i < end; ++i) largest = std::max(largest, std::fabs(values[i]));
    const float scale = largest / 127.0F;
    codes.resize(values.size());
    for (std::size_t i = first; i < end; ++i) codes[i] = arith::quantize_rhe(values[i] / scale);
    return scale;
}

}  // namespace

QuantizedMamba2::QuantizedMamba2(const Dims& dims, Precision precision, const Mamba2Floats& layer,
                                 const std::vector<float>& out_proj)
    : dims_(dims),
      norm_(to_halves(layer.norm)),
      dt_bias_(to_halves(layer.dt_bias)),
      gated_norm_(to_halves(layer.gated_norm)),
      in_proj_(precision, rows_of(layer.in_proj, dims.d_model), in_proj_sections(dims)),
      out_proj_(precision, rows_of(out_proj, dims.d_inner)),
      a_log_(quantize_weight(layer.a_log)),
      d_(quantize_weight(layer.d)) {
    quantize_conv(layer);
    scales_.a_scale = a_log_.scale;
    scales_.d_scale = d_.scale;
}

QuantizedMamba2::QuantizedMamba2(const Dims& dims, const Mamba2Layer& layer,
                                 const Grouping& grouping, StoredLinear in_proj,
                                 StoredLinear out_proj)
    : dims_(dims),
      norm_(layer.norm_weight, layer.norm_weight + dims.d_model),
      dt_bias_(reordered(layer.dt_bias, 1, grouping.heads)),
      gated_norm_(reordered(layer.gated_norm_weight, 1, grouping.channels)),
      in_proj_(std::move(in_proj)),
      out_proj_(std::move(out_proj)),
      conv_weight_(reordered(layer.conv_weight, dims.d_conv, conv_order(dims, grouping))),
      conv_bias_(reordered(layer.conv_bias, 1, conv_order(dims, grouping))),
      a_log_{reordered(layer.a_log, 1, grouping.heads), layer.a_scale},
      d_{reordered(layer.d, 1, grouping.heads), layer.d_scale},
      scales_(layer) {}

void QuantizedMamba2::quantize_conv(const Mamba2Floats& layer) {
    std::size_t first = 0;
    for (auto [section, width] : {std::pair{&scales_.conv_x, dims_.d_inner},
                                  {&scales_.conv_b, dims_.bc_width()},
                                  {&scales_.conv_c, dims_.bc_width()}}) {
        const std::size_t end = first + width;
        section->weight_scale = quantize_section(layer.conv_weight, first * dims_.d_conv,
                                                 end * dims_.d_conv, conv_weight_);
        section->bias_scale = quantize_section(layer.conv_bias, first, end, conv_bias_);
        first = end;
    }
}

void QuantizedMamba2::set_scales(const Grouping& grouping, const Mamba2Observers& observers) {
    const float normed = observers.in_proj_input.scale();
    scales_.norm_output_scale = normed;
    scales_.z_scale = observers.z.scale();
    scales_.conv_x.input_scale = observers.x.scale();
    scales_.conv_b.input_scale = observers.b.scale();
    scales_.conv_c.input_scale = observers.c.scale();
    scales_.dt_scale = observers.dt.scale();
    in_proj_.set_int8_factors(
        normed, {scales_.z_scale, scales_.conv_x.input_scale, scales_.conv_b.input_scale,
                 scales_.conv_c.input_scale, scales_.dt_scale});
    set_inner_scales(grouping, observers);
}

void QuantizedMamba2::set_inner_scales(const Grouping& grouping, const Mamba2Observers& observers) {
    const float rotated = observers.out_proj_input.scale();
    table_ = StoredTable(grouping, observers.conv_out.x());
    code_scales_ = observers.conv_out.x().code_scales();
    b_scales_ = observers.conv_out.b_scales();
    c_scales_ = observers.conv_out.c_scales();
    scales_.had_scale = static_cast<double>(rotated);
    out_proj_.set_half_factors(rotated);
}

Mamba2Layer QuantizedMamba2::view() const {
    Mamba2Layer out = scales_;
    out.norm_weight = norm_.data();
    out.in_proj = in_proj_.view();
    out.conv_weight = conv_weight_.data();
    out.conv_bias = conv_bias_.data();
    out.groups = table_.view();
    out.x_scales = code_scales_.view();
    out.bc_scales = static_cast<std::uint32_t>(b_scales_.size());
    out.b_scales = b_scales_.data();
    out.c_scales = c_scales_.data();
    out.dt_bias = dt_bias_.data();
    out.a_log = a_log_.codes.data();
    out.d = d_.codes.data();
    out.gated_norm_weight = gated_norm_.data();
    out.out_proj = out_proj_.view();
    return out;
}

void QuantizedMamba2::add_to(Pieces& pieces, const TraceInfo& info, std::uint32_t index) const {
    const std::string at = weight_key(info, index, "");
    const std::string mixer = at + "mixer.";
    pieces.add(at + "norm.weight", norm_);
    pieces.add_f64(at + "norm.output_scale", static_cast<double>(scales_.norm_output_scale));
    in_proj_.add_to(pieces, mixer + "in_proj");
    add_conv(pieces, mixer + "conv1d.");
    table_.add_to(pieces, mixer + "conv1d.", mixer + "qchunk_scan.");
    code_scales_.add_to(pieces, mixer + "conv1d.");
    add_ssd(pieces, mixer + "qchunk_scan.");
    pieces.add(mixer + "norm.weight", gated_norm_);
    pieces.add_f64(mixer + "norm.z_scale", static_cast<double>(scales_.z_scale));
    pieces.add_f64(mixer + "had.x_H_scale", scales_.had_scale);
    out_proj_.add_to(pieces, mixer + "out_proj");
}

void QuantizedMamba2::add_conv(Pieces& pieces, const std::string& at) const {
    pieces.add(at + "weight", conv_weight_);
    pieces.add(at + "bias", conv_bias_);
    for (const auto& [name, section] :
         {std::pair{"x", &scales_.conv_x}, {"B", &scales_.conv_b}, {"C", &scales_.conv_c}}) {
        const auto add = [&pieces, &at, name = name](const char* what, float scale) {
            pieces.add_f64(at + what + name + "_scale", static_cast<double>(scale));
        };
        add("", section->input_scale);
        add("w", section->weight_scale);
        add("b", section->bias_scale);
    }
    pieces.add(at + "B_out_scales", b_scales_);
    pieces.add(at + "C_out_scales", c_scales_);
}

void QuantizedMamba2::add_ssd(Pieces& pieces, const std::string& at) const {
    pieces.add(at + "dt_bias", dt_bias_);
    pieces.add(at + "A_log", a_log_.codes);
    pieces.add(at + "D", d_.codes);
    pieces.add_f32(at + "A_log_scale", scales_.a_scale);
    pieces.add_f32(at + "D_scale", scales_.d_scale);
    pieces.add_f32(at + "dt_scale", scales_.dt_scale);
}

}  // namespace mambasic::traces::synth
