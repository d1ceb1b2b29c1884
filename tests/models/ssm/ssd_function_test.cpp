// The SSD recurrence against a scalar derivation from its formulas.
#include "models/ssm/ssd_function.h"

#include <gtest/gtest.h>

#include "tests/models/ssm/ssd_problem.h"

namespace mambasic::models {
namespace {

using arith::Half;
using test::SsdCase;
using test::SsdProblem;

SsmConfig config_of(std::uint32_t tree) {
    SsmConfig config;
    config.ssd_sum.tree_width = tree;
    return config;
}

/// One row (channel e) of one sequence.
class ScalarRow {
public:
    ScalarRow(const SsdTile& tile, std::uint32_t tree, std::uint64_t sequence, std::uint64_t row)
        : t_(tile),
          tree_(tree),
          s_(sequence),
          e_(row),
          head_(row / tile.shape.head_dim),
          group_((tile.shape.first_head + head_) / tile.shape.heads_per_group) {}

    /// Returns the saturated codes.
    std::uint64_t run() {
        const std::uint64_t states = t_.shape.states;
        std::vector<float> h(states);
        const std::uint64_t at = s_ * t_.state_sequence_stride + e_ * states;
        std::uint64_t saturated = 0;
        for (std::uint64_t n = 0; n < states; ++n) h[n] = t_.decode ? 0.0F : t_.carry[at + n];
        for (std::uint64_t i = 0; i < t_.shape.tokens; ++i) {
            for (std::uint64_t n = 0; n < states && t_.decode; ++n) {
                h[n] = scale_of(n) * static_cast<float>(t_.state[at + n]);
            }
            step(i, h);
            for (std::uint64_t n = 0; n < states && t_.decode; ++n) {
                saturated += store(at + n, h[n] / scale_of(n));
            }
        }
        for (std::uint64_t n = 0; n < states; ++n) {
            if (t_.carry != nullptr) t_.carry[at + n] = h[n];
            if (t_.decode || !t_.last_tile) continue;
            const float rounded = arith::from_half(arith::to_half(h[n]));
            saturated += store(at + n, rounded / scale_of(n));
        }
        return saturated;
    }

private:
    float code(const SsdOperand& o, std::uint64_t token, std::uint64_t index) const {
        return static_cast<float>(o.data[s_ * o.sequence_stride + token * o.stride + index]);
    }
    float scale_of(std::uint64_t n) const {
        const std::uint64_t columns = t_.scales.state_columns;
        return t_.scales.state[t_.scales.cells[e_] * columns + (columns == 1 ? 0 : n)];
    }
    std::uint64_t store(std::uint64_t at, float v) const {
        t_.state[at] = arith::quantize_rhe(v);
        return v >= 127.5F || v < -128.5F ? 1U : 0U;
    }
    void step(std::uint64_t i, std::vector<float>& h) const {
        const SsdWeights& w = t_.weights;
        const float bias = arith::from_half(w.dt_bias[head_]);
        const float dt =
            arith::softplus(arith::fma(w.dt_scale, code(t_.dt, i, head_), bias), t_.softplus);
        const float a = -arith::exp(w.a_scale * static_cast<float>(w.a_log[head_]));
        const float decay = arith::exp(a * dt);
        const float x = t_.scales.x[e_] * code(t_.x, i, e_);
        float y = 0.0F;
        std::vector<float> terms;
        for (std::uint64_t n = 0; n < h.size(); ++n) {
            const std::uint64_t column = group_ * t_.shape.states + n;
            const float db = (t_.scales.b[group_] * code(t_.b, i, column)) * dt;
            const float c = t_.scales.c[group_] * code(t_.c, i, column);
            h[n] = arith::fma(h[n], decay, db * x);
            y = arith::fma(h[n], c, y);
            terms.push_back(h[n] * c);
        }
        if (tree_ != 0) y = test::tree_sum(terms, tree_);
        y = arith::fma(x, w.d_scale * static_cast<float>(w.d[head_]), y);
        t_.y[s_ * t_.y_sequence_stride + i * t_.y_stride + e_] = arith::to_half(y);
    }

