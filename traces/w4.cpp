#include "traces/w4.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>

#include "traces/linear.h"

namespace mambasic::traces {

namespace {

constexpr int kZero = 8;  // the code that stands for 0

int nibble(unsigned word, unsigned index) {
    return static_cast<int>((word >> (4 * index)) & 15U) - kZero;
}

unsigned word_at(const std::byte* codes, std::uint64_t index) {
    std::uint32_t word = 0;
    std::memcpy(&word, codes + index * sizeof(word), sizeof(word));
    return word;
}

int plain_code(const std::byte* codes, std::uint64_t index) {
    return nibble(std::to_integer<unsigned>(codes[index / 2]), index % 2);
}

// Upstream stores the even ones of eight consecutive codes first: where each one went.
unsigned interleaved(std::uint32_t position) { return position / 2 + 4 * (position % 2); }

// The inverse of FORMAT.md's closed form: which word, and which nibble of it.
int packed_code(const W4Linear& linear, std::uint32_t column, std::uint32_t row) {
    const std::uint32_t in_block = column % 64;
    const std::uint32_t in_tile = row % 16;
    const std::uint32_t lane = 4 * (in_block % 8) + in_tile / 4;
    const std::uint32_t m = 4 * (in_block / 8 % 2) + in_tile % 4;
    const std::uint64_t words = 2ULL * linear.n_padded;
    const std::uint64_t at = row / 16 * words + column / 64 * 128ULL + 4ULL * lane + in_block / 16;
    return nibble(word_at(linear.codes, at), interleaved(m));
}

std::array<std::int8_t, 16> weights_of_codes(float scale) {
    std::array<std::int8_t, 16> out{};
    for (int u = 0; u < 16; ++u) {
        if (!expands_to_int8(u - kZero, scale)) continue;  // open() saw that nobody uses this code
        // The product of 11 and 4 bits is exact, so it is rounded once; nearbyint goes to even.
        out[static_cast<std::size_t>(u)] =
            static_cast<std::int8_t>(std::nearbyint(static_cast<float>(u - kZero) * scale));
    }
    return out;
}

}  // namespace

float half_value(std::uint16_t bits) {
    const int exponent = (bits >> 10) & 31;
    const int fraction = bits & 1023;
    const int significand = exponent == 0 ? fraction : fraction + 1024;
    const float magnitude =
        exponent == 31 ? (fraction == 0 ? INFINITY : NAN)
                       : std::ldexp(static_cast<float>(significand), std::max(exponent, 1) - 25);
    return (bits & 0x8000U) != 0 ? -magnitude : magnitude;
}

int W4Linear::code(std::uint32_t column, std::uint32_t row) const {
    return packed ? packed_code(*this, column, row)
                  : plain_code(codes, std::uint64_t{column} * k + row);
}

float W4Linear::group_scale(std::uint32_t group, std::uint32_t column) const {
    const std::uint32_t in_block = column % 64;
    const std::uint32_t at =
        packed ? column - in_block + 8 * (in_block % 8) + in_block / 8 : column;
    return half_value(s_group[std::uint64_t{group} * n_padded + at]);
}

float W4Linear::channel_scale(std::uint32_t column) const {
    // FORMAT.md's 8i + t, turned round: i counts pairs of columns, t their parity and their eighth.
    const std::uint32_t in_block = column % 32;
    const std::uint32_t within = 8 * (in_block % 8 / 2) + in_block % 2 + 2 * (in_block / 8);
    return s_channel[packed ? column - in_block + within : column];
}

bool expands_to_int8(int code, float group_scale) {
    const float product = static_cast<float>(code) * group_scale;
    return product >= -127.5F && product < 127.5F;
}

Expanded expand(const W4Linear& linear) {
    Expanded out;
    out.weight.resize(std::uint64_t{linear.n_padded} * linear.k);
    out.column.resize(linear.n_padded);
    std::int8_t* weight = out.weight.data();
    for (std::uint32_t column = 0; column < linear.n_padded; ++column) {
        out.column[column] = linear.channel_scale(column);
        for (std::uint32_t row = 0; row < linear.k; row += kW4Group) {
            const auto weight_of = weights_of_codes(linear.group_scale(row / kW4Group, column));
            for (std::uint32_t i = 0; i < kW4Group; ++i) {
                const int u = linear.code(column, row + i) + kZero;
                *weight++ = weight_of[static_cast<std::size_t>(u)];
            }
        }
    }
    return out;
}

Expanded unpack_embedding(const std::byte* codes, bool packed, std::uint32_t vocab,
                          std::uint32_t channels) {
    Expanded out;
    out.weight.resize(std::uint64_t{vocab} * channels);
    for (std::uint64_t i = 0; i < out.weight.size(); ++i) {
        const int code =
            packed ? nibble(word_at(codes, i / 8), interleaved(i % 8)) : plain_code(codes, i);
        out.weight[i] = static_cast<std::int8_t>(code);
    }
    return out;
}

}  // namespace mambasic::traces
