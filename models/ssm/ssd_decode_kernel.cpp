// Compiled once per instruction set: plain types and always-inlined functions only, so that no
// wide copy of a shared function can be linked into a narrow CPU's path.
//
// Vectorized over the states of a row as they lie in memory: a token is too little work to
// transpose them for.
#include "models/common/saturate.h"
#include "models/ssm/ssd_rows.h"

namespace mambasic::models::MAMBASIC_WIDTH {

namespace {

void add_pairs(const float* __restrict from, float* __restrict to, std::int64_t pairs) {
    for (std::int64_t i = 0; i < pairs; ++i) to[i] = from[2 * i] + from[2 * i + 1];
}

// A binary tree over tree_width consecutive terms, block sums left to right. Overwrites the terms.
float tree_row(const SsdBlock& s, float* terms, float* other) {
    std::int64_t count = ssd_padded_states(s.states, s.tree_width);
    for (std::int64_t n = s.states; n < count; ++n) terms[n] = 0.0F;
    for (std::int64_t step = 1; step < s.tree_width; step *= 2) {
        count /= 2;
        add_pairs(terms, other, count);
        float* swap = terms;
        terms = other;
        other = swap;
    }
    float sum = terms[0];
    for (std::int64_t i = 1; i < count; ++i) sum += terms[i];
    return sum;
}

float sum_row(const SsdBlock& s, const Rows& r, const float* h) {
    float* __restrict terms = r.fold;
    const float* __restrict c = r.c;
    if (s.tree_width == 0) {
        float sum = 0.0F;
        for (std::int64_t n = 0; n < s.states; ++n) sum = arith::fma(h[n], c[n], sum);
        return sum;
    }
    for (std::int64_t n = 0; n < s.states; ++n) terms[n] = h[n] * c[n];
    return tree_row(s, r.fold, r.fold + ssd_padded_states(s.states, s.tree_width));
}

// One row's states of one token, from codes to codes; the FP32 states in h.
std::uint32_t update_row(const SsdBlock& s, const Rows& r, std::int64_t row, float decay,
                         float* __restrict h) {
    const float* __restrict scale = state_scales_of(s, r, row);
    const float* __restrict db = r.db;
    std::int8_t* __restrict codes = s.state + row * s.states;
    const float x = r.x[row];
    const std::int64_t states = s.states;
    std::uint32_t saturated = 0;
    for (std::int64_t n = 0; n < states; ++n) {
        const float before = scale[n] * static_cast<float>(codes[n]);
        h[n] = arith::fma(before, decay, db[n] * x);
        const float v = h[n] / scale[n];
        codes[n] = arith::quantize_rhe(v);
        saturated += saturated_rhe(v);
    }
    return saturated;
}

std::uint64_t decode(const SsdBlock& s) {
    const Rows r = carve(s);
    load_head(s, r);
    std::uint64_t saturated = 0;
    for (std::int64_t t = 0; t < s.tokens; ++t) {
        load_token(s, r, t);
        for (std::int64_t p = 0; p < s.rows; ++p) {
            float* h = s.carry == nullptr ? r.h : s.carry + p * s.states;
            saturated += update_row(s, r, p, r.decay[t], h);
            r.out[p] = sum_row(s, r, h);
        }
        store_token(s, r, t);
    }
    return saturated;
}

}  // namespace

extern const SsdKernel kSsdDecode;
const SsdKernel kSsdDecode = {decode};

}  // namespace mambasic::models::MAMBASIC_WIDTH