    const SsdTile& t_;
    const std::uint32_t tree_;
    const std::uint64_t s_, e_, head_, group_;
};

std::uint64_t scalar(const SsdTile& tile, std::uint32_t tree) {
    std::uint64_t saturated = 0;
    for (std::uint64_t s = 0; s < tile.shape.sequences; ++s) {
        for (std::uint64_t e = 0; e < tile.shape.channels(); ++e) {
            saturated += ScalarRow(tile, tree, s, e).run();
        }
    }
    return saturated;
}

void compare(const SsdCase& shape, bool decode, std::uint32_t seed) {
    SsdProblem want(shape, seed);
    const std::uint64_t saturated = scalar(want.tile(decode, true), shape.tree);
    for (const Isa isa : test::available_isas()) {
        const test::IsaScope scope(isa);
        SsdProblem got(shape, seed);
        const Counts counts = ssd_compute(config_of(shape.tree), {}, got.tile(decode, true));
        EXPECT_EQ(got.y, want.y) << name_of(isa);
        EXPECT_EQ(got.state, want.state) << name_of(isa);
        EXPECT_EQ(test::bits_of(got.carry), test::bits_of(want.carry)) << name_of(isa);
        EXPECT_EQ(counts[Event::Saturated], saturated) << name_of(isa);
    }
    if (shape.head_dim >= 31 && shape.states >= 16) {
        EXPECT_GT(saturated, 0U) << "the data must reach the quantizer's ends";
    }
}

TEST(SsdFunction, PrefillIsTheSpecOverAwkwardShapes) {
    compare({1, 1, 1, 1, 1}, false, 1);
    compare({1, 20, 2, 64, 128}, false, 2);
    compare({2, 7, 4, 33, 48, 2}, false, 3);
    compare({1, 5, 8, 31, 128, 8}, false, 4);
    compare({1, 4, 3, 96, 21}, false, 5);
    compare({1, 9, 2, 64, 64, 1, 16, 1}, false, 6);
    compare({1, 4, 2, 40, 32, 1, 16, 0, arith::Softplus::LogExpPlus1}, false, 7);
}

TEST(SsdFunction, DecodeIsTheSpecOverAwkwardShapes) {
    compare({1, 1, 1, 1, 1}, true, 8);
    compare({1, 1, 24, 64, 128}, true, 9);
    compare({3, 1, 4, 33, 48, 2}, true, 10);
    compare({2, 5, 8, 31, 128, 8}, true, 11);
    compare({1, 2, 3, 96, 21}, true, 12);
    compare({1, 3, 2, 64, 64, 1, 16, 1}, true, 13);
    compare({1, 1, 2, 40, 32, 1, 16, 0, arith::Softplus::LogExpPlus1}, true, 14);
}

TEST(SsdFunction, SumsInTheStatedOrder) {
    for (const bool decode : {false, true}) {
        for (const std::uint32_t tree : {0U, 2U, 4U, 8U, 16U, 32U, 128U, 256U}) {
            compare({1, 9, 2, 35, 128, 1, tree}, decode, 15);
        }
        compare({1, 9, 2, 35, 37, 1, 8}, decode, 16);
        compare({1, 9, 2, 35, 37, 1, 0}, decode, 17);
    }
    SsdProblem tree({1, 20, 2, 64, 128}, 18);
    SsdProblem sequential({1, 20, 2, 64, 128}, 18);
    ssd_compute(config_of(16), {}, tree.tile(false, true));
    ssd_compute(config_of(0), {}, sequential.tile(false, true));
    EXPECT_NE(tree.y, sequential.y);
    EXPECT_EQ(tree.state, sequential.state);
}

TEST(SsdFunction, LastBitsShowInManyOutputs) {
    compare({1, 300, 2, 64, 16}, false, 19);
    compare({1, 300, 2, 64, 16}, true, 20);
}

TEST(SsdFunction, SplittingTheTokensChangesNothing) {
    const SsdCase shape{2, 21, 4, 40, 32, 2};
    for (const bool decode : {false, true}) {
        SsdProblem whole(shape, 21);
        SsdProblem split(shape, 21);
        ssd_compute(config_of(16), {}, whole.tile(decode, true));
        for (const auto& [first, count] : {std::pair{0, 1}, {1, 13}, {14, 7}}) {
            SsdTile t = split.tile(decode, first + count == 21);
            t.shape.tokens = static_cast<std::uint64_t>(count);
            for (SsdOperand* o : {&t.x, &t.dt, &t.b, &t.c}) {
                o->data += static_cast<std::uint64_t>(first) * o->stride;
            }
            t.y += static_cast<std::uint64_t>(first) * t.y_stride;
            ssd_compute(config_of(16), {}, t);
        }
        EXPECT_EQ(whole.y, split.y);
        EXPECT_EQ(whole.state, split.state);
        EXPECT_EQ(test::bits_of(whole.carry), test::bits_of(split.carry));
    }
}

TEST(SsdFunction, SplittingTheHeadsChangesNothing) {
    const SsdCase shape{2, 3, 6, 20, 32, 2};  // the second tile begins inside the first SSD group
    for (const bool decode : {false, true}) {
        SsdProblem whole(shape, 22);
        SsdProblem split(shape, 22);
        ssd_compute(config_of(16), {}, whole.tile(decode, true));
        for (const auto& [first, count] : {std::pair<std::uint64_t, std::uint64_t>{0, 2}, {2, 4}}) {
            SsdTile t = split.tile(decode, true);
            const std::uint64_t channel = first * shape.head_dim;
            t.shape.first_head = first;
            t.shape.heads = count;
            t.x.data += channel;
            t.dt.data += first;
            t.weights.a_log += first;
            t.weights.d += first;
            t.weights.dt_bias += first;
            t.scales.x += channel;
            t.scales.cells += channel;
            t.carry += channel * shape.states;
            t.state += channel * shape.states;
            t.y += channel;
            ssd_compute(config_of(16), {}, t);
        }
        EXPECT_EQ(whole.y, split.y);
        EXPECT_EQ(whole.state, split.state);
    }
}

TEST(SsdFunction, StateIsLeftAloneBeforeTheLastTileAndDecodeNeedsNoCarry) {
    SsdProblem p({1, 3, 2, 20, 16}, 23);
    const std::vector<std::int8_t> before = p.state;
    ssd_compute(config_of(16), {}, p.tile(false, false));
    EXPECT_EQ(p.state, before);
    SsdProblem with({1, 3, 2, 20, 16}, 24);
    SsdProblem without({1, 3, 2, 20, 16}, 24);
    ssd_compute(config_of(16), {}, with.tile(true, false));
    SsdTile t = without.tile(true, false);
    t.carry = nullptr;
    ssd_compute(config_of(16), {}, t);
    EXPECT_EQ(with.y, without.y);
    EXPECT_EQ(with.state, without.state);
}

// One head, one row, states that decay by exp(0): dt = softplus(-inf) = 0, so nothing moves.
TEST(SsdFunction, PrefillQuantizesTheStateThroughFp16) {
    const std::int8_t zero = 0;
    const Half minus_infinity = 0xFC00;
    const float scale = 1.0F;
    const std::uint32_t cell = 0;
    Half y = 0;
    // To FP16: 0.50012207 -> 0.5 (then to even 0), 2.499 stays below 2.5, 1e6 -> inf.
    std::vector<float> carry = {0.50012207F, 1.5F, 2.5F, 2.499F, 1e6F, -0.50012207F};
    std::vector<std::int8_t> state(6, 9);
    const std::vector<std::int8_t> codes(6, 1);
    SsdTile t;
    t.shape = {1, 1, 1, 1, 6};
    t.x = {codes.data(), 1, 0};
    t.dt = t.x;
    t.b = {codes.data(), 6, 0};
    t.c = t.b;
    t.weights = {&zero, &zero, &minus_infinity, 1.0F, 1.0F, 1.0F};
    t.scales = {&scale, &scale, &scale, &scale, &cell, 1};
    t.last_tile = true;
    t.carry = carry.data();
    t.state = state.data();
    t.y = &y;
    for (const Isa isa : test::available_isas()) {
        const test::IsaScope scope(isa);
        const Counts counts = ssd_compute(config_of(2), {}, t);
        EXPECT_EQ(state, (std::vector<std::int8_t>{0, 2, 2, 2, 127, 0})) << name_of(isa);
        EXPECT_EQ(counts[Event::Saturated], 1U);
        EXPECT_EQ(carry[0], 0.50012207F) << "the carry itself stays FP32";
    }
}

TEST(SsdFunction, ApproximateUnitsChangeTheBitsAlikeInEveryWidth) {
    NonlinearConfig units;
    units.exp = {UnitKind::Table, 64, 3, 4};
    units.softplus = {UnitKind::Polynomial, 64, 3, 4};
    SsdProblem exact({1, 9, 2, 64, 32}, 25);
    ssd_compute(config_of(16), {}, exact.tile(false, true));
    std::vector<Half> first;
    for (const Isa isa : test::available_isas()) {
        const test::IsaScope scope(isa);
        SsdProblem p({1, 9, 2, 64, 32}, 25);
        ssd_compute(config_of(16), units, p.tile(false, true));
        EXPECT_NE(p.y, exact.y);
        if (first.empty()) first = p.y;
        EXPECT_EQ(p.y, first) << name_of(isa);
    }
}

TEST(SsdFunction, CountsAreTheHandCount) {
    // 2 sequences, 3 tokens, 4 heads of 5 rows in 2 SSD groups, 8 states: 6 rows, 24 steps, 120
    // outputs, 960 updates, 320 states.
    SsdShape shape{2, 3, 4, 5, 8, 2};
    const Counts prefill = ssd_count(config_of(4), shape, false, true);
    EXPECT_EQ(prefill[Event::Fp32Mul], 24U * (1 + 8) + 960 + 960);
    EXPECT_EQ(prefill[Event::CodeMulBit], 8U * (2 * 4 + 6 * 2 * 2 * 8 + 120));
    EXPECT_EQ(prefill[Event::Fp32Fma], 24U + 120 + 960);
    EXPECT_EQ(prefill[Event::Fp32Add], 120U * 7);
    EXPECT_EQ(prefill[Event::Exp], 4U + 24) << "for heads, not for elements";
    EXPECT_EQ(prefill[Event::Softplus], 24U);
    EXPECT_EQ(prefill[Event::Silu], 0U);
    EXPECT_EQ(prefill[Event::HalfConvert], 4U + 120 + 320);
    EXPECT_EQ(prefill[Event::Fp32Div], 320U);
    EXPECT_EQ(prefill[Event::QuantizeInt8], 320U);
    EXPECT_EQ(ssd_count(config_of(4), shape, false, false)[Event::QuantizeInt8], 0U);
    const Counts decode = ssd_count(config_of(4), shape, true, true);
    EXPECT_EQ(decode[Event::Fp32Mul], prefill[Event::Fp32Mul]);
    EXPECT_EQ(decode[Event::CodeMulBit], prefill[Event::CodeMulBit] + 8 * 960) << "states";
    EXPECT_EQ(decode[Event::QuantizeInt8], 960U);
    EXPECT_EQ(decode[Event::HalfConvert], 4U + 120);
    const Counts in_order = ssd_count(config_of(0), shape, false, true);
    EXPECT_EQ(in_order[Event::Fp32Mul], prefill[Event::Fp32Mul] - 960);
    EXPECT_EQ(in_order[Event::Fp32Fma], prefill[Event::Fp32Fma] + 960);
    EXPECT_EQ(in_order[Event::Fp32Add], 0U);
    shape.states = 9;  // a second tree of 4, and a third with one term: its adders work on zeros
    EXPECT_EQ(ssd_count(config_of(4), shape, false, true)[Event::Fp32Add], 120U * 11);
    shape.heads = 2;
    shape.first_head = 1;  // heads 1 and 2: one of each SSD group
    EXPECT_EQ(shape.groups(), 2U);
}

TEST(SsdFunction, ComputeReturnsTheCountsOfItsShape) {
    SsdProblem p({1, 3, 2, 20, 16}, 26);
    const SsdTile t = p.tile(false, true);
    Counts counts = ssd_compute(config_of(16), {}, t);
    counts[Event::Saturated] = 0;
    EXPECT_TRUE(counts == ssd_count(config_of(16), t.shape, false, true));
}

}  // namespace
}  // namespace mambasic::models
