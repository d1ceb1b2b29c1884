#include "golden/selective_scan.h"

#include <gtest/gtest.h>

#include <cmath>

#include "golden/tree_sum.h"
#include "tests/golden/bits.h"
#include "tests/golden/random_layer.h"
#include "tests/golden/scan_case.h"

namespace mambasic::golden {
namespace {

ScanResult run(const ScanCase& c, const ScanParams& params) {
    ScanResult result = room_for(c);
    selective_scan(params, c.input, c.batch, c.tokens, view_of(result));
    return result;
}

double number(const Int8Rows& x, std::size_t row, std::size_t column) {
    return static_cast<double>(x.scale) * x.row(row)[column];
}

/// The textbook scan in double: y before FP16 and the last states, for one sequence and channel.
struct Textbook {
    std::vector<double> y, h;
    Textbook(const ScanCase& c, std::size_t s, std::size_t e) : h(c.params.states, 0.0) {
        const ScanParams& p = c.params;
        for (std::size_t t = 0; t < c.tokens; ++t) {
            const std::size_t row = s * c.tokens + t;
            const double x =
                number(c.input.dt, row, e) + static_cast<double>(p.dt_bias_scale) * p.dt_bias[e];
            const double dt = std::log1p(std::exp(x));
            const double u = number(c.input.u, row, e);
            double out = static_cast<double>(p.d_scale) * p.d[e] * u;
            for (std::size_t n = 0; n < p.states; ++n) {
                const double a =
                    -std::exp(static_cast<double>(p.a_scale) * p.a_log[e * p.states + n]);
                h[n] = std::exp(dt * a) * h[n] + dt * number(c.input.b, row, n) * u;
                out += h[n] * number(c.input.c, row, n);
            }
            const double z = number(c.input.z, row, e);
            y.push_back(out * z / (1.0 + std::exp(-z)));
        }
    }
};

void expect_textbook(const ScanCase& c, const ScanResult& r) {
    const std::size_t channels = c.params.channels;
    const std::size_t states = c.params.states;
    for (std::size_t s = 0; s < c.batch; ++s) {
        for (std::size_t e = 0; e < channels; ++e) {
            const Textbook want(c, s, e);
            for (std::size_t t = 0; t < c.tokens; ++t) {
                const double y = arith::from_half(r.y[(s * c.tokens + t) * channels + e]);
                // Half an FP16 ulp, and FP32 noise of terms of size up to about 30.
                ASSERT_NEAR(y, want.y[t], std::fabs(want.y[t]) * 0x1p-11 + 3e-5) << t << " " << e;
            }
            for (std::size_t n = 0; n < states; ++n) {
                const std::size_t i = (s * channels + e) * states + n;
                ASSERT_NEAR(r.carry[i], want.h[n], 2e-5);
                const double code = want.h[n] / static_cast<double>(c.params.state_scale);
                ASSERT_NEAR(r.state[i], std::min(127.0, std::max(-128.0, code)), 0.5 + 5e-3);
            }
        }
    }
}

TEST(SelectiveScan, BothOrdersAndSumsAgreeWithTheTextbook) {
    const ScanCase c(2, 150, 12, 16, 1);
    for (const ScanOrder order : {ScanOrder::Sequential, ScanOrder::Cub}) {
        for (const std::uint32_t width : {0U, 4U, 16U}) {
            ScanParams params = c.params;
            params.order = order;
            params.sum.tree_width = width;
            expect_textbook(c, run(c, params));
        }
    }
}

TEST(SelectiveScan, SeveralChunksCarryOn) {
    const ScanCase c(2, 2100, 2, 4, 2);
    ScanParams params = c.params;
    params.order = ScanOrder::Cub;
    expect_textbook(c, run(c, params));
}

TEST(SelectiveScan, AgreesWithTheTextbookForAnyLength) {
    for (const std::size_t tokens : {1U, 2U, 33U, 129U}) {
        const ScanCase c(1, tokens, 3, 16, 3);
        expect_textbook(c, run(c, c.params));
    }
}

/// ssm.md 1.2, one channel of the first sequence, all in one loop with the C library's fma.
ScanResult as_written(const ScanCase& c, std::size_t e, SumOrder sum) {
    const ScanParams& p = c.params;
    ScanResult r;
    r.carry.assign(p.states, 0.0F);
    for (std::size_t t = 0; t < c.tokens; ++t) {
        const float u = c.input.u.scale * static_cast<float>(c.u[t * p.channels + e]);
        const float bias = p.dt_bias_scale * static_cast<float>(p.dt_bias[e]);
        const float x =
            std::fma(c.input.dt.scale, static_cast<float>(c.dt[t * p.channels + e]), bias);
        const float dt = x > 20.0F ? x : arith::log1p(arith::exp(x));
        const float du = dt * u;
        const float skip = p.d_scale * static_cast<float>(p.d[e]) * u;
        float out = skip;
        std::vector<float> terms;
        for (std::size_t n = 0; n < p.states; ++n) {
            const float e_a = arith::exp(p.a_scale * static_cast<float>(p.a_log[e * p.states + n]));
            const float a = arith::exp(-(e_a * dt));
            const float b = du * (c.input.b.scale * static_cast<float>(c.b[t * p.states + n]));
            const float cn = c.input.c.scale * static_cast<float>(c.c[t * p.states + n]);
            r.carry[n] = std::fma(a, r.carry[n], b);
            out = std::fma(r.carry[n], cn, out);
            terms.push_back(r.carry[n] * cn);
        }
        if (sum.tree_width > 0) {
            out = tree_sum(terms.data(), terms.size(), sum.tree_width) + skip;
        }
        const float z = c.input.z.scale * static_cast<float>(c.z[t * p.channels + e]);
        const float numerator = out * z;
        r.y.push_back(arith::to_half(numerator / (1.0F + arith::exp(-z))));
    }
    return r;
}

TEST(SelectiveScan, SequentialOrderIsExactlyTheSpecifications) {
    const ScanCase c(1, 400, 20, 16, 4);
    for (const std::uint32_t width : {0U, 8U}) {
        ScanParams params = c.params;
        params.sum.tree_width = width;
        const ScanResult got = run(c, params);
        for (std::size_t e = 0; e < 20; ++e) {
            const ScanResult want = as_written(c, e, params.sum);
            for (std::size_t t = 0; t < c.tokens; ++t) {
                ASSERT_EQ(got.y[t * 20 + e], want.y[t]) << t << " " << e;
            }
            for (std::size_t n = 0; n < 16; ++n) {
                ASSERT_TRUE(same_bits(got.carry[e * 16 + n], want.carry[n]));
                ASSERT_EQ(got.state[e * 16 + n],
                          arith::quantize_rha(want.carry[n] / params.state_scale));
            }
        }
    }
}

TEST(SelectiveScan, OrdersDifferInBitsOfTheCarryOnly) {
    const ScanCase c(1, 400, 20, 16, 5);
    ScanParams params = c.params;
    const ScanResult sequential = run(c, params);
    params.order = ScanOrder::Cub;
    const ScanResult cub = run(c, params);
    EXPECT_NE(sequential.carry, cub.carry);
    std::size_t y_differ = 0;
    for (std::size_t i = 0; i < cub.y.size(); ++i) {
        y_differ += sequential.y[i] != cub.y[i] ? 1U : 0U;
    }
    EXPECT_LT(y_differ, cub.y.size() / 50) << "FP16 hides most of the last bits";
}

TEST(SelectiveScan, SoftplusFormsDiffer) {
    const ScanCase c(1, 50, 20, 16, 6);
    ScanParams params = c.params;
    params.softplus = arith::Softplus::LogExpPlus1;
    EXPECT_NE(run(c, params).carry, run(c, c.params).carry);
}

TEST(SelectiveScan, ByHand) {
    // dt = softplus(32) = 32; first token: du = 16, b = 16 * 5/16 = 5 = h; skip = 2 * 0.5 = 1;
    // out = 5 * 0.5 + 1 = 3.5; gate 64 / (1 + e^-64) = 64. Second: u = 0, so h = 5 e^-32.
    ScanCase c = ScanCase::one_channel({1, 0}, {4, 4}, {5, 5}, {1, 1}, {64, 64});
    c.d = {2};
    c.input.u.scale = 0.5F;
    c.input.dt.scale = 8.0F;
    c.input.b.scale = 0.0625F;
    c.input.c.scale = 0.5F;
    const ScanResult two = run(c, c.params);
    EXPECT_EQ(arith::from_half(two.y[0]), 224.0F);
    EXPECT_EQ(two.carry[0], 5.0F * arith::exp(-32.0F));
    EXPECT_EQ(two.state[0], 0);
    c.tokens = 1;
    c.params.state_scale = 2.0F;
    const ScanResult one = run(c, c.params);
    EXPECT_EQ(one.carry[0], 5.0F);
    EXPECT_EQ(one.state[0], 3);  // 2.5, half away from zero
}

TEST(SelectiveScan, GateIsOneQuotient) {
    std::mt19937 rng(8);
    std::uniform_real_distribution<float> scale(0.01F, 0.05F);
    for (const std::int8_t code : random_codes(rng, 2000, 1, 127)) {
        // D u is the only output, within an ulp of an FP16 tie after the gate.
        ScanCase c = ScanCase::one_channel({1}, {0}, {0}, {0}, {code});
        c.d = {1};
        c.input.z.scale = scale(rng);
        const float z = c.input.z.scale * static_cast<float>(code);
        const float denominator = 1.0F + arith::exp(-z);
        const float u = (1.0F + 0x1p-11F) * denominator / z;
        c.input.u.scale = u;
        const float numerator = u * z;
        ASSERT_EQ(run(c, c.params).y[0], arith::to_half(numerator / denominator));
    }
}

TEST(SelectiveScan, GateMultipliesBeforeItDivides) {
    // out = 2^100 and z = -2^40: -inf / inf. Upstream Mamba's out * (z / inf) would be -0.
    ScanCase c = ScanCase::one_channel({1}, {0}, {0}, {0}, {-1});
    c.d = {1};
    c.input.u.scale = 0x1p100F;
    c.input.z.scale = 0x1p40F;
    EXPECT_TRUE(std::isnan(arith::from_half(run(c, c.params).y[0])));
    c.input.z.scale = 0x1p10F;
    EXPECT_EQ(run(c, c.params).y[0], 0x8000);  // -2^110 / inf
}

TEST(SelectiveScan, SubnormalStatesAreKept) {
    // u = 2^-140 makes a subnormal b; upstream would flush it.
    ScanCase c = ScanCase::one_channel({1, 0}, {0, 0}, {1, 0}, {1, 1}, {1, 1});
    c.input.u.scale = 0x1p-140F;
    c.a_log = {-128};  // A = -e^-128: no decay
    const ScanResult r = run(c, c.params);
    EXPECT_GT(r.carry[0], 0.0F);
    EXPECT_LT(r.carry[0], 0x1p-126F);
}

TEST(SelectiveScan, StateIsDividedByItsScale) {
    std::mt19937 rng(7);
    for (int trial = 0; trial < 2000; ++trial) {
        const auto codes = random_codes(rng, 2, 1, 127);
        ScanCase c = ScanCase::one_channel({codes[0]}, {1}, {codes[1]}, {0}, {0});
        const float carry = run(c, c.params).carry[0];
        c.params.state_scale = carry / 2.5F;  // within an ulp of the tie
        ASSERT_EQ(run(c, c.params).state[0], arith::quantize_rha(carry / c.params.state_scale));
    }
}

TEST(SelectiveScan, StateSaturates) {
    ScanCase c = ScanCase::one_channel({127}, {64}, {127}, {0}, {0});
    EXPECT_EQ(run(c, c.params).state[0], 127);
    c.u = {-127};
    EXPECT_EQ(run(c, c.params).state[0], -128);
}

}  // namespace
}  // namespace mambasic::golden
