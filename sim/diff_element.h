// What one element is to a comparison: a number, an order of bit patterns, and text. FP16 is named
// by its own type, because its storage is that of an unsigned integer.
#pragma once

#include <cinttypes>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <type_traits>

#include "golden/arithmetic.h"

namespace mambasic::sim {

struct Fp16 {
    arith::Half bits;
};

template <typename T>
double number_of(T value) {
    if constexpr (std::is_same_v<T, Fp16>) {
        return static_cast<double>(arith::from_half(value.bits));
    } else {
        return static_cast<double>(value);
    }
}

template <typename T>
using BitsOf = std::conditional_t<
    sizeof(T) == 1, std::uint8_t,
    std::conditional_t<sizeof(T) == 2, std::uint16_t,
                       std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>>>;

template <typename T>
BitsOf<T> bits_of(T value) {
    BitsOf<T> bits;
    std::memcpy(&bits, &value, sizeof(bits));
    return bits;
}

/// Steps between two elements: LSB for integers, and for floats neighbouring bit patterns, with -0
/// just below +0. Never 0 unless the bits are equal.
template <typename T>
std::uint64_t steps_between(T a, T b) {
    if constexpr (std::is_integral_v<T>) {
        return a > b ? static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b)
                     : static_cast<std::uint64_t>(b) - static_cast<std::uint64_t>(a);
    } else {
        using Bits = BitsOf<T>;
        constexpr Bits kSign = static_cast<Bits>(Bits{1} << (8 * sizeof(T) - 1));
        const auto ordered = [](T value) {  // monotone: negative patterns count downwards
            const Bits bits = bits_of(value);
            return static_cast<Bits>((bits & kSign) != 0 ? static_cast<Bits>(~bits)
                                                         : static_cast<Bits>(bits | kSign));
        };
        const Bits x = ordered(a);
        const Bits y = ordered(b);
        return x > y ? static_cast<std::uint64_t>(x - y) : static_cast<std::uint64_t>(y - x);
    }
}

/// Enough digits to tell any two elements of the type apart.
template <typename T>
std::string decimal_of(T value) {
    if constexpr (std::is_integral_v<T>) {
        return std::to_string(value);
    } else {
        constexpr int kDigits = sizeof(T) == 2 ? 5 : (sizeof(T) == 4 ? 9 : 17);
        char text[40];
        std::snprintf(text, sizeof(text), "%.*g", kDigits, number_of(value));
        return text;
    }
}

template <typename T>
std::string hex_of(T value) {
    char text[24];
    std::snprintf(text, sizeof(text), "0x%0*" PRIx64, static_cast<int>(2 * sizeof(T)),
                  static_cast<std::uint64_t>(bits_of(value)));
    return text;
}

}  // namespace mambasic::sim
