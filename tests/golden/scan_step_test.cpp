#include "golden/scan_step.h"

#include <gtest/gtest.h>

#include <cmath>

#include "golden/tree_sum.h"
#include "tests/golden/bits.h"
#include "tests/golden/random_layer.h"
#include "tests/golden/scan_case.h"

namespace mambasic::golden {
namespace {

ScanResult run(const ScanCase& c, const ScanParams& params, const std::vector<std::int8_t>& state) {
    ScanResult result = room_for(c);
    result.state = state;
    scan_step(params, c.input, c.batch, view_of(result));
    return result;
}

std::vector<std::int8_t> random_state(const ScanCase& c, std::uint32_t seed) {
    std::mt19937 rng(seed);
    return random_codes(rng, c.batch * c.params.channels * c.params.states);
}

/// ssm.md 2.2 in double.
struct Step {
    std::vector<double> state;
    double y = 0;
};
Step textbook(const ScanCase& c, std::size_t s, std::size_t e,
              const std::vector<std::int8_t>& before) {
    const ScanParams& p = c.params;
    const auto at = [](const Int8Rows& x, std::size_t row, std::size_t column) {
        return static_cast<double>(x.scale) * x.row(row)[column];
    };
    const double u = at(c.input.u, s, e);
    const double dt = std::log1p(
        std::exp(at(c.input.dt, s, e) + static_cast<double>(p.dt_bias_scale) * p.dt_bias[e]));
    Step step;
    for (std::size_t n = 0; n < p.states; ++n) {
        const double a = -std::exp(static_cast<double>(p.a_scale) * p.a_log[e * p.states + n]);
        const double h = static_cast<double>(p.state_scale) *
                             before[(s * p.channels + e) * p.states + n] * std::exp(a * dt) +
                         dt * at(c.input.b, s, n) * u;
        step.state.push_back(h);
        step.y += h * at(c.input.c, s, n);
    }
    step.y += u * static_cast<double>(p.d_scale) * p.d[e];
    const double z = at(c.input.z, s, e);
    step.y *= z / (1.0 + std::exp(-z));
    return step;
}

TEST(ScanStep, AgreesWithTheTextbook) {
    const ScanCase c(3, 1, 40, 16, 1);
    const auto before = random_state(c, 2);
    for (const std::uint32_t width : {0U, 8U}) {
        ScanParams params = c.params;
        params.sum.tree_width = width;
        const ScanResult r = run(c, params, before);
        for (std::size_t s = 0; s < c.batch; ++s) {
            for (std::size_t e = 0; e < 40; ++e) {
                const Step want = textbook(c, s, e, before);
                ASSERT_NEAR(arith::from_half(r.y[s * 40 + e]), want.y,
                            std::fabs(want.y) * 0x1p-11 + 1e-5);
                for (std::size_t n = 0; n < 16; ++n) {
                    const std::size_t i = (s * 40 + e) * 16 + n;
                    ASSERT_NEAR(r.carry[i], want.state[n], 2e-6);
                    const double code = want.state[n] / static_cast<double>(params.state_scale);
                    ASSERT_NEAR(r.state[i], std::min(127.0, std::max(-128.0, code)), 0.5 + 1e-3);
                }
            }
        }
    }
}

/// The same in FP32, in the specification's order of operations.
void expect_as_written(const ScanCase& c, const ScanParams& p, const ScanResult& got,
                       const std::vector<std::int8_t>& before, std::size_t e) {
    const float u = c.input.u.scale * static_cast<float>(c.u[e]);
    const float dt = arith::softplus(std::fma(c.input.dt.scale, static_cast<float>(c.dt[e]),
                                              p.dt_bias_scale * static_cast<float>(p.dt_bias[e])),
                                     p.softplus);
    float out = 0.0F;
    std::vector<float> terms;
    for (std::size_t n = 0; n < p.states; ++n) {
        const std::size_t i = e * p.states + n;
        const float s = p.state_scale * static_cast<float>(before[i]);
        const float a = -arith::exp(p.a_scale * static_cast<float>(p.a_log[i]));
        const float db = c.input.b.scale * static_cast<float>(c.b[n]) * dt;
        const float h = std::fma(s, arith::exp(a * dt), db * u);
        const float cn = c.input.c.scale * static_cast<float>(c.c[n]);
        out = std::fma(h, cn, out);
        terms.push_back(h * cn);
        ASSERT_TRUE(same_bits(got.carry[i], h)) << e << " " << n;
        ASSERT_EQ(got.state[i], arith::quantize_rhe(h / p.state_scale));
    }
    if (p.sum.tree_width > 0) {
        out = tree_sum(terms.data(), terms.size(), p.sum.tree_width);
    }
    out = std::fma(u, p.d_scale * static_cast<float>(p.d[e]), out);
    const float z = c.input.z.scale * static_cast<float>(c.z[e]);
    const float sigmoid = 1.0F / (1.0F + arith::exp(-z));
    const float gate = z * sigmoid;
    ASSERT_EQ(got.y[e], arith::to_half(out * gate)) << e;
}

TEST(ScanStep, IsExactlyTheSpecifications) {
    const ScanCase c(1, 1, 20000, 16, 3);  // FP16 hides all but every thousandth last bit
    const auto before = random_state(c, 4);
    for (const std::uint32_t width : {0U, 8U}) {
        for (const auto softplus : {arith::Softplus::Log1p, arith::Softplus::LogExpPlus1}) {
            ScanParams params = c.params;
            params.sum.tree_width = width;
            params.softplus = softplus;
            const ScanResult got = run(c, params, before);
            for (std::size_t e = 0; e < 20000; ++e) {
                expect_as_written(c, params, got, before, e);
            }
        }
    }
}

TEST(ScanStep, ByHand) {
    // The prefill's hand case: dB = 5/16 * 32 = 10, times u = 5; y = 2.5 + 1; gate 64.
    ScanCase c = ScanCase::one_channel({1}, {4}, {5}, {1}, {64});
    c.d = {2};
    c.input.u.scale = 0.5F;
    c.input.dt.scale = 8.0F;
    c.input.b.scale = 0.0625F;
    c.input.c.scale = 0.5F;
    c.params.state_scale = 2.0F;
    const ScanResult r = run(c, c.params, {0});
    EXPECT_EQ(arith::from_half(r.y[0]), 224.0F);
    EXPECT_EQ(r.carry[0], 5.0F);
    EXPECT_EQ(r.state[0], 2);  // 2.5, half to even; prefill stores 3
}

TEST(ScanStep, GateIsZTimesItsSigmoid) {
    std::mt19937 rng(8);
    std::uniform_real_distribution<float> scale(0.01F, 0.05F);
    for (const std::int8_t code : random_codes(rng, 2000, 1, 127)) {
        // D u is the only output, within an ulp of an FP16 tie after the gate.
        ScanCase c = ScanCase::one_channel({1}, {0}, {0}, {0}, {code});
        c.d = {1};
        c.input.z.scale = scale(rng);
        const float z = c.input.z.scale * static_cast<float>(code);
        const float sigmoid = 1.0F / (1.0F + arith::exp(-z));
        const float gate = z * sigmoid;
        c.input.u.scale = (1.0F + 0x1p-11F) / gate;
        ASSERT_EQ(run(c, c.params, {0}).y[0], arith::to_half(c.input.u.scale * gate));
    }
}

TEST(ScanStep, FromZeroStateItIsNearlyAPrefillOfOneToken) {
    const ScanCase c(1, 1, 3000, 16, 5);
    const ScanResult step = run(c, c.params, std::vector<std::int8_t>(std::size_t{3000} * 16, 0));
    ScanResult prefill = room_for(c);
    selective_scan(c.params, c.input, 1, 1, view_of(prefill));
    std::size_t differ = 0;
    for (std::size_t i = 0; i < step.carry.size(); ++i) {
        ASSERT_NEAR(step.carry[i], prefill.carry[i], 3e-7F * std::fabs(prefill.carry[i]));
        differ += same_bits(step.carry[i], prefill.carry[i]) ? 0U : 1U;
    }
    EXPECT_GT(differ, step.carry.size() / 20) << "(B dt) u rounds otherwise than (dt u) B";
}

TEST(ScanStep, TheUnquantizedStateMakesTheOutput) {
    // h = 0.4, state scale 1: the stored code is 0, the output is not.
    ScanCase c = ScanCase::one_channel({1}, {4}, {1}, {100}, {64});
    c.input.dt.scale = 8.0F;  // dt = 32
    c.input.u.scale = 0.0125F;
    const ScanResult r = run(c, c.params, {0});
    EXPECT_EQ(r.state[0], 0);
    EXPECT_EQ(r.carry[0], 32.0F * 0.0125F);
    EXPECT_EQ(arith::from_half(r.y[0]), 2560.0F);
}

TEST(ScanStep, StateIsDividedByItsScale) {
    std::mt19937 rng(7);
    for (int trial = 0; trial < 2000; ++trial) {
        const auto codes = random_codes(rng, 2, 1, 127);
        ScanCase c = ScanCase::one_channel({codes[0]}, {1}, {codes[1]}, {0}, {0});
        const float carry = run(c, c.params, {0}).carry[0];
        c.params.state_scale = carry / 2.5F;  // within an ulp of the tie
        ASSERT_EQ(run(c, c.params, {0}).state[0],
                  arith::quantize_rhe(carry / c.params.state_scale));
    }
}

TEST(ScanStep, StateSaturates) {
    ScanCase c = ScanCase::one_channel({127}, {64}, {127}, {0}, {0});
    EXPECT_EQ(run(c, c.params, {0}).state[0], 127);
    c.u = {-127};
    EXPECT_EQ(run(c, c.params, {0}).state[0], -128);
}

}  // namespace
}  // namespace mambasic::golden
