#include "golden/w4.h"

#include "traces/linear.h"

namespace mambasic::golden {
namespace {

constexpr std::uint32_t kZeroPoint = 8;
constexpr std::size_t kTile = 16;           // rows and columns of a tile of the matrix unit
constexpr std::size_t kBlock = 64;          // channels that a row of packed words takes together
constexpr std::size_t kWordsOfBlock = 128;  // 32 lanes of 4 words
constexpr std::size_t kNibbles = 8;

/// Nibble t of a word is element kElement[t] of its lane's eight.
constexpr std::size_t kElement[kNibbles] = {0, 2, 4, 6, 1, 3, 5, 7};

void unpack_word(std::uint32_t word, std::size_t tile_row, std::size_t column, PlainW4& out) {
    const std::size_t block = column / kWordsOfBlock;
    const std::size_t lane = column % kWordsOfBlock / 4;
    const std::size_t tile = column % 4;
    for (std::size_t t = 0; t < kNibbles; ++t) {
        const std::size_t element = kElement[t];
        const std::size_t k = kTile * tile_row + 4 * (lane % 4) + element % 4;
        const std::size_t n = kBlock * block + kTile * tile + lane / 4 + kNibbles * (element / 4);
        out.codes[n * out.k + k] = static_cast<std::uint8_t>((word >> (4 * t)) & 0xFU);
    }
}

/// In each 64 columns, stored[8i + j] is logical[i + 8j].
std::size_t channel_of_group_scale(std::size_t stored) {
    const std::size_t inside = stored % kBlock;
    return stored - inside + inside / 8 + 8 * (inside % 8);
}

/// In each 32 columns, stored[8i + t] is logical[2i + kOffset[t]].
std::size_t channel_of_channel_scale(std::size_t stored) {
    constexpr std::size_t kOffset[8] = {0, 1, 8, 9, 16, 17, 24, 25};
    const std::size_t inside = stored % 32;
    return stored - inside + 2 * (inside / 8) + kOffset[inside % 8];
}

}  // namespace

std::int8_t expand_w4(std::uint32_t code, arith::Half group_scale) {
    const auto centred = static_cast<float>(static_cast<std::int32_t>(code & 0xFU) -
                                            static_cast<std::int32_t>(kZeroPoint));
    return arith::quantize_rhe(centred * arith::from_half(group_scale));  // 15 bits: exact
}

PlainW4 unpack_w4(const std::int32_t* weight, const arith::Half* s_group, const float* s_channel,
                  std::size_t n, std::size_t k) {
    PlainW4 out;
    out.n = n;
    out.k = k;
    out.codes.resize(n * k);
    for (std::size_t row = 0; row < k / kTile; ++row) {
        for (std::size_t column = 0; column < 2 * n; ++column) {
            unpack_word(static_cast<std::uint32_t>(weight[row * 2 * n + column]), row, column, out);
        }
    }
    out.group_scale.resize(k / traces::kW4Group * n);
    for (std::size_t i = 0; i < out.group_scale.size(); ++i) {
        out.group_scale[i / n * n + channel_of_group_scale(i % n)] = s_group[i];
    }
    out.channel_scale.resize(n);
    for (std::size_t i = 0; i < n; ++i) {
        out.channel_scale[channel_of_channel_scale(i)] = s_channel[i];
    }
    return out;
}

std::vector<std::int8_t> expand_w4(const PlainW4& weight) {
    std::vector<std::int8_t> expanded(weight.n * weight.k);
    for (std::size_t n = 0; n < weight.n; ++n) {
        for (std::size_t k = 0; k < weight.k; ++k) {
            const arith::Half scale = weight.group_scale[k / traces::kW4Group * weight.n + n];
            expanded[n * weight.k + k] = expand_w4(weight.codes[n * weight.k + k], scale);
        }
    }
    return expanded;
}

}  // namespace mambasic::golden
