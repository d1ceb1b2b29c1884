#include "tests/golden/random_layer.h"

#include <cmath>

namespace mambasic::golden {
namespace {

std::uint32_t round_up_to_16(std::uint32_t n) { return (n + 15) / 16 * 16; }

/// Codes of +-40 or so; a, b and alpha bring the output's deviation to `target` (int8 codes, or
/// units for an FP16 output) when the input's is `input_deviation`.
traces::Linear random_linear(std::mt19937& rng, std::vector<std::int8_t>& weight, std::uint32_t n,
                             std::uint32_t k, float input_deviation, float target) {
    traces::Linear linear;
    linear.n = n;
    linear.n_padded = round_up_to_16(n);
    linear.k = k;
    weight = random_codes(rng, std::size_t{n} * k, -64, 64);
    weight.resize(std::size_t{linear.n_padded} * k, 0);
    linear.weight = weight.data();
    const float deviation = 37.0F * input_deviation * std::sqrt(static_cast<float>(k));
    linear.b = 0.00131F;
    linear.a = target / deviation / linear.b;
    linear.alpha = linear.a * linear.b * 1.0001F;  // upstream's alpha is not exactly a * b
    return linear;
}

}  // namespace

traces::Dims tiny_dims() {
    traces::Dims dims;
    dims.d_model = 48;
    dims.d_inner = 96;
    dims.d_state = 16;
    dims.d_conv = 4;
    dims.dt_rank = 16;
    dims.n_layer = 2;
    dims.vocab = 100;
    return dims;
}

traces::Dims mamba_130m_dims() {
    traces::Dims dims;
    dims.d_model = 768;
    dims.d_inner = 1536;
    dims.d_state = 16;
    dims.d_conv = 4;
    dims.dt_rank = 48;
    dims.n_layer = 24;
    dims.vocab = 50280;
    return dims;
}

std::vector<std::int8_t> random_codes(std::mt19937& rng, std::size_t count, int low, int high) {
    std::uniform_int_distribution<int> code(low, high);
    std::vector<std::int8_t> codes(count);
    for (auto& c : codes) {
        c = static_cast<std::int8_t>(code(rng));
    }
    return codes;
}

std::vector<float> random_floats(std::mt19937& rng, std::size_t count, float deviation) {
    std::normal_distribution<float> value(0.0F, deviation);
    std::vector<float> values(count);
    for (auto& v : values) {
        v = value(rng);
    }
    return values;
}

std::vector<arith::Half> random_halves(std::mt19937& rng, std::size_t count, float deviation) {
    std::vector<arith::Half> halves;
    for (const float v : random_floats(rng, count, deviation)) {
        halves.push_back(arith::to_half(v));
    }
    return halves;
}

RandomLayer::RandomLayer(const traces::Dims& d_, std::uint32_t seed) : dims(d_) {
    std::mt19937 rng(seed);
    const std::uint32_t e = dims.d_inner;
    for (std::uint32_t i = 0; i < dims.d_model; ++i) {
        norm_weight.push_back(arith::to_half(1.0F + 0.05F * std::sin(static_cast<float>(i))));
    }
    view.norm_weight = norm_weight.data();
    view.norm_output_scale = 0.0301F;
    view.in_proj = random_linear(rng, in_proj, 2 * e, dims.d_model, 33.0F, 45.0F);
    conv_weight = random_codes(rng, std::size_t{e} * 4);
    conv_bias = random_codes(rng, e);
    view.conv_weight = conv_weight.data();
    view.conv_bias = conv_bias.data();
    view.conv_weight_scale = 0.0041F;
    view.conv_bias_scale = 0.0023F;
    view.conv_input_scale = 0.0317F;
    view.conv_output_scale = 0.0171F;
    view.x_proj = random_linear(rng, x_proj, dims.x_proj_width(), e, 40.0F, 40.0F);
    view.dt_proj = random_linear(rng, dt_proj, e, dims.dt_rank, 40.0F, 40.0F);
    dt_bias = random_codes(rng, e, -127, -20);
    a_log = random_codes(rng, std::size_t{e} * dims.d_state, 0, 127);
    d = random_codes(rng, e);
    view.dt_bias = dt_bias.data();
    view.a_log = a_log.data();
    view.d = d.data();
    view.dt_bias_scale = 0.0371F;
    view.a_scale = 0.0219F;
    view.d_scale = 0.0123F;
    view.u_scale = 0.0163F;
    view.dt_scale = 0.0207F;
    view.b_scale = 0.0193F;
    view.c_scale = 0.0177F;  // one scale in real models; apart here, so that a swap shows
    view.z_scale = 0.0291F;
    view.ssm_state_scale = 0.0029F;
    view.had_scale = 0.0091;
    view.out_proj = random_linear(rng, out_proj, dims.d_model, e, 40.0F, 0.7F);
}

GroupedLayer::GroupedLayer(const traces::Dims& d_, const traces::GroupShape& shape,
                           std::uint32_t seed)
    : RandomLayer(d_, seed) {
    std::mt19937 rng(seed);
    groups = RandomGroups(rng, dims, shape, dims.d_state);
    view.groups = groups.table;
    view.conv_output_scale = view.u_scale = view.ssm_state_scale = 0;
}

}  // namespace mambasic::golden
