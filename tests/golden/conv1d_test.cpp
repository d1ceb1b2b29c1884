#include "golden/conv1d.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "golden/arithmetic.h"
#include "tests/golden/random_layer.h"

namespace mambasic::golden {
namespace {

struct Case {
    std::size_t batch, tokens;
    std::vector<std::int8_t> x, weight, bias;
    Conv1dParams p;
    Case(std::size_t b, std::size_t l, std::size_t channels, std::uint32_t seed)
        : batch(b), tokens(l) {
        std::mt19937 rng(seed);
        x = random_codes(rng, b * l * channels);
        weight = random_codes(rng, channels * 4);
        bias = random_codes(rng, channels);
        p = {channels, weight.data(), bias.data(), 0.0043F, 0.0071F, 0.0217F, 0.0193F};
    }
    Int8Rows input() const { return {x.data(), p.channels, 0}; }
    int sample(std::size_t s, std::ptrdiff_t t, std::size_t e) const {
        return t < 0 ? 0 : x[(s * tokens + static_cast<std::size_t>(t)) * p.channels + e];
    }
};

struct Result {
    std::vector<std::int8_t> output, state;
};

Result prefill(const Case& c) {
    Result r{std::vector<std::int8_t>(c.x.size()),
             std::vector<std::int8_t>(c.batch * c.p.channels * 4, 99)};
    conv1d_prefill(c.p, c.input(), c.batch, c.tokens, r.output.data(), r.state.data());
    return r;
}

/// Token by token from zero state.
Result decode(const Case& c) {
    Result r{std::vector<std::int8_t>(c.x.size()),
             std::vector<std::int8_t>(c.batch * c.p.channels * 4, 0)};
    std::vector<std::int8_t> out(c.batch * c.p.channels);
    for (std::size_t t = 0; t < c.tokens; ++t) {
        const Int8Rows rows{c.x.data() + t * c.p.channels, c.tokens * c.p.channels, 0};
        conv1d_update(c.p, rows, c.batch, out.data(), r.state.data());
        for (std::size_t s = 0; s < c.batch; ++s) {
            std::copy_n(
                out.begin() + static_cast<std::ptrdiff_t>(s * c.p.channels), c.p.channels,
                r.output.begin() + static_cast<std::ptrdiff_t>((s * c.tokens + t) * c.p.channels));
        }
    }
    return r;
}

/// The pre-activation in double, and what it becomes.
double exact_code(const Case& c, std::size_t s, std::size_t t, std::size_t e) {
    double v = c.bias[e] * static_cast<double>(c.p.bias_scale);
    for (std::size_t k = 0; k < 4; ++k) {
        v += static_cast<double>(c.p.weight_scale) * c.weight[e * 4 + k] *
             static_cast<double>(c.p.input_scale) *
             c.sample(s, static_cast<std::ptrdiff_t>(t + k) - 3, e);
    }
    const double u = v / (1.0 + std::exp(-v)) / static_cast<double>(c.p.output_scale);
    return std::min(127.0, std::max(-128.0, u));
}

TEST(Conv1d, BothFormsAgreeWithDoubleUnlessNearlyTied) {
    const Case c(3, 40, 64, 1);
    for (const Result& r : {prefill(c), decode(c)}) {
        for (std::size_t s = 0; s < c.batch; ++s) {
            for (std::size_t t = 0; t < c.tokens; ++t) {
                for (std::size_t e = 0; e < c.p.channels; ++e) {
                    ASSERT_NEAR(r.output[(s * c.tokens + t) * c.p.channels + e],
                                exact_code(c, s, t, e), 0.5 + 2e-4)
                        << s << " " << t << " " << e;
                }
            }
        }
    }
}

/// kernels.md 1.2, "Q1 fwd channel-first" and "Q1 update", for the newest sample of one channel.
float forward_sum(const Case& c) {
    float acc = 0;
    for (std::size_t k = 0; k < 4; ++k) {
        acc += static_cast<float>(c.weight[k] * c.x[k]);
    }
    const float scale = c.p.weight_scale * c.p.input_scale;
    return std::fma(scale, acc, static_cast<float>(c.bias[0]) * c.p.bias_scale);
}
float update_sum(const Case& c) {
    const float scale = c.p.weight_scale * c.p.input_scale;
    float v = static_cast<float>(c.bias[0]) * c.p.bias_scale;
    for (std::size_t k = 0; k < 4; ++k) {
        const float p = scale * static_cast<float>(c.weight[k]);
        v = std::fma(p, static_cast<float>(c.x[k]), v);
    }
    return v;
}

/// What the newest sample of one channel is quantized from.
float last_fp32(const Case& c, bool update) {
    float values[4] = {};
    if (update) {
        conv1d_update_fp32(c.p, 1, c.x.data(), values + 3);
    } else {
        conv1d_prefill_fp32(c.p, c.input(), 1, 4, values);
    }
    return values[3];
}

TEST(Conv1d, EachFormIsExactlyItsOwn) {
    std::size_t differ = 0;
    for (std::uint32_t trial = 0; trial < 3000; ++trial) {
        Case c(1, 4, 1, trial);
        const float sums[2] = {forward_sum(c), update_sum(c)};
        differ += sums[0] != sums[1] ? 1U : 0U;
        for (const bool update : {false, true}) {
            const float v = sums[update ? 1 : 0];
            const float silu = v / (1.0F + arith::exp(-v));
            ASSERT_EQ(last_fp32(c, update), silu) << trial << update;
            // A scale that puts the quotient within an ulp of the tie 2.5: the code shows the last
            // bit of everything before.
            c.p.output_scale = std::fabs(silu) / 2.5F;
            if (c.p.output_scale > 0x1p-126F) {
                const std::int8_t got = (update ? decode(c) : prefill(c)).output[3];
                ASSERT_EQ(got, arith::quantize_rha(silu / c.p.output_scale)) << trial << update;
            }
        }
    }
    EXPECT_GT(differ, 500U) << "prefill and decode round differently";
}

TEST(Conv1d, RoundsHalfAwayFromZero) {
    // v = 192 * 2.5 / 192 with SiLU as identity: 480 / 192 = 2.5 exactly.
    Case c(1, 1, 2, 3);
    c.weight = {0, 0, 0, 15, 0, 0, 0, 21};
    c.x = {32, 32};
    c.bias = {0, 0};
    c.p = {2, c.weight.data(), c.bias.data(), 1.0F, 1.0F, 1.0F, 192.0F};
    EXPECT_EQ(prefill(c).output, (std::vector<std::int8_t>{3, 4}));  // 2.5 and 3.5
    EXPECT_EQ(decode(c).output, (std::vector<std::int8_t>{3, 4}));
}

TEST(Conv1d, StateIsTheLastFourInputsLeftPadded) {
    for (const std::size_t tokens : {1U, 2U, 3U, 4U, 5U, 9U}) {
        const Case c(2, tokens, 8, 4);
        const Result forward = prefill(c);
        EXPECT_EQ(forward.state, decode(c).state);
        for (std::size_t s = 0; s < 2; ++s) {
            for (std::size_t e = 0; e < 8; ++e) {
                for (std::size_t k = 0; k < 4; ++k) {
                    const auto t = static_cast<std::ptrdiff_t>(tokens + k) - 4;
                    EXPECT_EQ(forward.state[(s * 8 + e) * 4 + k], c.sample(s, t, e));
                }
            }
        }
    }
}

TEST(Conv1d, ReadsOnlyItsColumnsOfWiderRows) {
    const Case c(2, 7, 8, 5);
    std::vector<std::int8_t> wide(c.x.size() * 2, 77);
    for (std::size_t r = 0; r < 14; ++r) {
        std::copy_n(c.x.begin() + static_cast<std::ptrdiff_t>(8 * r), 8,
                    wide.begin() + static_cast<std::ptrdiff_t>(16 * r));
    }
    Result r{std::vector<std::int8_t>(c.x.size()), std::vector<std::int8_t>(64)};
    conv1d_prefill(c.p, {wide.data(), 16, 0}, 2, 7, r.output.data(), r.state.data());
    EXPECT_EQ(r.output, prefill(c).output);
    EXPECT_EQ(r.state, prefill(c).state);
}

TEST(Conv1d, VeryNegativeSumsGiveZeroAndSaturationHolds) {
    Case c(1, 1, 3, 6);
    c.weight = {0, 0, 0, 127, 0, 0, 0, 127, 0, 0, 0, 1};
    c.x = {-128, 127, 0};
    c.bias = {0, 0, 0};
    c.p = {3, c.weight.data(), c.bias.data(), 1.0F, 1.0F, 1.0F, 1.0F};
    EXPECT_EQ(prefill(c).output, (std::vector<std::int8_t>{0, 127, 0}));
}

}  // namespace
}  // namespace mambasic::golden
