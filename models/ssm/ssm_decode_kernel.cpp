// Compiled once per instruction set: plain types and always-inlined functions only, so that no
// wide copy of a shared function can be linked into a narrow CPU's path.
#include "models/common/saturate.h"
#include "models/ssm/ssm_planes.h"

namespace mambasic::models::MAMBASIC_WIDTH {

namespace {

template <UnitForm kExp, bool kTree>
void decode_state(const SsmBlock& s, const Planes& p, std::int64_t n, float b, float c) {
    const float* __restrict a = p.a + n * kE;
    const float* __restrict dt = p.dt;
    const float* __restrict x = p.u;
    float* __restrict h = p.h + n * kE;
    const std::int8_t* __restrict codes = p.codes + n * kE;
    float* __restrict out = kTree ? p.terms + n * kE : p.out;
    const float* __restrict scale = p.scale + n * kE;
    const UnitView exp = s.exp;
    for (std::int64_t e = 0; e < kE; ++e) {
        const float before = scale[e] * static_cast<float>(codes[e]);
        const float decay = unit::exp<kExp>(exp, a[e] * dt[e]);
        h[e] = arith::fma(before, decay, (b * dt[e]) * x[e]);
        out[e] = kTree ? h[e] * c : arith::fma(h[e], c, out[e]);
    }
}

std::uint32_t quantize_states(const SsmBlock& s, const Planes& p) {
    const float* __restrict h = p.h;
    std::int8_t* __restrict codes = p.codes;
    const float* __restrict scale = p.scale;
    const std::int64_t count = s.states * kE;
    std::uint32_t saturated = 0;
    for (std::int64_t i = 0; i < count; ++i) {
        const float v = h[i] / scale[i];
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
    load_scales(s, p);
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
    store_codes(s, p);
    if (s.carry != nullptr) store_carry(s, p);
    return saturated;
}

}  // namespace

extern const SsmKernel kSsmDecode;
const SsmKernel kSsmDecode = {decode};

}  // namespace mambasic::models::MAMBASIC_WIDTH
