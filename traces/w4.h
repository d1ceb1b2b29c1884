// 4-bit weights as a file holds them, plain or in upstream's packed words, and the int8 weights
// that they stand for (kernels.md 2.3, 5; FORMAT.md "Linears").
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace mambasic::traces {

/// FP16 bits; exact.
float half_value(std::uint16_t bits);

/// A linear's stored tensors. n and k count logical columns and rows, whatever the layout.
struct W4Linear {
    const std::byte* codes = nullptr;
    const std::uint16_t* s_group = nullptr;  // FP16 [k / 128][n_padded]
    const float* s_channel = nullptr;        // [n_padded]
    std::uint32_t n_padded = 0;              // a multiple of 64
    std::uint32_t k = 0;                     // a multiple of 128
    bool packed = false;

    /// u - 8, -8 to 7.
    int code(std::uint32_t column, std::uint32_t row) const;
    float group_scale(std::uint32_t group, std::uint32_t column) const;
    float channel_scale(std::uint32_t column) const;
};

/// What the arithmetic works with; both in the order of the columns.
struct Expanded {
    std::vector<std::int8_t> weight;  // [n_padded][k]
    std::vector<float> column;        // [n_padded]: s_channel; empty for an embedding
};

/// False where a code's weight is not the int8 that FORMAT.md promises: upstream then wraps.
bool expands_to_int8(int code, float group_scale);

Expanded expand(const W4Linear& linear);

/// The codes u - 8 of an embedding [vocab][channels], whose scale stays apart.
Expanded unpack_embedding(const std::byte* codes, bool packed, std::uint32_t vocab,
                          std::uint32_t channels);

}  // namespace mambasic::traces
