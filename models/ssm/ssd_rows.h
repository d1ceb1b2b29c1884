// What the prefill and decode kernels of the SSD share: the working rows of a block, dt and decay
// of its head, the operands of a token. Included by those two files only; MAMBASIC_WIDTH names the
// instruction set that they are being compiled for.
#pragma once

#include "models/ssm/ssd_kernels.h"

namespace mambasic::models::MAMBASIC_WIDTH {
namespace {

constexpr std::int64_t kR = kSsdRows;

struct Rows {
    float* h;      // [state][row], prefill: the FP32 state; decode: [state] of one row
    float* terms;  // [state, padded to the tree][row], prefill
    float* x;      // [row]
    float* out;    // [row]
    float* fold;   // twice [state, padded], decode: see tree_row
    float* db;     // [state]: B dt
    float* c;      // [state]
    float* scale;  // [state]: the state scales of a row
    float* dt;     // [token]
    float* decay;  // [token]: exp(A dt)
    float d;
};

Rows carve(const SsdBlock& s) {
    const std::int64_t padded = ssd_padded_states(s.states, s.tree_width);
    Rows r{};
    r.h = s.scratch;
    r.terms = r.h + s.states * kR;
    r.x = r.terms + padded * kR;
    r.out = r.x + kR;
    r.fold = r.out + kR;
    r.db = r.fold + 2 * padded;
    r.c = r.db + s.states;
    r.scale = r.c + s.states;
    r.dt = r.scale + s.states;
    r.decay = r.dt + s.tokens;
    r.d = s.d_scale * static_cast<float>(s.d);
    return r;
}

template <UnitForm kForm, arith::Softplus kSoftplus>
void softplus_row(const UnitView& view, float* row, std::int64_t count) {
    for (std::int64_t t = 0; t < count; ++t) {
        row[t] = unit::softplus<kForm>(view, row[t], kSoftplus);
    }
}

void softplus_any(const SsdBlock& s, float* row) {
    constexpr arith::Softplus kLog1p = arith::Softplus::Log1p;
    constexpr arith::Softplus kLogExp = arith::Softplus::LogExpPlus1;
    if (s.softplus.form == UnitForm::Linear)
        return softplus_row<UnitForm::Linear, kLog1p>(s.softplus, row, s.tokens);
    if (s.softplus.form == UnitForm::Quintic)
        return softplus_row<UnitForm::Quintic, kLog1p>(s.softplus, row, s.tokens);
    if (s.softplus_form == kLog1p)
        return softplus_row<UnitForm::Exact, kLog1p>(s.softplus, row, s.tokens);
    softplus_row<UnitForm::Exact, kLogExp>(s.softplus, row, s.tokens);
}

template <UnitForm kExp>
void decay_row(const SsdBlock& s, const Rows& r) {
    const float a = -unit::exp<kExp>(s.exp, s.a_scale * static_cast<float>(s.a_log));
    const float* __restrict dt = r.dt;
    float* __restrict decay = r.decay;
    for (std::int64_t t = 0; t < s.tokens; ++t) decay[t] = unit::exp<kExp>(s.exp, a * dt[t]);
}

// dt and exp(A dt) of all tokens: one of each for the head.
void load_head(const SsdBlock& s, const Rows& r) {
    const float bias = arith::from_half(s.dt_bias);
    for (std::int64_t t = 0; t < s.tokens; ++t) {
        r.dt[t] = arith::fma(s.dt_scale, static_cast<float>(s.dt.data[t * s.dt.stride]), bias);
    }
    softplus_any(s, r.dt);
    if (s.exp.form == UnitForm::Exact) decay_row<UnitForm::Exact>(s, r);
    if (s.exp.form == UnitForm::Linear) decay_row<UnitForm::Linear>(s, r);
    if (s.exp.form == UnitForm::Quintic) decay_row<UnitForm::Quintic>(s, r);
}

void load_x(const SsdBlock& s, const Rows& r, std::int64_t t) {
    if (s.x.data == nullptr) return x_read<kR>(s.x_in, t, s.rows, r.x);
    const std::int8_t* __restrict x = s.x.data + t * s.x.stride;
    const float* __restrict x_scales = s.x_scales;
    float* __restrict x_row = r.x;
    for (std::int64_t p = 0; p < s.rows; ++p) x_row[p] = x_scales[p] * static_cast<float>(x[p]);
}

void load_values(const SsdBlock& s, const Rows& r, std::int64_t t) {
    const float* __restrict b = s.b_values.data + t * s.b_values.stride;
    const float* __restrict c = s.c_values.data + t * s.c_values.stride;
    const float dt = r.dt[t];
    for (std::int64_t n = 0; n < s.states; ++n) {
        r.db[n] = b[n] * dt;
        r.c[n] = c[n];
    }
}

void load_token(const SsdBlock& s, const Rows& r, std::int64_t t) {
    load_x(s, r, t);
    if (s.b.data == nullptr) return load_values(s, r, t);
    const std::int8_t* __restrict b = s.b.data + t * s.b.stride;
    const std::int8_t* __restrict c = s.c.data + t * s.c.stride;
    float* __restrict db_row = r.db;
    float* __restrict c_row = r.c;
    const float b_scale = s.b_scale;
    const float c_scale = s.c_scale;
    const float dt = r.dt[t];
    for (std::int64_t n = 0; n < s.states; ++n) {
        db_row[n] = (b_scale * static_cast<float>(b[n])) * dt;
        c_row[n] = c_scale * static_cast<float>(c[n]);
    }
}

// y = h(fma(x, D, sum over states))
void store_token(const SsdBlock& s, const Rows& r, std::int64_t t) {
    const float* __restrict x = r.x;
    const float* __restrict out = r.out;
    arith::Half* __restrict y = s.y + t * s.y_stride;
    const float d = r.d;
    for (std::int64_t p = 0; p < s.rows; ++p) y[p] = arith::to_half(arith::fma(x[p], d, out[p]));
}

// The state scales of a row, for every state.
const float* state_scales_of(const SsdBlock& s, const Rows& r, std::int64_t row) {
    const float* scales = s.state_scales + s.cells[row] * s.state_columns;
    if (s.state_columns == s.states) return scales;
    for (std::int64_t n = 0; n < s.states; ++n) r.scale[n] = scales[0];
    return r.scale;
}

}  // namespace
}  // namespace mambasic::models::MAMBASIC_WIDTH
