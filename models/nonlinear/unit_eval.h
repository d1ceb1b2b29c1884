// The nonlinear units, one input at a time, to the bit. Exact is the arithmetic contract; Linear
// (`table`) and Quintic (`polynomial`) evaluate one segment of a piecewise polynomial in FP32 as
// the hardware would: range reduction, segment lookup, Horner with fused multiply-adds.
//
// Included by the kernels that are compiled for several widths: plain types, always inlined.
// Not modelled: fixed-point datapaths narrower than FP32; subnormal results of the approximate exp
// and subnormal inputs of the approximate rsqrt (both are flushed to zero).
#pragma once

#include <cstddef>

#include "golden/arithmetic.h"

namespace mambasic::models {

enum class UnitForm {
    Exact,
    Linear,   // degree 1
    Quintic,  // degree up to 5; lower degrees have zero leading coefficients, which keeps the bits
};

/// coefficients[k * segments + i] belongs to frac^k in segment i.
struct UnitView {
    UnitForm form = UnitForm::Exact;
    const float* coefficients = nullptr;
    std::int32_t segments = 0;
};

/// The approximate softplus and SiLU units cover [-16, 16); outside they return 0 or x.
constexpr float kUnitRange = 16.0F;

namespace unit {

/// The piecewise polynomial at position t, 0 <= t <= segments.
template <UnitForm kForm>
MAMBASIC_ARITH float segment(const UnitView& view, float t) {
    const auto floor = static_cast<std::int32_t>(t);
    const std::int32_t i = floor < view.segments ? floor : view.segments - 1;
    const float frac = t - static_cast<float>(i);  // exact
    const float* c = view.coefficients + i;
    const std::ptrdiff_t n = view.segments;
    if (kForm == UnitForm::Linear) return arith::fma(c[n], frac, c[0]);
    float p = c[5 * n];
    p = arith::fma(p, frac, c[4 * n]);
    p = arith::fma(p, frac, c[3 * n]);
    p = arith::fma(p, frac, c[2 * n]);
    p = arith::fma(p, frac, c[n]);
    return arith::fma(p, frac, c[0]);
}

/// 2^(x log2 e) with 2^f, f in [0, 1), from the segments.
template <UnitForm kForm>
MAMBASIC_ARITH float exp(const UnitView& view, float x) {
    if (kForm == UnitForm::Exact) return arith::exp(x);
    constexpr float kLog2eHigh = 0x1.715476p+0F;
    constexpr float kLog2eLow = 0x1.4ae0cp-26F;
    float held = x > -126.0F ? x : -126.0F;  // a NaN becomes a number here and returns at the end
    held = held < 126.0F ? held : 126.0F;
    const float p = held * kLog2eHigh;
    const auto truncated = static_cast<std::int32_t>(p);
    const std::int32_t k = truncated - (p < static_cast<float>(truncated) ? 1 : 0);
    float f = arith::fma(held, kLog2eHigh, -static_cast<float>(k));
    f = arith::fma(held, kLog2eLow, f);
    f = f > 0.0F ? f : 0.0F;
    f = f < 0x1.fffffep-1F ? f : 0x1.fffffep-1F;
    const float m = segment<kForm>(view, f * static_cast<float>(view.segments));
    const std::int32_t shift = k < -126 ? -126 : (k > 127 ? 127 : k);
    const auto bits =
        arith::detail::bit_cast<std::uint32_t>(m) + (static_cast<std::uint32_t>(shift) << 23);
    auto y = arith::detail::bit_cast<float>(bits);
    y = k < -126 ? 0.0F : y;
    y = k > 127 ? INFINITY : y;
    return x == x ? y : x;
}

/// The position of x in the segments that cover [-kUnitRange, kUnitRange).
MAMBASIC_ARITH float position(const UnitView& view, float x) {
    const float half = 0.5F * static_cast<float>(view.segments);
    float held = x > -kUnitRange ? x : -kUnitRange;
    held = held < kUnitRange ? held : kUnitRange;
    return arith::fma(held, half / kUnitRange, half);  // segments is a power of two: exact slope
}

template <UnitForm kForm>
MAMBASIC_ARITH float softplus(const UnitView& view, float x, arith::Softplus form) {
    if (kForm == UnitForm::Exact) return arith::softplus(x, form);
    float y = segment<kForm>(view, position(view, x));
    y = x < -kUnitRange ? 0.0F : y;
    return x < kUnitRange ? y : x;
}

template <UnitForm kForm>
MAMBASIC_ARITH float silu(const UnitView& view, float x) {
    if (kForm == UnitForm::Exact) return arith::silu(x);
    float y = segment<kForm>(view, position(view, x));
    y = x < -kUnitRange ? 0.0F : y;
    return x < kUnitRange ? y : x;
}

/// v = m 4^h with m in [1, 4): the segments cover the octaves [1, 2) and [2, 4), half of them each.
template <UnitForm kForm>
MAMBASIC_ARITH float rsqrt(const UnitView& view, float v) {
    if (kForm == UnitForm::Exact) return arith::rsqrt(v);
    const auto bits = arith::detail::bit_cast<std::uint32_t>(v);
    const std::uint32_t exponent = (bits >> 23) & 0xFFU;
    const std::uint32_t odd = (exponent + 1U) & 1U;  // the bias 127 is odd
    const float fraction =
        static_cast<float>(static_cast<std::int32_t>(bits & 0x7FFFFFU)) * 0x1p-23F;
    const float t = (static_cast<float>(static_cast<std::int32_t>(odd)) + fraction) *
                    (0.5F * static_cast<float>(view.segments));
    const float m = segment<kForm>(view, t);
    const std::int32_t half = (static_cast<std::int32_t>(exponent - odd) - 127) / 2;  // exact
    const auto scaled =
        arith::detail::bit_cast<std::uint32_t>(m) - (static_cast<std::uint32_t>(half) << 23);
    auto y = arith::detail::bit_cast<float>(scaled);
    y = v < 0x1p-126F ? INFINITY : y;  // zero, and subnormals flushed to it
    y = v == INFINITY ? 0.0F : y;
    return v <= -0x1p-126F || v != v ? NAN : y;
}

}  // namespace unit
}  // namespace mambasic::models
