// A state becomes a code by a division (ssm.md 1.4, 2.2, 3.6, 4). A product with the reciprocal of
// its scale differs next to ties only, so these scales put every state there.
#include <gtest/gtest.h>

#include <cmath>

#include "models/ssm/ssd_function.h"
#include "models/ssm/ssm_function.h"
#include "tests/models/function_test_support.h"

namespace mambasic::models {
namespace {

constexpr std::uint64_t kStates = 250;

using Round = std::int8_t (*)(float);

/// One channel and token that begins with states of zero: what its states become does not depend
/// on their scales.
struct OneToken {
    bool decode = false;
    std::vector<std::int8_t> bc = test::Random(5).codes(2 * kStates);
    std::vector<std::int8_t> a_log = std::vector<std::int8_t>(kStates, 1);
    std::vector<std::int8_t> codes = std::vector<std::int8_t>(kStates, 0);
    std::vector<float> state_scales = std::vector<float>(kStates, 1.0F);
    std::vector<float> carry = std::vector<float>(kStates, 0.0F);
    std::int8_t u = 77, dt = 31, z = 5, d = 3, dt_bias = 2;
    float u_scale = 0.0317F;
    std::uint32_t cell = 0;
    arith::Half y = 0;

    void run() {
        SsmTile tile;
        tile.shape = {1, 1, 1, kStates};
        tile.decode = decode;
        tile.last_tile = !decode;
        tile.u = {&u, 1, 1, 0};
        tile.dt = {&dt, 1, 1, 0.05F};
        tile.z = {&z, 1, 1, 0.04F};
        tile.b = {bc.data(), 2 * kStates, 2 * kStates, 0.0213F};
        tile.c = {bc.data() + kStates, 2 * kStates, 2 * kStates, 0.0213F};
        tile.weights = {a_log.data(), &d, &dt_bias, 0.02F, 0.01F, 0.03F, 0.0F};
        tile.cells = {&u_scale, state_scales.data(), &cell};
        tile.carry = carry.data();
        tile.state = codes.data();
        tile.y = &y;
        tile.y_stride = tile.y_sequence_stride = 1;
        codes.assign(kStates, 0);
        if (!decode) carry.assign(kStates, 0.0F);
        ssm_compute({}, {}, tile);
    }
};

/// The same of Mamba2's recurrence; a prompt's states are rounded to FP16 before they are divided.
struct OneHead {
    bool decode = false;
    std::vector<std::int8_t> bc = test::Random(6).codes(2 * kStates);
    std::vector<std::int8_t> codes = std::vector<std::int8_t>(kStates, 0);
    std::vector<float> state_scales = std::vector<float>(kStates, 1.0F);
    std::vector<float> carry = std::vector<float>(kStates, 0.0F);
    std::int8_t x = 77, dt = 31, a_log = 1, d = 3;
    arith::Half dt_bias = arith::to_half(0.1F), y = 0;
    float x_scale = 0.0317F, bc_scale = 0.0213F;
    std::uint32_t cell = 0;

    void run() {
        SsmConfig config;
        config.ssd_sum.tree_width = 8;
        SsdTile tile;
        tile.shape = {1, 1, 1, 1, kStates};
        tile.decode = decode;
        tile.last_tile = !decode;
        tile.x = {&x, 1, 1};
        tile.dt = {&dt, 1, 1};
        tile.b = {bc.data(), 2 * kStates, 2 * kStates};
        tile.c = {bc.data() + kStates, 2 * kStates, 2 * kStates};
        tile.weights = {&a_log, &d, &dt_bias, 0.02F, 0.01F, 0.05F};
        tile.scales = {&x_scale, &bc_scale, &bc_scale, state_scales.data(), &cell, kStates};
        tile.carry = carry.data();
        tile.state = codes.data();
        tile.state_sequence_stride = kStates;
        tile.y = &y;
        tile.y_stride = tile.y_sequence_stride = 1;
        codes.assign(kStates, 0);
        if (!decode) carry.assign(kStates, 0.0F);
        ssd_compute(config, {}, tile);
        for (float& h : carry) h = decode ? h : arith::from_half(arith::to_half(h));
    }
};

/// A scale for which the quotient and the product with the reciprocal round to different codes; 0
/// where there is none next to this tie.
float telling_scale(float h, float tie, Round round) {
    constexpr int kNeighbours = 40;
    float scale = std::fabs(h) / tie;
    for (int i = 0; i < kNeighbours / 2; ++i) scale = std::nextafter(scale, 0.0F);
    for (int i = 0; i < kNeighbours; ++i) {
        const float reciprocal = 1.0F / scale;
        if (round(h / scale) != round(h * reciprocal)) return scale;
        scale = std::nextafter(scale, 1e30F);
    }
    return 0;
}

template <typename Token>
void expect_division(bool decode, Round round) {
    Token token;
    token.decode = decode;
    token.run();
    const std::vector<float> states = token.carry;
    std::size_t telling = 0;
    for (std::size_t n = 0; n < kStates; ++n) {
        constexpr int kTies = 90;
        float scale = 0;
        for (int k = 0; k < kTies && scale == 0 && states[n] != 0; ++k) {
            scale = telling_scale(states[n], static_cast<float>(k + 20) + 0.5F, round);
        }
        token.state_scales[n] = scale == 0 ? 1.0F : scale;
        telling += scale == 0 ? 0 : 1;
    }
    EXPECT_GT(telling, kStates / 2);
    token.run();
    for (std::size_t n = 0; n < kStates; ++n) {
        ASSERT_EQ(token.carry[n], states[n]);
        EXPECT_EQ(token.codes[n], round(states[n] / token.state_scales[n])) << n;
    }
}

TEST(SsmStateCode, OfADecodedTokenIsAQuotientHalfToEven) {
    expect_division<OneToken>(true, arith::quantize_rhe);
}

TEST(SsmStateCode, OfAPromptIsAQuotientHalfAwayFromZero) {
    expect_division<OneToken>(false, arith::quantize_rha);
}

TEST(SsdStateCode, OfADecodedTokenIsAQuotient) {
    expect_division<OneHead>(true, arith::quantize_rhe);
}

TEST(SsdStateCode, OfAPromptIsAQuotientOfItsHalf) {
    expect_division<OneHead>(false, arith::quantize_rhe);
}

}  // namespace
}  // namespace mambasic::models
