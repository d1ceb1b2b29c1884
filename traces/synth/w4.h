// Offline quantization to 4 bits (kernels.md 2.3, 5), without GPTQ: every row by itself, so a
// weight of any size needs only the row in hand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "golden/arithmetic.h"

namespace mambasic::traces::synth {

/// One output channel of a W4 linear.
struct W4Row {
    std::vector<std::uint8_t> codes;   // [k], u in 0..15; 8 stands for zero
    std::vector<arith::Half> s_group;  // [k / 128]: step of a group's codes, in steps of int8
    float s_channel = 0;               // step of the int8 weight
};

/// `values` hold FP16 numbers; k is a multiple of 128.
W4Row quantize_w4_row(const float* values, std::size_t k);

/// What the hardware multiplies with: rhe((u - 8) * s_group), the product exact.
std::int8_t expanded_w4(std::uint8_t code, arith::Half s_group);

/// The scale of one embedding row: its signed maximum over 8. A row without a positive entry would
/// get a scale <= 0; there, and only there, this takes the magnitude.
float w4_embedding_scale(const float* row, std::size_t width);
/// u in 0..15.
std::uint8_t w4_embedding_code(float value, float scale);

/// Two codes to a byte, the earlier one in the low half.
void pack_nibbles(const std::uint8_t* codes, std::size_t count, std::uint8_t* packed);

}  // namespace mambasic::traces::synth
