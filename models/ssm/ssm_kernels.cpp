// Compiled once per instruction set: plain types and always-inlined functions only, so that no
// wide copy of a shared function can be linked into a narrow CPU's path.
#include "models/ssm/ssm_kernels.h"

#include "models/common/saturate.h"

namespace mambasic::models {
namespace MAMBASIC_WIDTH {

namespace {

constexpr std::int64_t kE = kSsmBlock;

struct Planes {
    float* a;      // [state][channel], A = -exp(...)
    float* h;      // [state][channel], the FP32 state
    float* terms;  // [state, padded to the tree][channel]
    float* u;      // rows from here on
    float* dt;
    float* du;  // prefill: dt * u
    float* d;
    float* bias;
    float* out;
    std::int8_t* codes;  // [state][channel], decode: the int8 state
};

Planes carve(const SsmBlock& s) {
    Planes p{};
    const std::int64_t plane = s.states * kE;
    const std::int64_t padded =
        s.tree_width == 0 ? 0 : (s.states + s.tree_width - 1) / s.tree_width * s.tree_width;
    p.a = s.scratch;
    p.h = p.a + plane;
    p.terms = p.h + plane;
    p.u = p.terms + padded * kE;
    p.dt = p.u + kE;
    p.du = p.dt + kE;
    p.d = p.du + kE;
    p.bias = p.d + kE;
    p.out = p.bias + kE;
    p.codes = reinterpret_cast<std::int8_t*>(p.out + kE);
    const std::int64_t floats = ssm_scratch_floats(s.states, s.tree_width);
    for (std::int64_t i = 0; i < floats; ++i) s.scratch[i] = 0.0F;  // also the padding lanes
    return p;
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
    const std::int8_t* __restrict u = s.u.data + t * s.u.stride;
    const std::int8_t* __restrict dt = s.dt.data + t * s.dt.stride;
    const float u_scale = s.u.scale;
    const float dt_scale = s.dt.scale;
    const float* __restrict bias = p.bias;
    float* __restrict u_row = p.u;
    float* __restrict dt_row = p.dt;
    for (std::int64_t e = 0; e < s.channels; ++e) {
        u_row[e] = u_scale * static_cast<float>(u[e]);
        dt_row[e] = arith::fma(dt_scale, static_cast<float>(dt[e]), bias[e]);
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

template <UnitForm kExp, bool kTree>
void prefill_state(const UnitView& exp, const Planes& p, std::int64_t n, float b, float c) {
    const float* __restrict a = p.a + n * kE;
    const float* __restrict dt = p.dt;
    const float* __restrict du = p.du;
    float* __restrict h = p.h + n * kE;
    float* __restrict out = kTree ? p.terms + n * kE : p.out;
    for (std::int64_t e = 0; e < kE; ++e) {
        const float decay = unit::exp<kExp>(exp, a[e] * dt[e]);
        h[e] = arith::fma(decay, h[e], du[e] * b);
        out[e] = kTree ? h[e] * c : arith::fma(h[e], c, out[e]);
    }
}

template <UnitForm kExp, bool kTree>
void prefill_states(const SsmBlock& s, const Planes& p, std::int64_t t) {
    const std::int8_t* b = s.b.data + t * s.b.stride;
    const std::int8_t* c = s.c.data + t * s.c.stride;
    for (std::int64_t n = 0; n < s.states; ++n) {
        prefill_state<kExp, kTree>(s.exp, p, n, s.b.scale * static_cast<float>(b[n]),
                                   s.c.scale * static_cast<float>(c[n]));
    }
    if (!kTree) return;
    tree_sum(s, p.terms);
    for (std::int64_t e = 0; e < kE; ++e) p.out[e] = p.terms[e] + p.out[e];
}

// h((out * z) / (1 + e^-z)); an approximate unit gives z / (1 + e^-z) and multiplies.
template <UnitForm kSilu>
void prefill_gate(const SsmBlock& s, const Planes& p, std::int64_t t) {
    const std::int8_t* __restrict z = s.z.data + t * s.z.stride;
    const float* __restrict out = p.out;
    arith::Half* __restrict y = s.y + t * s.y_stride;
    const float z_scale = s.z.scale;
    for (std::int64_t e = 0; e < s.channels; ++e) {
        const float zf = z_scale * static_cast<float>(z[e]);
        if (kSilu == UnitForm::Exact) {
            y[e] = arith::to_half((out[e] * zf) / (1.0F + arith::exp(-zf)));
        } else {
            y[e] = arith::to_half(out[e] * unit::silu<kSilu>(s.silu, zf));
        }
    }
}

void prefill_gate_any(const SsmBlock& s, const Planes& p, std::int64_t t) {
    if (s.silu.form == UnitForm::Exact) prefill_gate<UnitForm::Exact>(s, p, t);
    if (s.silu.form == UnitForm::Linear) prefill_gate<UnitForm::Linear>(s, p, t);
    if (s.silu.form == UnitForm::Quintic) prefill_gate<UnitForm::Quintic>(s, p, t);
}

template <UnitForm kExp>
void prefill_token(const SsmBlock& s, const Planes& p, std::int64_t t) {
    load_token(s, p, t);
    softplus_any(s, p.dt);
    for (std::int64_t e = 0; e < kE; ++e) {
        p.du[e] = p.dt[e] * p.u[e];
        p.out[e] = p.d[e] * p.u[e];
    }
    if (s.tree_width == 0) {
        prefill_states<kExp, false>(s, p, t);
    } else {
        prefill_states<kExp, true>(s, p, t);
    }
    prefill_gate_any(s, p, t);
}

void load_carry(const SsmBlock& s, const Planes& p) {
    for (std::int64_t e = 0; e < s.channels; ++e) {
        for (std::int64_t n = 0; n < s.states; ++n) p.h[n * kE + e] = s.carry[e * s.states + n];
    }
}

void store_carry(const SsmBlock& s, const Planes& p) {
    for (std::int64_t e = 0; e < s.channels; ++e) {
        for (std::int64_t n = 0; n < s.states; ++n) s.carry[e * s.states + n] = p.h[n * kE + e];
    }
}

std::uint64_t quantize_carry(const SsmBlock& s) {
    std::uint64_t saturated = 0;
    const float* __restrict carry = s.carry;
    std::int8_t* __restrict state = s.state;
    const float scale = s.state_scale;
    const std::int64_t count = s.channels * s.states;
    for (std::int64_t i = 0; i < count; ++i) {
        const float v = carry[i] / scale;
        state[i] = arith::quantize_rha(v);
        saturated += saturated_rha(v);
    }
    return saturated;
}

std::uint64_t prefill(const SsmBlock& s) {
    const Planes p = carve(s);
    load_weights_any(s, p);
    load_carry(s, p);
    for (std::int64_t t = 0; t < s.tokens; ++t) {
        if (s.exp.form == UnitForm::Exact) prefill_token<UnitForm::Exact>(s, p, t);
        if (s.exp.form == UnitForm::Linear) prefill_token<UnitForm::Linear>(s, p, t);
        if (s.exp.form == UnitForm::Quintic) prefill_token<UnitForm::Quintic>(s, p, t);
    }
    store_carry(s, p);
    return s.quantize_state ? quantize_carry(s) : 0;
}

template <UnitForm kExp, bool kTree>
void decode_state(const SsmBlock& s, const Planes& p, std::int64_t n, float b, float c) {
    const float* __restrict a = p.a + n * kE;
    const float* __restrict dt = p.dt;
    const float* __restrict x = p.u;
    float* __restrict h = p.h + n * kE;
    const std::int8_t* __restrict codes = p.codes + n * kE;
    float* __restrict out = kTree ? p.terms + n * kE : p.out;
    const float scale = s.state_scale;
    const UnitView exp = s.exp;
    for (std::int64_t e = 0; e < kE; ++e) {
        const float before = scale * static_cast<float>(codes[e]);
        const float decay = unit::exp<kExp>(exp, a[e] * dt[e]);
        h[e] = arith::fma(before, decay, (b * dt[e]) * x[e]);
        out[e] = kTree ? h[e] * c : arith::fma(h[e], c, out[e]);
    }
}

std::uint32_t quantize_states(const SsmBlock& s, const Planes& p) {
    const float* __restrict h = p.h;
    std::int8_t* __restrict codes = p.codes;
    const float scale = s.state_scale;
    const std::int64_t count = s.states * kE;
    std::uint32_t saturated = 0;
    for (std::int64_t i = 0; i < count; ++i) {
        const float v = h[i] / scale;
        codes[i] = arith::quantize_rhe(v);
        saturated += saturated_rhe(v);  // padding lanes hold 0
    }
    return saturated;
}

template <UnitForm kExp, bool kTree>
void decode_states(const SsmBlock& s, const Planes& p, std::int64_t t) {
    const std::int8_t* b = s.b.data + t * s.b.stride;
    const std::int8_t* c = s.c.data + t * s.c.stride;
    for (std::int64_t n = 0; n < s.states; ++n) {
        decode_state<kExp, kTree>(s, p, n, s.b.scale * static_cast<float>(b[n]),
                                  s.c.scale * static_cast<float>(c[n]));
    }
    if (kTree) tree_sum(s, p.terms);
    const float* sum = kTree ? p.terms : p.out;
    for (std::int64_t e = 0; e < kE; ++e) p.out[e] = arith::fma(p.u[e], p.d[e], sum[e]);
}

// h(out * (z * sigmoid(z)))
template <UnitForm kSilu>
void decode_gate(const SsmBlock& s, const Planes& p, std::int64_t t) {
    const std::int8_t* __restrict z = s.z.data + t * s.z.stride;
    const float* __restrict out = p.out;
    arith::Half* __restrict y = s.y + t * s.y_stride;
    const float z_scale = s.z.scale;
    for (std::int64_t e = 0; e < s.channels; ++e) {
        const float zf = z_scale * static_cast<float>(z[e]);
        const float gate =
            kSilu == UnitForm::Exact ? zf * arith::sigmoid(zf) : unit::silu<kSilu>(s.silu, zf);
        y[e] = arith::to_half(out[e] * gate);
    }
}

void decode_gate_any(const SsmBlock& s, const Planes& p, std::int64_t t) {
    if (s.silu.form == UnitForm::Exact) decode_gate<UnitForm::Exact>(s, p, t);
    if (s.silu.form == UnitForm::Linear) decode_gate<UnitForm::Linear>(s, p, t);
    if (s.silu.form == UnitForm::Quintic) decode_gate<UnitForm::Quintic>(s, p, t);
}

template <UnitForm kExp>
std::uint64_t decode_token(const SsmBlock& s, const Planes& p, std::int64_t t) {
    load_token(s, p, t);
    softplus_any(s, p.dt);
    for (std::int64_t e = 0; e < kE; ++e) p.out[e] = 0.0F;
    if (s.tree_width == 0) {
        decode_states<kExp, false>(s, p, t);
    } else {
        decode_states<kExp, true>(s, p, t);
    }
    decode_gate_any(s, p, t);
    return quantize_states(s, p);
}

std::uint64_t decode(const SsmBlock& s) {
    const Planes p = carve(s);
    load_weights_any(s, p);
    for (std::int64_t e = 0; e < s.channels; ++e) {
        for (std::int64_t n = 0; n < s.states; ++n) p.codes[n * kE + e] = s.state[e * s.states + n];
    }
    std::uint64_t saturated = 0;
    for (std::int64_t t = 0; t < s.tokens; ++t) {
        if (s.exp.form == UnitForm::Exact) saturated += decode_token<UnitForm::Exact>(s, p, t);
        if (s.exp.form == UnitForm::Linear) saturated += decode_token<UnitForm::Linear>(s, p, t);
        if (s.exp.form == UnitForm::Quintic) saturated += decode_token<UnitForm::Quintic>(s, p, t);
    }
    for (std::int64_t e = 0; e < s.channels; ++e) {
        for (std::int64_t n = 0; n < s.states; ++n) s.state[e * s.states + n] = p.codes[n * kE + e];
    }
    if (s.carry != nullptr) store_carry(s, p);
    return saturated;
}

}  // namespace

extern const SsmKernels kSsmKernels;
const SsmKernels kSsmKernels = {prefill, decode};

}  // namespace MAMBASIC_WIDTH
}  // namespace mambasic::models
