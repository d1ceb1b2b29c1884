// The scan against a scalar derivation from ssm.md 1.2, 1.4 and 2.2.
#include "models/ssm/ssm_function.h"

#include <gtest/gtest.h>

#include "tests/models/function_test_support.h"

namespace mambasic::models {
namespace {

using arith::Half;
using test::Random;

struct Case {
    std::uint64_t sequences, tokens, channels, states;
    std::uint32_t tree = 0;
    arith::Softplus softplus = arith::Softplus::Log1p;
    bool cells = false;  // u and the states have a scale for each of a few cells
};

// A problem and its result; rows are padded so that strides differ from widths.
struct Problem {
    Case shape;
    std::uint64_t wide, narrow;
    std::vector<std::int8_t> u, dt, z, bc, a_log, d, dt_bias, state;
    std::vector<float> carry, u_scales, state_scales;
    std::vector<std::uint32_t> cells;
    std::vector<Half> y;

    Problem(const Case& c, std::uint32_t seed) : shape(c) {
        Random random(seed);
        wide = c.channels + 5;
        narrow = 2 * c.states + 3;
        const std::uint64_t rows = c.sequences * c.tokens;
        u = random.codes(rows * wide);
        dt = random.codes(rows * wide);
        z = random.codes(rows * wide);
        bc = random.codes(rows * narrow);
        a_log = random.codes(c.channels * c.states, 0, 127);
        d = random.codes(c.channels);
        dt_bias = random.codes(c.channels);
        state = random.codes(c.sequences * c.channels * c.states);
        carry = random.floats(c.sequences * c.channels * c.states, -1.0F, 1.0F);
        y.assign(rows * wide, Half{0x5555});
        constexpr std::uint32_t kCells = 7;
        for (std::uint64_t e = 0; e < c.channels; ++e) {
            cells.push_back(static_cast<std::uint32_t>(e * 5 / 3 % kCells));
        }
        u_scales = random.floats(c.channels, 0.01F, 0.05F);
        state_scales = random.floats(kCells * c.states, 0.002F, 0.02F);
    }

