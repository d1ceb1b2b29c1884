// Compiled once per instruction set: plain types and always-inlined functions only, so that no
// wide copy of a shared function can be linked into a narrow CPU's path.
//
// Vectorized over the rows of a head, which are independent: then the tree over the states is made
// of whole-vector additions. The states lie [state][row] while the tile lasts.
#include "models/common/saturate.h"
#include "models/ssm/ssd_rows.h"

namespace mambasic::models::MAMBASIC_WIDTH {

namespace {

// The padding lanes of a block with fewer rows hold zeros.
void load_carry(const SsdBlock& s, const Rows& r) {
    for (std::int64_t i = 0; i < s.states * kR; ++i) r.h[i] = 0.0F;
    for (std::int64_t p = 0; p < kR; ++p) r.x[p] = 0.0F;
    for (std::int64_t p = 0; p < s.rows; ++p) {
        for (std::int64_t n = 0; n < s.states; ++n) r.h[n * kR + p] = s.carry[p * s.states + n];
    }
}

void store_carry(const SsdBlock& s, const Rows& r) {
    for (std::int64_t p = 0; p < s.rows; ++p) {
        for (std::int64_t n = 0; n < s.states; ++n) s.carry[p * s.states + n] = r.h[n * kR + p];
    }
}

void sum_in_order(const SsdBlock& s, const Rows& r, float decay) {
    const float* __restrict x = r.x;
    float* __restrict out = r.out;
    for (std::int64_t p = 0; p < kR; ++p) out[p] = 0.0F;
    for (std::int64_t n = 0; n < s.states; ++n) {
        float* __restrict h = r.h + n * kR;
        const float db = r.db[n];
        const float c = r.c[n];
        for (std::int64_t p = 0; p < kR; ++p) {
            h[p] = arith::fma(h[p], decay, db * x[p]);
            out[p] = arith::fma(h[p], c, out[p]);
        }
    }
}

// The products of two neighbouring states, and their sum: the tree's first step. A tree's last
// block may end with a state that has no neighbour.
void update_pair(const Rows& r, std::int64_t n, bool both, float decay) {
    const float* __restrict x = r.x;
    float* __restrict h0 = r.h + n * kR;
    float* __restrict sum = r.terms + n * kR;
    const float db0 = r.db[n];
    const float c0 = r.c[n];
    if (!both) {
        for (std::int64_t p = 0; p < kR; ++p) {
            h0[p] = arith::fma(h0[p], decay, db0 * x[p]);
            sum[p] = h0[p] * c0 + 0.0F;
        }
        return;
    }
    float* __restrict h1 = h0 + kR;
    const float db1 = r.db[n + 1];
    const float c1 = r.c[n + 1];
    for (std::int64_t p = 0; p < kR; ++p) {
        h0[p] = arith::fma(h0[p], decay, db0 * x[p]);
        h1[p] = arith::fma(h1[p], decay, db1 * x[p]);
        sum[p] = h0[p] * c0 + h1[p] * c1;
    }
}

void add_rows(float* __restrict left, const float* __restrict right) {
    for (std::int64_t p = 0; p < kR; ++p) left[p] += right[p];
}

// terms[base] becomes the sum of a block whose pairs are summed already.
void fold_block(const Rows& r, std::int64_t base, std::int64_t width) {
    for (std::int64_t step = 2; step < width; step *= 2) {
        for (std::int64_t i = base; i < base + width; i += 2 * step) {
            add_rows(r.terms + i * kR, r.terms + (i + step) * kR);
        }
    }
}

void sum_in_tree(const SsdBlock& s, const Rows& r, float decay) {
    const std::int64_t width = s.tree_width;
    for (std::int64_t base = 0; base < s.states; base += width) {
        for (std::int64_t n = base; n < base + width; n += 2) {
            float* terms = r.terms + n * kR;
            if (n < s.states) {
                update_pair(r, n, n + 1 < s.states, decay);
            } else {
                for (std::int64_t p = 0; p < kR; ++p) terms[p] = 0.0F;
            }
        }
        fold_block(r, base, width);
        if (base > 0) add_rows(r.terms, r.terms + base * kR);
    }
    for (std::int64_t p = 0; p < kR; ++p) r.out[p] = r.terms[p];
}

std::uint64_t quantize_carry(const SsdBlock& s, const Rows& r) {
    std::uint32_t saturated = 0;
    for (std::int64_t p = 0; p < s.rows; ++p) {
        const float* __restrict scale = state_scales_of(s, r, p);
        const float* __restrict carry = s.carry + p * s.states;
        std::int8_t* __restrict state = s.state + p * s.states;
        for (std::int64_t n = 0; n < s.states; ++n) {
            const float v = arith::from_half(arith::to_half(carry[n])) / scale[n];
            state[n] = arith::quantize_rhe(v);
            saturated += saturated_rhe(v);
        }
    }
    return saturated;
}

std::uint64_t prefill(const SsdBlock& s) {
    const Rows r = carve(s);
    load_head(s, r);
    load_carry(s, r);
    for (std::int64_t t = 0; t < s.tokens; ++t) {
        load_token(s, r, t);
        if (s.tree_width == 0) {
            sum_in_order(s, r, r.decay[t]);
        } else {
            sum_in_tree(s, r, r.decay[t]);
        }
        store_token(s, r, t);
    }
    store_carry(s, r);
    return s.quantize_state ? quantize_carry(s, r) : 0;
}

}  // namespace

extern const SsdKernel kSsdPrefill;
const SsdKernel kSsdPrefill = {prefill};

}  // namespace mambasic::models::MAMBASIC_WIDTH
