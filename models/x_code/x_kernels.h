// The loops over rows of words, compiled once per instruction set.
#pragma once

#include "models/x_code/x_words.h"

namespace mambasic::models {

/// What the convolution makes of an element before a row is complete: both codes, and these bits.
constexpr std::uint8_t kXFlag = 1;      // wants the high scale
constexpr std::uint8_t kXLowHeld = 2;   // clamp held the low code
constexpr std::uint8_t kXHighHeld = 4;  // clamp held the high code

struct XMade {  // [channels] each; high is null where no code has flags
    const std::int8_t* low;
    const std::int8_t* high;
    const std::uint8_t* marks;
};

struct XTotals {
    std::uint64_t saturated;
    std::uint64_t flagged;
};

struct XKernels {
    /// Chooses codes and flags of a row: no more flags than a list has slots.
    XTotals (*choose)(const XLayout&, std::int64_t channels, const XMade&, std::int8_t* codes,
                      std::int8_t* flags);
    void (*pack)(const XLayout&, std::int64_t channels, const std::int8_t* codes,
                 const std::int8_t* flags, std::uint8_t* row);
    void (*unpack)(const XLayout&, const std::uint8_t* row, std::int64_t first, std::int64_t count,
                   std::int8_t* codes, std::int8_t* flags);
    void (*decode)(const std::int8_t* codes, const std::int8_t* flags, const float* low,
                   const float* high, std::int64_t count, float* out);
    void (*requantize)(const float* values, const float* scale, std::int64_t count,
                       std::int8_t* codes);
};

}  // namespace mambasic::models
