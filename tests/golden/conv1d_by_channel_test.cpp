// Mamba2's convolution: scales by channel, and a decode that rounds in an order of its own.
#include <gtest/gtest.h>

#include <cmath>

#include "golden/conv1d.h"
#include "tests/golden/oracle.h"
#include "tests/golden/random_layer.h"

namespace mambasic::golden {
namespace {

constexpr std::size_t kChannels = 600;

struct Case {
    std::size_t batch, tokens;
    std::vector<std::int8_t> x, weight, bias;
    Conv1dByChannel p;
    Case(std::size_t b, std::size_t l, std::uint32_t seed) : batch(b), tokens(l) {
        std::mt19937 rng(seed);
        x = random_codes(rng, b * l * kChannels);
        weight = random_codes(rng, kChannels * 4);
        bias = random_codes(rng, kChannels);
        std::uniform_real_distribution<float> spread(0.5F, 1.5F);
        p = {weight.data(), bias.data(), {}};
        for (std::size_t e = 0; e < kChannels; ++e) {
            p.scales.push_back(
                {0.000093F * spread(rng), 0.007F * spread(rng), 0.02F * spread(rng)});
        }
    }
    std::int8_t sample(std::size_t s, std::size_t t, std::size_t k, std::size_t e) const {
        return t + k < 3 ? std::int8_t{0} : x[(s * tokens + t + k - 3) * kChannels + e];
    }
    /// kernels.md 1.2, "Q2 fwd".
    float prefill_sum(std::size_t s, std::size_t t, std::size_t e) const {
        int acc = 0;
        for (std::size_t k = 0; k < 4; ++k) {
            acc += weight[e * 4 + k] * sample(s, t, k, e);
        }
        const float bias_part = p.scales[e].bias * bias[e];
        return std::fma(p.scales[e].tap, static_cast<float>(acc), bias_part);
    }
    /// "Q2 update".
    float update_sum(std::size_t s, std::size_t t, std::size_t e) const {
        float tap[4];
        for (std::size_t k = 0; k < 4; ++k) {
            tap[k] = p.scales[e].tap * weight[e * 4 + k];
        }
        const float oldest = tap[0] * sample(s, t, 0, e);
        float v = std::fma(static_cast<float>(bias[e]), p.scales[e].bias, oldest);
        for (std::size_t k = 1; k < 4; ++k) {
            v = std::fma(tap[k], static_cast<float>(sample(s, t, k, e)), v);
        }
        return v;
    }
};

std::int8_t code(float v, float output_scale) { return away_code(arith::silu(v) / output_scale); }

struct Result {
    std::vector<std::int8_t> output, state;
};

Result prefill(const Case& c) {
    Result r{std::vector<std::int8_t>(c.x.size()),
             std::vector<std::int8_t>(c.batch * kChannels * 4, 99)};
    conv1d_prefill(c.p, {c.x.data(), kChannels, 0}, c.batch, c.tokens, r.output.data(),
                   r.state.data());
    return r;
}

/// The last token of each sequence, after the three before it were put in by hand.
Result update_last(const Case& c) {
    Result r{std::vector<std::int8_t>(c.batch * kChannels),
             std::vector<std::int8_t>(c.batch * kChannels * 4, 99)};
    for (std::size_t s = 0; s < c.batch; ++s) {
        for (std::size_t e = 0; e < kChannels; ++e) {
            for (std::size_t k = 0; k < 3; ++k) {
                r.state[(s * kChannels + e) * 4 + k + 1] = c.sample(s, c.tokens - 1, k, e);
            }
        }
    }
    const Int8Rows last{c.x.data() + (c.tokens - 1) * kChannels, c.tokens * kChannels, 0};
    conv1d_update(c.p, last, c.batch, r.output.data(), r.state.data());
    return r;
}

TEST(Conv1dByChannel, PrefillIsTheFormulaWithEachChannelsScales) {
    for (const std::size_t tokens : {1U, 3U, 4U, 33U}) {
        const Case c(2, tokens, 1);
        const Result r = prefill(c);
        std::vector<float> fp32(r.output.size());
        conv1d_prefill_fp32(c.p, {c.x.data(), kChannels, 0}, c.batch, c.tokens, fp32.data());
        for (std::size_t i = 0; i < r.output.size(); ++i) {
            const std::size_t e = i % kChannels;
            const std::size_t row = i / kChannels;
            const float v = c.prefill_sum(row / tokens, row % tokens, e);
            ASSERT_EQ(r.output[i], code(v, c.p.scales[e].output)) << i;
            ASSERT_EQ(fp32[i], arith::silu(v)) << i;
        }
    }
}

TEST(Conv1dByChannel, UpdateIsTheFormulaAndLeavesPrefillsState) {
    for (const std::size_t tokens : {1U, 2U, 5U}) {
        const Case c(3, tokens, 2);
        const Result r = update_last(c);
        std::vector<float> fp32(r.output.size());
        conv1d_update_fp32(c.p, c.batch, r.state.data(), fp32.data());
        for (std::size_t i = 0; i < r.output.size(); ++i) {
            const std::size_t e = i % kChannels;
            const float v = c.update_sum(i / kChannels, tokens - 1, e);
            ASSERT_EQ(r.output[i], code(v, c.p.scales[e].output)) << i;
            ASSERT_EQ(fp32[i], arith::silu(v)) << i;
        }
        EXPECT_EQ(r.state, prefill(c).state);
    }
}

/// Output scales that bring every channel's quotient to within an ulp of the tie 2.5.
void quantize_at_a_tie(Case& c, bool decode) {
    for (std::size_t e = 0; e < kChannels; ++e) {
        const float v = decode ? c.update_sum(0, 3, e) : c.prefill_sum(0, 3, e);
        c.p.scales[e].output = std::abs(arith::silu(v)) / 2.5F;
    }
}

/// Mamba1's decode: the bias product is rounded, all taps come in by fma.
float mamba1_sum(const Case& c, std::size_t e) {
    float v = c.p.scales[e].bias * c.bias[e];
    for (std::size_t k = 0; k < 4; ++k) {
        v = std::fma(c.p.scales[e].tap * c.weight[e * 4 + k],
                     static_cast<float>(c.sample(0, 3, k, e)), v);
    }
    return v;
}

TEST(Conv1dByChannel, RoundingsToTheLastBit) {
    Case c(1, 4, 3);
    quantize_at_a_tie(c, true);
    const Result decoded = update_last(c);
    int as_mamba1 = 0;
    int as_prefill = 0;
    for (std::size_t e = 0; e < kChannels; ++e) {
        const std::int8_t want = code(c.update_sum(0, 3, e), c.p.scales[e].output);
        ASSERT_EQ(decoded.output[e], want) << e;
        as_mamba1 += code(mamba1_sum(c, e), c.p.scales[e].output) != want ? 1 : 0;
        as_prefill += code(c.prefill_sum(0, 3, e), c.p.scales[e].output) != want ? 1 : 0;
    }
    EXPECT_GT(as_mamba1, 20) << "this test must tell the orders apart";
    EXPECT_GT(as_prefill, 20);
    quantize_at_a_tie(c, false);
    const Result prefilled = prefill(c);
    for (std::size_t e = 0; e < kChannels; ++e) {
        ASSERT_EQ(prefilled.output[3 * kChannels + e],
                  code(c.prefill_sum(0, 3, e), c.p.scales[e].output))
            << e;
    }
}

}  // namespace
}  // namespace mambasic::golden
