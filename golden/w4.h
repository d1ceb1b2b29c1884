// 4-bit weights with two levels of scales, as QQQ and Marlin store them: what a code expands to,
// and where the packed layout keeps it. Spec: kernels.md 2.3. Not modelled: the garbage that
// upstream's expansion makes of products beyond +-127.5.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "golden/arithmetic.h"

namespace mambasic::golden {

/// rhe((code - 8) * group_scale), one rounding; code is 0 .. 15. Saturates.
std::int8_t expand_w4(std::uint32_t code, arith::Half group_scale);

/// A linear's 4-bit weight in the order of its channels.
struct PlainW4 {
    std::size_t n = 0;                     // output channels, a multiple of 64
    std::size_t k = 0;                     // a multiple of 128
    std::vector<std::uint8_t> codes;       // [n][k], 0 .. 15
    std::vector<arith::Half> group_scale;  // [k / 128][n]
    std::vector<float> channel_scale;      // [n]
};

/// Upstream's packed layout: weight [k / 16][2n], and scales of which each 64 (s_group [k /
/// 128][n]) or 32 (s_channel [n]) are permuted.
PlainW4 unpack_w4(const std::int32_t* weight, const arith::Half* s_group, const float* s_channel,
                  std::size_t n, std::size_t k);

/// [n][k], what the codes expand to.
std::vector<std::int8_t> expand_w4(const PlainW4& weight);

}  // namespace mambasic::golden
