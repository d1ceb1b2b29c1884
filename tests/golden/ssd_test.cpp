#include "golden/ssd.h"

#include <gtest/gtest.h>
#include <omp.h>

#include <cmath>

#include "tests/golden/oracle.h"
#include "tests/golden/random_layer.h"
#include "tests/golden/ssd_case.h"

namespace mambasic::golden {
namespace {

/// The shapes that matter: one SSD group and eight, unequal groups, a head that is a group, no
/// groups, scales of B and C shared or not.
std::vector<SsdShape> shapes(std::uint32_t batch, std::uint32_t tokens) {
    return {{batch, tokens, 6, 8, 20, 1, {1, 4, 4}, 1},
            {batch, tokens, 16, 4, 16, 8, {8, 2, 3}, 8},
            {batch, tokens, 4, 6, 33, 2, {2, 2, 6}, 2},
            {batch, tokens, 4, 8, 16, 2, {1, 1, 1}, 1}};
}

std::vector<float> states_of(const ScanResult& r, std::size_t channel, std::size_t states) {
    const auto first = r.carry.begin() + static_cast<std::ptrdiff_t>(channel * states);
    return {first, first + static_cast<std::ptrdiff_t>(states)};
}

/// Every channel of every sequence, token after token.
void expect_prefill_oracle(const SsdCase& c) {
    const ScanResult got = c.prefill();
    const std::size_t states = c.shape.states;
    for (std::size_t i = 0; i < c.shape.batch * c.channels(); ++i) {
        const std::size_t channel = i % c.channels();
        std::vector<float> state(states, 0.0F);
        for (std::size_t t = 0; t < c.shape.tokens; ++t) {
            const std::size_t row = i / c.channels() * c.shape.tokens + t;
            const arith::Half want = arith::to_half(step_oracle(c, row, channel, state));
            ASSERT_EQ(got.y[row * c.channels() + channel], want)
                << "row " << row << ", " << channel;
        }
        ASSERT_EQ(states_of(got, i, states), state) << "channel " << i;
        for (std::size_t n = 0; n < states; ++n) {
            const float half = arith::from_half(arith::to_half(state[n]));
            ASSERT_EQ(got.state[i * states + n], even_code(half / c.state_scale(channel, n)));
        }
    }
}

TEST(SsdPrefill, IsTheRecurrenceToTheBit) {
    for (const std::uint32_t tokens : {1U, 33U, 257U}) {
        for (const SsdShape& shape : shapes(2, tokens)) {
            expect_prefill_oracle(SsdCase(shape, tokens));
        }
    }
}

TEST(SsdPrefill, SumsInTheOrderAskedFor) {
    SsdShape shape = shapes(1, 1500)[2];  // FP16 hides most last bits
    shape.states = 72;
    SsdCase c(shape, 1);
    const ScanResult base = c.prefill();
    for (const std::uint32_t width : {0U, 4U, 64U}) {
        c.params.sum.tree_width = width;
        expect_prefill_oracle(c);
        const ScanResult other = c.prefill();
        EXPECT_NE(other.y, base.y);
        EXPECT_EQ(other.carry, base.carry);
    }
}

TEST(SsdPrefill, BothFormsOfSoftplus) {
    SsdCase c(shapes(1, 40)[0], 1);
    const ScanResult base = c.prefill();
    c.params.softplus = arith::Softplus::LogExpPlus1;
    expect_prefill_oracle(c);
    EXPECT_NE(c.prefill().carry, base.carry);
}

TEST(SsdPrefill, StateCodesComeFromTheRoundedState) {
    SsdCase c(shapes(1, 40)[1], 2);
    const ScanResult got = c.prefill();
    int from_fp32 = 0;
    for (std::size_t i = 0; i < got.carry.size(); ++i) {
        const float scale = c.state_scale(i / c.shape.states, i % c.shape.states);
        from_fp32 += even_code(got.carry[i] / scale) != got.state[i] ? 1 : 0;
    }
    EXPECT_GT(from_fp32, 0) << "this test must tell FP16 from FP32";
}

TEST(SsdStep, IsTheSpecToTheBit) {
    for (const SsdShape& shape : shapes(3, 1)) {
        const SsdCase c(shape, 3);
        std::mt19937 rng(4);
        const auto before = random_codes(rng, c.state_size());
        const ScanResult got = c.step(before);
        const std::size_t states = c.shape.states;
        for (std::size_t i = 0; i < c.shape.batch * c.channels(); ++i) {
            const std::size_t channel = i % c.channels();
            std::vector<float> state;
            for (std::size_t n = 0; n < states; ++n) {
                state.push_back(c.state_scale(channel, n) * before[i * states + n]);
            }
            const float y = step_oracle(c, i / c.channels(), channel, state);
            ASSERT_EQ(got.y[i], arith::to_half(y)) << i;
            ASSERT_EQ(states_of(got, i, states), state) << i;
            for (std::size_t n = 0; n < states; ++n) {
                ASSERT_EQ(got.state[i * states + n],
                          even_code(state[n] / c.state_scale(channel, n)));
            }
        }
    }
}

/// One head of one channel with one state, scales 1 but for the state's; A = -1, D = 2.
struct Small {
    SsdCase c;
    explicit Small(float state_scale) : c({1, 1, 1, 1, 1, 1, {1, 1, 1}, 1}, 1) {
        c.made.x_scales[0] = c.b_scales[0] = c.c_scales[0] = 1.0F;
        c.made.state_scales[0] = state_scale;
        c.params.d_scale = 1.0F;
        c.a_log = {0};
        c.d_codes = {2};
        c.dt_bias = {arith::to_half(0.0F)};
        c.input.dt.scale = 1.0F;
        c.params.dt_bias = c.dt_bias.data();
        c.params.a_log = c.a_log.data();
        c.params.d = c.d_codes.data();
    }
    void codes(std::int8_t x, std::int8_t b, std::int8_t cc, std::int8_t dt) {
        c.xbc[0] = x;
        c.xbc[1] = b;
        c.xbc[2] = cc;
        c.dt_codes[2] = dt;
    }
};

TEST(SsdStep, ByHand) {
    Small small(0.5F);
    small.codes(3, 4, 5, 25);  // above 20, softplus passes 25: exp(-25) of the old state is 1e-11
    const ScanResult got = small.c.step({100});
    EXPECT_EQ(got.carry[0], 300.0F);               // 4 * 25 * 3, the rest too small to see
    EXPECT_EQ(got.state[0], 127);                  // 600 saturates
    EXPECT_EQ(got.y[0], arith::to_half(1506.0F));  // 5 * 300 + 3 * 2
    small.codes(0, 4, 1, -128);  // dt = log1p(exp(-128)) = 0: nothing comes, nothing goes
    const ScanResult kept = small.c.step({-77});
    EXPECT_EQ(kept.carry[0], -38.5F);
    EXPECT_EQ(kept.state[0], -77);
    EXPECT_EQ(kept.y[0], arith::to_half(-38.5F));
}

TEST(SsdPrefill, ByHand) {
    Small small(8.0F);
    small.codes(3, 127, 1, 25);  // 9525 is 9528 in FP16: steps of 8
    const ScanResult got = small.c.prefill();
    EXPECT_EQ(got.carry[0], 9525.0F);
    EXPECT_EQ(got.y[0], arith::to_half(9531.0F));
    small.c.made.state_scales[0] = 19056.0F;   // twice 9528
    EXPECT_EQ(small.c.prefill().state[0], 0);  // 0.5, half to even
    small.c.made.state_scales[0] = 19052.0F;   // 0.49995 of 9525, 0.5001 of 9528
    EXPECT_EQ(small.c.prefill().state[0], 1);
    EXPECT_EQ(small.c.step({0}).state[0], 0);  // decode takes FP32
}

TEST(Ssd, DecodeAfterPrefillIsALongerPrefillUpToTheStatesSteps) {
    SsdCase c(shapes(1, 34)[0], 5);
    const ScanResult longer = c.prefill();
    for (float& scale : c.made.state_scales) {
        scale += 0.05F;  // codes reach 6.35
    }
    ScanResult step = c.room();
    ssd_prefill(c.params, c.input, 1, 33, view_of(step));
    ssd_step(c.params, c.tokens_from(33), 1, view_of(step));
    float closest = 1.0F;
    for (std::size_t i = 0; i < longer.carry.size(); ++i) {
        const std::size_t channel = i / c.shape.states;
        const std::size_t head = channel / c.shape.head_dim;
        const float decay = arith::exp(c.a(head) * c.dt(33, head));
        const float step_size = c.state_scale(channel, i % c.shape.states);
        const float error = std::abs(step.carry[i] - longer.carry[i]);
        // Half a step, decayed; FP16 may move the code by its own last place.
        ASSERT_LE(error, 0.51F * step_size * decay + 1e-6F) << i;
        closest = std::min(closest, 0.5F * step_size * decay - error);
    }
    EXPECT_LT(closest, 0.0005F) << "the bound must be one that is nearly reached";
}

// A product with the reciprocal of the scale differs next to ties only, so every state is at one.
TEST(Ssd, StateIsDividedByItsScale) {
    const std::vector<std::int8_t> zero = {0};
    for (std::uint32_t seed = 0; seed < 2000; ++seed) {
        SsdCase c({1, 1, 1, 1, 1, 1, {1, 1, 1}, 1}, seed);
        float& scale = c.made.state_scales[0];
        const float decoded = c.step(zero).carry[0];
        if (decoded == 0) continue;  // a code of x or B is 0
        scale = std::fabs(decoded) / 2.5F;
        ASSERT_EQ(c.step(zero).state[0], even_code(decoded / scale));
        const float half = arith::from_half(arith::to_half(c.prefill().carry[0]));
        scale = std::fabs(half) / 2.5F;
        ASSERT_EQ(c.prefill().state[0], even_code(half / scale));
    }
}

TEST(Ssd, ThreadsChangeNothing) {
    const SsdCase c({3, 65, 6, 16, 32, 2, {2, 3, 4}, 2}, 6);
    omp_set_num_threads(1);
    const ScanResult one = c.prefill();
    const ScanResult one_step = c.step(one.state);
    omp_set_num_threads(3);
    const ScanResult three = c.prefill();
    EXPECT_EQ(one.y, three.y);
    EXPECT_EQ(one.carry, three.carry);
    EXPECT_EQ(one.state, three.state);
    EXPECT_EQ(c.step(one.state).state, one_step.state);
}

}  // namespace
}  // namespace mambasic::golden