    SsmTile tile(bool decode, bool last) {
        SsmTile t;
        t.shape = {shape.sequences, shape.tokens, shape.channels, shape.states};
        t.decode = decode;
        t.last_tile = last;
        t.u = {u.data(), wide, wide * shape.tokens, 0.031F};
        t.dt = {dt.data(), wide, wide * shape.tokens, 0.05F};
        t.z = {z.data(), wide, wide * shape.tokens, 0.043F};
        t.b = {bc.data(), narrow, narrow * shape.tokens, 0.021F};
        t.c = {bc.data() + shape.states, narrow, narrow * shape.tokens, 0.021F};
        t.weights = {a_log.data(), d.data(), dt_bias.data(), 0.022F, 0.009F, 0.037F, 0.011F};
        if (shape.cells) {
            t.u.scale = t.weights.state_scale = 0.0F;  // as in a trace with a table
            t.cells = {u_scales.data(), state_scales.data(), cells.data()};
        }
        t.softplus = shape.softplus;
        t.carry = carry.data();
        t.state = state.data();
        t.y = y.data();
        t.y_stride = wide;
        t.y_sequence_stride = wide * shape.tokens;
        return t;
    }
};

float u_scale_of(const SsmTile& t, std::uint64_t e) {
    return t.cells.u == nullptr ? t.u.scale : t.cells.u[e];
}

float state_scale_of(const SsmTile& t, std::uint64_t e, std::uint64_t n) {
    if (t.cells.u == nullptr) return t.weights.state_scale;
    return t.cells.state[t.cells.cells[e] * t.shape.states + n];
}

// One channel of one sequence over the tile's tokens; returns the saturated codes.
std::uint64_t scalar_prefill(const SsmTile& t, std::uint32_t tree, std::uint64_t s,
                             std::uint64_t e) {
    const std::uint64_t states = t.shape.states;
    float* h = t.carry + (s * t.shape.channels + e) * states;
    const float d = t.weights.d_scale * t.weights.d[e];
    const float bias = t.weights.dt_bias_scale * t.weights.dt_bias[e];
    for (std::uint64_t i = 0; i < t.shape.tokens; ++i) {
        const auto at = [&](const SsmOperand& o, std::uint64_t index) {
            return static_cast<float>(o.data[s * o.sequence_stride + i * o.stride + index]);
        };
        const float u = u_scale_of(t, e) * at(t.u, e);
        const float dt = arith::softplus(arith::fma(t.dt.scale, at(t.dt, e), bias), t.softplus);
        const float du = dt * u;
        float out = d * u;
        std::vector<float> terms;
        for (std::uint64_t n = 0; n < states; ++n) {
            const float a = -arith::exp(t.weights.a_scale * t.weights.a_log[e * states + n]);
            const float b = t.b.scale * at(t.b, n);
            const float c = t.c.scale * at(t.c, n);
            h[n] = arith::fma(arith::exp(a * dt), h[n], du * b);
            if (tree == 0) out = arith::fma(h[n], c, out);
            terms.push_back(h[n] * c);
        }
        if (tree != 0) out = test::tree_sum(terms, tree) + out;
        const float z = t.z.scale * at(t.z, e);
        t.y[s * t.y_sequence_stride + i * t.y_stride + e] =
            arith::to_half((out * z) / (1.0F + arith::exp(-z)));
    }
    if (!t.last_tile) return 0;
    std::uint64_t saturated = 0;
    for (std::uint64_t n = 0; n < states; ++n) {
        const float v = h[n] / state_scale_of(t, e, n);
        t.state[(s * t.shape.channels + e) * states + n] = arith::quantize_rha(v);
        saturated += v >= 127.5F || v <= -128.5F ? 1U : 0U;
    }
    return saturated;
}

std::uint64_t scalar_decode(const SsmTile& t, std::uint32_t tree, std::uint64_t s,
                            std::uint64_t e) {
    const std::uint64_t states = t.shape.states;
    float* carry = t.carry + (s * t.shape.channels + e) * states;
    std::int8_t* codes = t.state + (s * t.shape.channels + e) * states;
    const float d = t.weights.d_scale * t.weights.d[e];
    const float bias = t.weights.dt_bias_scale * t.weights.dt_bias[e];
    std::uint64_t saturated = 0;
    for (std::uint64_t i = 0; i < t.shape.tokens; ++i) {
        const auto at = [&](const SsmOperand& o, std::uint64_t index) {
            return static_cast<float>(o.data[s * o.sequence_stride + i * o.stride + index]);
        };
        const float x = u_scale_of(t, e) * at(t.u, e);
        const float dt = arith::softplus(arith::fma(t.dt.scale, at(t.dt, e), bias), t.softplus);
        float out = 0.0F;
        std::vector<float> terms;
        for (std::uint64_t n = 0; n < states; ++n) {
            const float a = -arith::exp(t.weights.a_scale * t.weights.a_log[e * states + n]);
            const float old = state_scale_of(t, e, n) * codes[n];
            const float db = (t.b.scale * at(t.b, n)) * dt;
            const float c = t.c.scale * at(t.c, n);
            carry[n] = arith::fma(old, arith::exp(a * dt), db * x);
            out = arith::fma(carry[n], c, out);
            terms.push_back(carry[n] * c);
            const float v = carry[n] / state_scale_of(t, e, n);
            codes[n] = arith::quantize_rhe(v);
            saturated += v >= 127.5F || v < -128.5F ? 1U : 0U;
        }
        if (tree != 0) out = test::tree_sum(terms, tree);
        out = arith::fma(x, d, out);
        const float z = t.z.scale * at(t.z, e);
        t.y[s * t.y_sequence_stride + i * t.y_stride + e] =
            arith::to_half(out * (z * (1.0F / (1.0F + arith::exp(-z)))));
    }
    return saturated;
}

void compare(const Case& shape, bool decode, std::uint32_t seed) {
    Problem want(shape, seed);
    const SsmTile reference = want.tile(decode, true);
    std::uint64_t saturated = 0;
    for (std::uint64_t s = 0; s < shape.sequences; ++s) {
        for (std::uint64_t e = 0; e < shape.channels; ++e) {
            saturated += decode ? scalar_decode(reference, shape.tree, s, e)
                                : scalar_prefill(reference, shape.tree, s, e);
        }
    }
    SsmConfig config;
    config.sum.tree_width = shape.tree;
    for (const Isa isa : test::available_isas()) {
        const test::IsaScope scope(isa);
        Problem got(shape, seed);
        const Counts counts = ssm_compute(config, NonlinearConfig{}, got.tile(decode, true));
        EXPECT_EQ(got.y, want.y) << name_of(isa);
        EXPECT_EQ(got.state, want.state) << name_of(isa);
        EXPECT_EQ(test::bits_of(got.carry), test::bits_of(want.carry)) << name_of(isa);
        EXPECT_EQ(counts[Event::Saturated], saturated) << name_of(isa);
    }
    if (shape.channels >= 31) {
        EXPECT_GT(saturated, 0U) << "the data must reach the quantizer's ends";
    }
}

TEST(SsmFunction, PrefillIsTheSpecOverAwkwardShapes) {
    compare({1, 1, 1, 1}, false, 3);
    compare({1, 33, 65, 16}, false, 2);
    compare({2, 7, 63, 16}, false, 3);
    compare({1, 5, 130, 5}, false, 4);
    compare({1, 4, 64, 16, 0, arith::Softplus::LogExpPlus1}, false, 5);
}

TEST(SsmFunction, PrefillSumsInTheStatedTree) {
    for (const std::uint32_t tree : {1U, 2U, 4U, 8U, 16U, 32U})
        compare({1, 9, 70, 16, tree}, false, 6);
    compare({1, 9, 70, 11, 4}, false, 7);
}

TEST(SsmFunction, EveryChannelHasTheScalesOfItsCell) {
    for (const bool decode : {false, true}) {
        compare({1, 9, 130, 16, 0, arith::Softplus::Log1p, true}, decode, 31);
        compare({2, 3, 63, 5, 4, arith::Softplus::Log1p, true}, decode, 32);
        compare({1, 1, 1, 16, 16, arith::Softplus::Log1p, true}, decode, 33);
    }
}

TEST(SsmFunction, DecodeIsTheSpecOverAwkwardShapes) {
    compare({1, 1, 64, 16}, true, 8);
    compare({3, 1, 67, 16}, true, 9);
    compare({2, 5, 31, 7}, true, 10);
    compare({1, 1, 40, 16, 0, arith::Softplus::LogExpPlus1}, true, 11);
    compare({1, 2, 40, 16, 8}, true, 12);
    compare({1, 2, 40, 13, 8}, true, 13);
}

TEST(SsmFunction, LastBitsOfTheGateShowInManyOutputs) {
    // A last-bit difference before FP16 moves about one output in 10,000.
    compare({1, 500, 192, 2}, false, 19);
    compare({1, 500, 192, 2}, true, 20);
}

TEST(SsmFunction, PrefillRoundsTiesOfTheStateAwayFromZeroDecodeToEven) {
    // dt = 0 in prefill: the carry stays as it is. dt = 32 and A = 0 in decode: the state gains
    // (B * 32) * x = 1/2 a step.
    const std::int8_t one = 1;
    const std::int8_t low = -128;
    std::vector<float> carry = {0.5F, 1.5F, 2.5F, -0.5F, -2.5F};
    std::vector<std::int8_t> state = {0, 1, 2, -1, -3};
    const std::vector<std::int8_t> ones(5, 1);
    const std::vector<std::int8_t> lows(5, -128);
    Half y = 0;
    SsmTile t;
    t.shape = {1, 1, 1, 5};
    t.u = {&one, 1, 0, 1.0F};
    t.dt = {&low, 1, 0, 4.0F};
    t.b = {ones.data(), 5, 0, 0x1p-6F};
    t.c = t.b;
    t.z = t.u;
    t.weights = {lows.data(), &one, &one, 1.0F, 1.0F, 0.0F, 1.0F};
    t.last_tile = true;
    t.carry = carry.data();
    t.state = state.data();
    t.y = &y;
    for (const Isa isa : test::available_isas()) {
        const test::IsaScope scope(isa);
        ssm_compute({}, {}, t);
        EXPECT_EQ(state, (std::vector<std::int8_t>{1, 2, 3, -1, -3}));
        state = {0, 1, 2, -1, -3};
        SsmTile step = t;
        step.decode = true;
        step.carry = nullptr;
        step.dt = {&one, 1, 0, 32.0F};
        ssm_compute({}, {}, step);
        EXPECT_EQ(state, (std::vector<std::int8_t>{0, 2, 2, 0, -2}));
    }
}

TEST(SsmFunction, TreeAndSequentialDiffer) {
    Problem sequential({1, 20, 64, 16}, 14);
    Problem tree({1, 20, 64, 16}, 14);
    SsmConfig config;
    ssm_compute(config, {}, sequential.tile(false, true));
    config.sum.tree_width = 16;
    ssm_compute(config, {}, tree.tile(false, true));
    EXPECT_NE(sequential.y, tree.y);
    EXPECT_EQ(sequential.state, tree.state);
}

TEST(SsmFunction, SplittingTheTokensChangesNothing) {
    const Case shape{2, 21, 70, 16};
    for (const bool decode : {false, true}) {
        Problem whole(shape, 15);
        Problem split(shape, 15);
        ssm_compute({}, {}, whole.tile(decode, true));
        for (const auto& [first, count] : {std::pair{0, 1}, {1, 13}, {14, 7}}) {
            SsmTile t = split.tile(decode, first + count == 21);
            t.shape.tokens = static_cast<std::uint64_t>(count);
            for (SsmOperand* o : {&t.u, &t.dt, &t.z, &t.b, &t.c}) {
                o->data += static_cast<std::uint64_t>(first) * o->stride;
            }
            t.y += static_cast<std::uint64_t>(first) * t.y_stride;
            ssm_compute({}, {}, t);
        }
        EXPECT_EQ(whole.y, split.y);
        EXPECT_EQ(whole.state, split.state);
        EXPECT_EQ(test::bits_of(whole.carry), test::bits_of(split.carry));
    }
}

TEST(SsmFunction, StateIsLeftAloneBeforeTheLastTileAndDecodeNeedsNoCarry) {
    Problem p({1, 3, 20, 16}, 16);
    const std::vector<std::int8_t> before = p.state;
    ssm_compute({}, {}, p.tile(false, false));
    EXPECT_EQ(p.state, before);
    Problem with({1, 3, 20, 16}, 17);
    Problem without({1, 3, 20, 16}, 17);
    ssm_compute({}, {}, with.tile(true, false));
    SsmTile t = without.tile(true, false);
    t.carry = nullptr;
    ssm_compute({}, {}, t);
    EXPECT_EQ(with.y, without.y);
    EXPECT_EQ(with.state, without.state);
}

TEST(SsmFunction, CountsAreTheHandCount) {
    // 2 sequences, 3 tokens, 5 channels, 4 states: 30 outputs, 120 updates, 20 weights, 40 states.
    const SsmShape shape{2, 3, 5, 4};
    const Counts prefill = ssm_count(shape, false, true);
    EXPECT_EQ(prefill[Event::Fp32Mul], 30U * 3 + 120 * 2);
    EXPECT_EQ(prefill[Event::CodeMulBit], 8U * (2 * 5 + 20 + 2 * 6 * 4 + 30 * 2)) << "u and z";
    EXPECT_EQ(prefill[Event::Fp32Fma], 30U + 240);
    EXPECT_EQ(prefill[Event::Exp], 20U + 120);
    EXPECT_EQ(prefill[Event::Softplus], 30U);
    EXPECT_EQ(prefill[Event::Silu], 30U);
    EXPECT_EQ(prefill[Event::HalfConvert], 30U);
    EXPECT_EQ(prefill[Event::Fp32Div], 40U);
    EXPECT_EQ(prefill[Event::QuantizeInt8], 40U);
    EXPECT_EQ(ssm_count(shape, false, false)[Event::QuantizeInt8], 0U);
    const Counts decode = ssm_count(shape, true, true);
    EXPECT_EQ(decode[Event::Fp32Mul], 30U + 120 * 3);
    EXPECT_EQ(decode[Event::CodeMulBit], prefill[Event::CodeMulBit] + 8 * 120) << "states";
    EXPECT_EQ(decode[Event::Fp32Fma], 60U + 240);
    EXPECT_EQ(decode[Event::QuantizeInt8], 120U);
}

TEST(SsmFunction, ComputeReturnsTheCountsOfItsShape) {
    Problem p({1, 3, 20, 16}, 18);
    SsmTile t = p.tile(false, true);
    Counts counts = ssm_compute({}, {}, t);
    counts[Event::Saturated] = 0;
    EXPECT_TRUE(counts == ssm_count(t.shape, false, true));
}

}  // namespace
}  // namespace mambasic::models
