// Bit-level helpers of the arithmetic tests.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

namespace mambasic::golden {

inline std::uint32_t bits_of(float v) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, &v, sizeof bits);
    return bits;
}

inline float float_of(std::uint32_t bits) {
    float v = 0;
    std::memcpy(&v, &bits, sizeof v);
    return v;
}

/// Equal to the bit, any NaN equal to any NaN (payloads are no part of the contract).
inline bool same_bits(float x, float y) {
    return bits_of(x) == bits_of(y) || (std::isnan(x) && std::isnan(y));
}

inline float next_up(float v) { return std::nextafter(v, std::numeric_limits<float>::infinity()); }
inline float next_down(float v) {
    return std::nextafter(v, -std::numeric_limits<float>::infinity());
}

/// Distance of `got` from the true value in units in the last place of an FP32 result there. An
/// infinity stands for 2^128 and is right for everything beyond.
inline double error_ulp(float got, long double want) {
    const long double overflow = std::ldexp(1.0L, 128);
    const long double target = std::min(std::max(want, -overflow), overflow);
    const long double value = std::isinf(got)
                                  ? std::copysign(overflow, static_cast<long double>(got))
                                  : static_cast<long double>(got);
    const int exponent = target != 0 ? std::ilogb(target) : -149;
    const int ulp_exponent = std::min(std::max(exponent - 23, -149), 127 - 23);
    return static_cast<double>(std::fabs(value - target) / std::ldexp(1.0L, ulp_exponent));
}

}  // namespace mambasic::golden
