#include "tests/golden/random_mamba2.h"

#include <cmath>

namespace mambasic::golden {
namespace {

using traces::LinearKind;

/// Codes of +-40 or so; the factors bring the output's deviation to `target` when the input's is
/// 33, each column a little differently. Of `linear` n, k and kind are given.
traces::Linear random_columns(std::mt19937& rng, traces::Linear linear,
                              std::vector<std::int8_t>& weight, std::vector<float>& column,
                              float target) {
    constexpr float kInputDeviation = 33.0F;
    linear.n_padded = (linear.n + 63) / 64 * 64;
    weight = random_codes(rng, std::size_t{linear.n} * linear.k, -64, 64);
    weight.resize(std::size_t{linear.n_padded} * linear.k, 0);
    linear.weight = weight.data();
    const float deviation = 37.0F * kInputDeviation * std::sqrt(static_cast<float>(linear.k));
    linear.a = 0.0217F;
    linear.b = target / deviation / linear.a;
    linear.alpha = linear.a * linear.b * 1.0001F;
    std::uniform_real_distribution<float> spread(0.8F, 1.2F);
    for (std::uint32_t n = 0; n < linear.n_padded; ++n) {
        column.push_back(linear.b * spread(rng));
    }
    linear.column = column.data();
    return linear;
}

std::vector<arith::Half> halves_around_one(std::uint32_t count) {
    std::vector<arith::Half> halves;
    for (std::uint32_t i = 0; i < count; ++i) {
        halves.push_back(arith::to_half(1.0F + 0.05F * std::sin(static_cast<float>(i))));
    }
    return halves;
}

}  // namespace

traces::Dims tiny2_dims(std::uint32_t groups) {
    traces::Dims dims = tiny_dims();
    dims.family = traces::Family::Mamba2;
    dims.dt_rank = 0;
    dims.heads = 6;
    dims.head_dim = 16;
    dims.groups = groups;
    dims.chunk = 16;
    return dims;
}

traces::Dims mamba2_130m_dims() {
    traces::Dims dims = mamba_130m_dims();
    dims.family = traces::Family::Mamba2;
    dims.d_state = 128;
    dims.dt_rank = 0;
    dims.heads = 24;
    dims.head_dim = 64;
    dims.groups = 1;
    dims.chunk = 256;
    return dims;
}

RandomMamba2::RandomMamba2(const traces::Dims& d_, LinearKind in_proj_kind, std::uint32_t seed)
    : dims(d_) {
    std::mt19937 rng(seed);
    norm_weight = halves_around_one(dims.d_model);
    gated_norm_weight = halves_around_one(dims.d_inner);
    view.norm_weight = norm_weight.data();
    view.norm_output_scale = 0.0301F;
    view.gated_norm_weight = gated_norm_weight.data();
    view.z_scale = 0.0291F;
    view.had_scale = 0.03;
    const std::uint32_t head_groups = dims.heads / dims.groups / 2 + 1;  // sizes differ
    groups = RandomGroups(rng, dims, {dims.groups, head_groups, 3}, dims.d_state);
    view.groups = groups.table;
    make_linears(rng, in_proj_kind);
    make_conv(rng);
    make_ssd(rng);
}

void RandomMamba2::make_linears(std::mt19937& rng, LinearKind in_proj_kind) {
    traces::Linear size;
    size.n = dims.in_proj_width();
    size.k = dims.d_model;
    size.kind = in_proj_kind;
    view.in_proj = random_columns(rng, size, in_proj, in_proj_column, 45.0F);
    size.n = dims.d_model;
    size.k = dims.d_inner;
    size.kind = in_proj_kind == LinearKind::W4 ? LinearKind::W4 : LinearKind::W8;
    view.out_proj = random_columns(rng, size, out_proj, out_proj_column, 0.7F);
}

void RandomMamba2::make_conv(std::mt19937& rng) {
    conv_weight = random_codes(rng, std::size_t{dims.conv_channels()} * 4);
    conv_bias = random_codes(rng, dims.conv_channels());
    view.conv_weight = conv_weight.data();
    view.conv_bias = conv_bias.data();
    view.conv_x = {0.0317F, 0.0041F, 0.0023F};
    view.conv_b = {0.0293F, 0.0047F, 0.0031F};
    view.conv_c = {0.0341F, 0.0037F, 0.0019F};
    view.bc_scales = dims.groups;
    for (std::uint32_t g = 0; g < dims.groups; ++g) {
        b_scales.push_back(0.0173F + 0.0021F * static_cast<float>(g));
        c_scales.push_back(0.0191F - 0.0013F * static_cast<float>(g));
    }
    view.b_scales = b_scales.data();
    view.c_scales = c_scales.data();
}

void RandomMamba2::make_ssd(std::mt19937& rng) {
    a_log = random_codes(rng, dims.heads, 0, 127);
    d = random_codes(rng, dims.heads);
    for (const float v : random_floats(rng, dims.heads, 1.0F)) {
        dt_bias.push_back(arith::to_half(v - 3.0F));
    }
    view.a_log = a_log.data();
    view.d = d.data();
    view.dt_bias = dt_bias.data();
    view.a_scale = 0.0219F;
    view.d_scale = 0.0123F;
    view.dt_scale = 0.0207F;
}

}  // namespace mambasic::golden
