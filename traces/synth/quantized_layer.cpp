#include "traces/synth/quantized_layer.h"

#include <algorithm>

#include "traces/layout.h"

namespace mambasic::traces::synth {

namespace {

QuantizedWeight padded(const std::vector<float>& values, std::size_t k) {
    QuantizedWeight out = quantize_weight(values);
    const auto rows = static_cast<std::uint32_t>(values.size() / k);
    out.codes.resize(padded_rows(rows) * k, 0);
    return out;
}

}  // namespace

std::vector<arith::Half> to_halves(const std::vector<float>& values) {
    std::vector<arith::Half> out(values.size());
    std::transform(values.begin(), values.end(), out.begin(), arith::to_half);
    return out;
}

void set_int8_factors(Linear& linear, float weight_scale, float input_scale, float output_scale) {
    linear.a =
        static_cast<float>(static_cast<double>(input_scale) / static_cast<double>(output_scale));
    linear.b = weight_scale;
    linear.alpha = weight_scale * input_scale / output_scale;
}

void set_half_factors(Linear& linear, float weight_scale, float input_scale) {
    linear.a = input_scale;
    linear.b = weight_scale;
    linear.alpha = weight_scale * input_scale;
}

QuantizedLayer::QuantizedLayer(const Dims& dims, const FloatLayer& layer,
                               const std::vector<float>& out_proj)
    : dims_(dims),
      norm_(to_halves(layer.norm)),
      in_proj_(padded(layer.in_proj, dims.d_model)),
      conv_weight_(quantize_weight(layer.conv_weight)),
      conv_bias_(quantize_weight(layer.conv_bias)),
      x_proj_(padded(layer.x_proj, dims.d_inner)),
      dt_proj_(padded(layer.dt_proj, dims.dt_rank)),
      dt_bias_(quantize_weight(layer.dt_bias)),
      a_log_(quantize_weight(layer.a_log)),
      d_(quantize_weight(layer.d)),
      out_proj_(padded(out_proj, dims.d_inner)) {}

Linear QuantizedLayer::linear(const QuantizedWeight& weight, std::uint32_t n,
                              std::uint32_t k) const {
    Linear out;
    out.weight = weight.codes.data();
    out.n = n;
    out.n_padded = padded_rows(n);
    out.k = k;
    return out;
}

Mamba1Layer QuantizedLayer::view(const LayerObservers& observers) const {
    const float normed = observers.in_proj_input.scale();
    const float xz = observers.in_proj_output.scale();
    const float u = observers.x_proj_input.scale();
    const float dt_b_c = observers.x_proj_output.scale();
    const float dt = observers.dt_proj_output.scale();
    const float rotated = observers.out_proj_input.scale();
    Mamba1Layer out;
    out.norm_weight = norm_.data();
    out.norm_output_scale = normed;
    out.in_proj = linear(in_proj_, 2 * dims_.d_inner, dims_.d_model);
    set_int8_factors(out.in_proj, in_proj_.scale, normed, xz);
    out.conv_weight = conv_weight_.codes.data();
    out.conv_bias = conv_bias_.codes.data();
    out.conv_weight_scale = conv_weight_.scale;
    out.conv_bias_scale = conv_bias_.scale;
    out.conv_input_scale = out.z_scale = xz;
    out.conv_output_scale = out.u_scale = u;
    out.x_proj = linear(x_proj_, dims_.x_proj_width(), dims_.d_inner);
    set_int8_factors(out.x_proj, x_proj_.scale, u, dt_b_c);
    out.dt_proj = linear(dt_proj_, dims_.d_inner, dims_.dt_rank);
    set_int8_factors(out.dt_proj, dt_proj_.scale, dt_b_c, dt);
    out.dt_bias = dt_bias_.codes.data();
    out.a_log = a_log_.codes.data();
    out.d = d_.codes.data();
    out.dt_bias_scale = dt_bias_.scale;
    out.a_scale = a_log_.scale;
    out.d_scale = d_.scale;
    out.dt_scale = dt;
    out.b_scale = out.c_scale = dt_b_c;
    out.ssm_state_scale = observers.ssm_state.scale();
    out.had_scale = static_cast<double>(rotated);
    out.out_proj = linear(out_proj_, dims_.d_model, dims_.d_inner);
    set_half_factors(out.out_proj, out_proj_.scale, rotated);
    return out;
}

}  // namespace mambasic::traces::synth
