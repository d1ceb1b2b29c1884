#include "golden/w4.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "tests/golden/random_layer.h"

namespace mambasic::golden {
namespace {

/// An FP16 number as an integer times 2^-24, the smallest one.
std::int64_t in_smallest_steps(arith::Half scale) {
    const int exponent = scale >> 10;
    const std::int64_t mantissa = scale & 0x3FF;
    return exponent == 0 ? mantissa : (mantissa + 1024) << (exponent - 1);
}

/// Integers only: the nearest multiple of 2^24, the even one of two.
std::int64_t rounded(std::int64_t steps) {
    const std::int64_t one = std::int64_t{1} << 24;
    const std::int64_t down = steps >= 0 ? steps / one : -((-steps + one - 1) / one);
    const std::int64_t rest = 2 * (steps - down * one);
    return down + (rest > one || (rest == one && down % 2 != 0) ? 1 : 0);
}

TEST(ExpandW4, EveryCodeAndEveryPositiveScaleRoundsOnce) {
    std::int64_t ties = 0;
    for (std::uint32_t bits = 0; bits < 0x7C00; ++bits) {
        const auto scale = static_cast<arith::Half>(bits);
        for (std::uint32_t code = 0; code < 16; ++code) {
            const std::int64_t product =
                (static_cast<std::int64_t>(code) - 8) * in_smallest_steps(scale);
            const std::int64_t want = rounded(product);
            if (want >= -128 && want <= 127) {
                ASSERT_EQ(expand_w4(code, scale), want) << code << " " << bits;
                ties += (product % (std::int64_t{1} << 24)) * 2 == std::int64_t{1} << 24 ? 1 : 0;
            }
        }
    }
    EXPECT_GT(ties, 100);
}

TEST(ExpandW4, ByHand) {
    EXPECT_EQ(expand_w4(8, arith::to_half(17.0F)), 0);
    EXPECT_EQ(expand_w4(15, arith::to_half(18.125F)), 127);  // 126.875
    EXPECT_EQ(expand_w4(0, arith::to_half(15.875F)), -127);
    EXPECT_EQ(expand_w4(9, arith::to_half(2.5F)), 2);
    EXPECT_EQ(expand_w4(7, arith::to_half(3.5F)), -4);
    EXPECT_EQ(expand_w4(13, arith::to_half(0.5F)), 2);  // 2.5
}

/// What a checkpoint holds.
struct Packed {
    std::vector<std::int32_t> weight;
    std::vector<arith::Half> s_group;
    std::vector<float> s_channel;
};

/// The way a warp takes a weight: a lane holds, of each 16 x 16 tile (four side by side), rows
/// 4 (lane mod 4) .. + 3 of column lane / 4, and of the column 8 further. Even elements of its
/// eight go to the low half of the word, odd ones to the high half.
void put_code(const PlainW4& plain, std::size_t n, std::size_t k, Packed& packed) {
    const std::size_t lane = n % 8 * 4 + k % 16 / 4;
    const std::size_t element = n % 16 / 8 * 4 + k % 4;
    const std::size_t nibble = element / 2 + element % 2 * 4;
    const std::size_t word = k / 16 * 2 * plain.n + n / 64 * 128 + lane * 4 + n % 64 / 16;
    const auto code = static_cast<std::uint32_t>(plain.codes[n * plain.k + k]);
    packed.weight[word] = static_cast<std::int32_t>(
        static_cast<std::uint32_t>(packed.weight[word]) | code << (4 * nibble));
}

/// A lane reads side by side the group scales of its column in eight blocks of eight columns, and
/// the channel scales of its pair of columns in four such blocks.
Packed pack(const PlainW4& plain) {
    Packed packed;
    packed.weight.resize(plain.k / 16 * 2 * plain.n);
    for (std::size_t n = 0; n < plain.n; ++n) {
        for (std::size_t k = 0; k < plain.k; ++k) {
            put_code(plain, n, k, packed);
        }
    }
    packed.s_group.resize(plain.group_scale.size());
    packed.s_channel.resize(plain.n);
    for (std::size_t n = 0; n < plain.n; ++n) {
        const std::size_t stored = n / 64 * 64 + n % 8 * 8 + n % 64 / 8;
        for (std::size_t group = 0; group < plain.k / 128; ++group) {
            packed.s_group[group * plain.n + stored] = plain.group_scale[group * plain.n + n];
        }
        packed.s_channel[n / 32 * 32 + n % 8 / 2 * 8 + n % 32 / 8 * 2 + n % 2] =
            plain.channel_scale[n];
    }
    return packed;
}

PlainW4 random_w4(std::size_t n, std::size_t k, std::uint32_t seed) {
    std::mt19937 rng(seed);
    PlainW4 plain;
    plain.n = n;
    plain.k = k;
    for (const std::int8_t code : random_codes(rng, n * k, 0, 15)) {
        plain.codes.push_back(static_cast<std::uint8_t>(code));
    }
    plain.group_scale = random_halves(rng, k / 128 * n, 9.0F);
    plain.channel_scale = random_floats(rng, n, 1.0F);
    return plain;
}

TEST(UnpackW4, UndoesThePacking) {
    for (const auto& size : {std::pair<std::size_t, std::size_t>{64, 128}, {192, 384}}) {
        const PlainW4 plain = random_w4(size.first, size.second, 1);
        const Packed packed = pack(plain);
        const PlainW4 got = unpack_w4(packed.weight.data(), packed.s_group.data(),
                                      packed.s_channel.data(), plain.n, plain.k);
        EXPECT_EQ(got.codes, plain.codes);
        EXPECT_EQ(got.group_scale, plain.group_scale);
        EXPECT_EQ(got.channel_scale, plain.channel_scale);
    }
}

TEST(UnpackW4, PlacesWorkedFromTheClosedForm) {
    std::vector<std::int32_t> weight(128 / 16 * 128);
    std::vector<arith::Half> s_group(64);
    std::vector<float> s_channel(64);
    // Row 2, column 4 * 13 + 3: lane 13, word 3. Nibble 6 is element 5: k = 32 + 4 + 1, n = 48 + 3
    // + 8.
    weight[2 * 128 + 55] = 0x0B000000;
    s_group[8 * 3 + 5] = 0x3C00;    // channel 3 + 40
    s_channel[32 + 8 * 2 + 3] = 7;  // channel 32 + 4 + 9
    const PlainW4 got = unpack_w4(weight.data(), s_group.data(), s_channel.data(), 64, 128);
    for (std::size_t i = 0; i < got.codes.size(); ++i) {
        EXPECT_EQ(got.codes[i], i == 59 * 128 + 37 ? 0xB : 0) << i;
    }
    EXPECT_EQ(got.group_scale[43], 0x3C00);
    EXPECT_EQ(got.channel_scale[45], 7.0F);
}

TEST(ExpandW4, TakesTheScaleOfItsGroup) {
    PlainW4 plain = random_w4(64, 256, 2);
    plain.codes.assign(plain.codes.size(), 9);
    const std::vector<std::int8_t> expanded = expand_w4(plain);
    for (std::size_t i = 0; i < expanded.size(); ++i) {
        const arith::Half scale = plain.group_scale[i % 256 / 128 * 64 + i / 256];
        ASSERT_EQ(expanded[i], std::nearbyint(arith::from_half(scale))) << i;
    }
}

}  // namespace
}  // namespace mambasic::golden
