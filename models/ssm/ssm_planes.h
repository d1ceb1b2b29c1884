// What the prefill and decode kernels of the scan share: the working planes of a block, the
// operands of a token, the tree sum. Included by those two files only; MAMBASIC_WIDTH names the
// instruction set that they are being compiled for.
#pragma once

#include "models/ssm/ssm_kernels.h"

namespace mambasic::models::MAMBASIC_WIDTH {
namespace {

constexpr std::int64_t kE = kSsmBlock;

struct Planes {
    float* a;      // [state][channel], A = -exp(...)
    float* h;      // [state][channel], the FP32 state
    float* scale;  // [state][channel], of the state's codes
    float* terms;  // [state, padded to the tree][channel]
    float* u;      // rows from here on
    float* u_scale;
    float* dt;
    float* du;  // prefill: dt * u
    float* d;
    float* bias;
    float* out;
    std::int8_t* codes;  // [state][channel], the int8 state
};

Planes carve(const SsmBlock& s) {
    Planes p{};
    const std::int64_t plane = s.states * kE;
    const std::int64_t padded =
        s.tree_width == 0 ? 0 : (s.states + s.tree_width - 1) / s.tree_width * s.tree_width;
    p.a = s.scratch;
    p.h = p.a + plane;
    p.scale = p.h + plane;
    p.terms = p.scale + plane;
    p.u = p.terms + padded * kE;
    p.u_scale = p.u + kE;
    p.dt = p.u_scale + kE;
    p.du = p.dt + kE;
    p.d = p.du + kE;
    p.bias = p.d + kE;
    p.out = p.bias + kE;
    p.codes = reinterpret_cast<std::int8_t*>(p.out + kE);
    const std::int64_t floats = ssm_scratch_floats(s.states, s.tree_width);
    for (std::int64_t i = 0; i < floats; ++i) s.scratch[i] = 0.0F;  // also the padding lanes
    return p;
}

// Every scale is a plane of its own: whether there is a table then costs nothing. States are
// divided by their scales, those of the padding lanes too.
void load_scales(const SsmBlock& s, const Planes& p) {
    for (std::int64_t i = 0; i < s.states * kE; ++i) p.scale[i] = s.state_scale;
    for (std::int64_t e = 0; e < kE; ++e) p.u_scale[e] = s.u.scale;
    if (s.cells == nullptr) return;
    for (std::int64_t i = 0; i < s.states * kE; ++i) p.scale[i] = 1.0F;
    for (std::int64_t e = 0; e < s.channels; ++e) {
        const float* row = s.state_scales + s.cells[e] * s.states;
        if (s.u_scales != nullptr) p.u_scale[e] = s.u_scales[e];
        for (std::int64_t n = 0; n < s.states; ++n) p.scale[n * kE + e] = row[n];
    }
}

template <UnitForm kExp>
void load_weights(const SsmBlock& s, const Planes& p) {
    for (std::int64_t e = 0; e < s.channels; ++e) {
        p.d[e] = s.d_scale * static_cast<float>(s.d[e]);
        p.bias[e] = s.dt_bias_scale * static_cast<float>(s.dt_bias[e]);
        for (std::int64_t n = 0; n < s.states; ++n) {
            p.a[n * kE + e] = s.a_scale * static_cast<float>(s.a_log[e * s.states + n]);
        }
    }
    for (std::int64_t i = 0; i < s.states * kE; ++i) p.a[i] = -unit::exp<kExp>(s.exp, p.a[i]);
}

void load_weights_any(const SsmBlock& s, const Planes& p) {
    if (s.exp.form == UnitForm::Exact) load_weights<UnitForm::Exact>(s, p);
    if (s.exp.form == UnitForm::Linear) load_weights<UnitForm::Linear>(s, p);
    if (s.exp.form == UnitForm::Quintic) load_weights<UnitForm::Quintic>(s, p);
}

// u and the softplus argument of one token.
void load_token(const SsmBlock& s, const Planes& p, std::int64_t t) {
    const std::int8_t* __restrict dt = s.dt.data + t * s.dt.stride;
    const float dt_scale = s.dt.scale;
    const float* __restrict bias = p.bias;
    float* __restrict dt_row = p.dt;
    for (std::int64_t e = 0; e < s.channels; ++e) {
        dt_row[e] = arith::fma(dt_scale, static_cast<float>(dt[e]), bias[e]);
    }
    if (s.u.data == nullptr) return x_read<kE>(s.x, t, s.channels, p.u);
    const std::int8_t* __restrict u = s.u.data + t * s.u.stride;
    const float* __restrict u_scale = p.u_scale;
    float* __restrict u_row = p.u;
    for (std::int64_t e = 0; e < s.channels; ++e) {
        u_row[e] = u_scale[e] * static_cast<float>(u[e]);
    }
}

template <UnitForm kForm, arith::Softplus kSoftplus>
void softplus_row(const UnitView& view, float* row) {
    for (std::int64_t e = 0; e < kE; ++e) {
        row[e] = unit::softplus<kForm>(view, row[e], kSoftplus);
    }
}

void softplus_any(const SsmBlock& s, float* row) {
    constexpr arith::Softplus kLog1p = arith::Softplus::Log1p;
    constexpr arith::Softplus kLogExp = arith::Softplus::LogExpPlus1;
    if (s.softplus.form == UnitForm::Linear)
        return softplus_row<UnitForm::Linear, kLog1p>(s.softplus, row);
    if (s.softplus.form == UnitForm::Quintic)
        return softplus_row<UnitForm::Quintic, kLog1p>(s.softplus, row);
    if (s.softplus_form == kLog1p) return softplus_row<UnitForm::Exact, kLog1p>(s.softplus, row);
    softplus_row<UnitForm::Exact, kLogExp>(s.softplus, row);
}

// A binary tree over tree_width consecutive planes, block sums left to right; result in plane 0.
void tree_sum(const SsmBlock& s, float* terms) {
    const std::int64_t width = s.tree_width;
    for (std::int64_t base = 0; base < s.states; base += width) {
        for (std::int64_t step = 1; step < width; step *= 2) {
            for (std::int64_t i = base; i < base + width; i += 2 * step) {
                float* left = terms + i * kE;
                const float* right = left + step * kE;
                for (std::int64_t e = 0; e < kE; ++e) left[e] += right[e];
            }
        }
        if (base == 0) continue;
        const float* block = terms + base * kE;
        for (std::int64_t e = 0; e < kE; ++e) terms[e] += block[e];
    }
}

void store_carry(const SsmBlock& s, const Planes& p) {
    for (std::int64_t e = 0; e < s.channels; ++e) {
        for (std::int64_t n = 0; n < s.states; ++n) s.carry[e * s.states + n] = p.h[n * kE + e];
    }
}

void store_codes(const SsmBlock& s, const Planes& p) {
    for (std::int64_t e = 0; e < s.channels; ++e) {
        for (std::int64_t n = 0; n < s.states; ++n) s.state[e * s.states + n] = p.codes[n * kE + e];
    }
}

}  // namespace
}  // namespace mambasic::models::MAMBASIC_WIDTH
