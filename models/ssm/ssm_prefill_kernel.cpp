// Compiled once per instruction set: plain types and always-inlined functions only, so that no
// wide copy of a shared function can be linked into a narrow CPU's path.
#include "models/common/saturate.h"
#include "models/ssm/ssm_planes.h"

namespace mambasic::models::MAMBASIC_WIDTH {

namespace {

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

std::uint64_t quantize_carry(const SsmBlock& s, const Planes& p) {
    const float* __restrict h = p.h;
    const float* __restrict scale = p.scale;
    std::int8_t* __restrict codes = p.codes;
    const std::int64_t count = s.states * kE;
    std::uint32_t saturated = 0;
    for (std::int64_t i = 0; i < count; ++i) {
        const float v = h[i] / scale[i];
        codes[i] = arith::quantize_rha(v);
        saturated += saturated_rha(v);  // padding lanes hold 0
    }
    store_codes(s, p);
    return saturated;
}

std::uint64_t prefill(const SsmBlock& s) {
    const Planes p = carve(s);
    load_scales(s, p);
    load_weights_any(s, p);
    load_carry(s, p);
    for (std::int64_t t = 0; t < s.tokens; ++t) {
        if (s.exp.form == UnitForm::Exact) prefill_token<UnitForm::Exact>(s, p, t);
        if (s.exp.form == UnitForm::Linear) prefill_token<UnitForm::Linear>(s, p, t);
        if (s.exp.form == UnitForm::Quintic) prefill_token<UnitForm::Quintic>(s, p, t);
    }
    store_carry(s, p);
    return s.quantize_state ? quantize_carry(s, p) : 0;
}

}  // namespace

extern const SsmKernel kSsmPrefill;
const SsmKernel kSsmPrefill = {prefill};

}  // namespace mambasic::models::MAMBASIC_WIDTH
