// The arithmetic contract: every floating-point primitive of the machine, to the bit.
//
// Built only from IEEE-754 double and float + - * / and integer operations, so that a primitive has
// the same bits on every CPU, compiler, vector width and GPU. Build with -ffp-contract=off (CUDA:
// -fmad=false -ftz=false -prec-div=true -prec-sqrt=true): a fused multiply-add happens where `fma`
// is written and nowhere else. This is the only golden header that models/ may include.
//
// The functions are branch-free where a loop over them should vectorize, and always inlined:
// models/ compiles them for several instruction sets, and an out-of-line copy made for a wide one
// must never be the copy that the linker hands to a narrow one.
//
// Not modelled: NaN payloads (a NaN is a NaN), floating-point exceptions flags.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#if defined(__CUDACC__)
#define MAMBASIC_ARITH __host__ __device__ __forceinline__
#else
#define MAMBASIC_ARITH inline __attribute__((always_inline))
#endif

namespace mambasic::arith {

/// An FP16 number by its bits; arithmetic never happens in FP16.
using Half = std::uint16_t;

enum class Softplus {
    Log1p,        // log1p(exp(x)): upstream's CUDA prefill, and the default everywhere
    LogExpPlus1,  // log(exp(x) + 1): upstream's Triton kernels; underflows to 0 below x = -16.6
};

namespace detail {

template <typename To, typename From>
MAMBASIC_ARITH To bit_cast(From from) {
    static_assert(sizeof(To) == sizeof(From), "bit_cast keeps the size");
    To to;
    std::memcpy(&to, &from, sizeof(to));
    return to;
}

// Adding 1.5 * 2^52 leaves rint(x) in the low bits of the mantissa, for |x| < 2^51.
constexpr double kRoundToInt = 6755399441055744.0;
constexpr double kLog2e = 0x1.71547652b82fep+0;
constexpr double kLn2 = 0x1.62e42fefa39efp-1;

// exp(r) for |r| <= ln2/2: 1 + r + r^2 q(r), q minimax in relative error (Remez, 60 digits),
// |relative error| <= 5.2e-11, which is 0.0009 ulp of FP32.
MAMBASIC_ARITH double exp_reduced(double r) {
    const double r2 = r * r;
    const double low = 0x1.0000003a1ac87p-1 + r * 0x1.5555544365f84p-3;
    const double mid = 0x1.55548dd8a3e3fp-5 + r * 0x1.1112708f23716p-7;
    const double high = 0x1.6d8cf3f01ec00p-10 + r * 0x1.9f08a427577b3p-13;
    const double q = low + r2 * (mid + r2 * high);
    return 1.0 + (r + r2 * q);
}

}  // namespace detail

/// a*b + c with one rounding.
MAMBASIC_ARITH float fma(float a, float b, float c) {
#if defined(__CUDA_ARCH__)
    return __fmaf_rn(a, b, c);
#elif defined(__FMA__) || defined(__AVX512F__) || defined(__ARM_FEATURE_FMA)
    return __builtin_fmaf(a, b, c);
#else
    // No fused unit: the product is exact in double, the sum is rounded to odd (its last bit set
    // when inexact), and 53 bits rounded to odd round once more to 24 without double rounding.
    const double product = static_cast<double>(a) * static_cast<double>(b);
    const auto addend = static_cast<double>(c);
    const double sum = product + addend;
    const double part = sum - product;
    const double error = (product - (sum - part)) + (addend - part);
    const auto bits = detail::bit_cast<std::uint64_t>(sum);
    // The exact sum lies one step below (in magnitude) when the error points towards zero: the
    // signs differ. As a shift, because GCC 12 vectorizes no 64-bit select of constants for SSE2.
    const std::uint64_t towards_zero = (bits ^ detail::bit_cast<std::uint64_t>(error)) >> 63;
    const std::uint64_t odd = (bits - towards_zero) | 1U;
    const double magnitude = error < 0.0 ? -error : error;
    const bool inexact = magnitude > 0.0;  // false for NaN: infinities pass through
    return static_cast<float>(detail::bit_cast<double>(inexact ? odd : bits));
#endif
}

/// e^x, at most 0.501 ulp from the true value over all inputs (tests/golden/exp_exhaustive_test).
MAMBASIC_ARITH float exp(float x) {
    auto xd = static_cast<double>(x);
    xd = xd < -110.0 ? -110.0 : xd;  // below: rounds to 0; a NaN compares false and stays
    xd = xd > 100.0 ? 100.0 : xd;    // above: rounds to +inf
    const double shifted = xd * detail::kLog2e + detail::kRoundToInt;
    const double k = shifted - detail::kRoundToInt;
    const double r = xd - k * detail::kLn2;
    const std::uint64_t exponent = (detail::bit_cast<std::uint64_t>(shifted) + 1023U)
                                   << 52;  // only k's low 11 bits survive
    const auto scale = detail::bit_cast<double>(exponent);
    return static_cast<float>(detail::exp_reduced(r) * scale);  // the one rounding to FP32
}

/// Natural logarithm of x >= 0 through double, rounded once. log(0) = -inf, log(inf) = inf.
MAMBASIC_ARITH float log(float x) {
    const auto xd = static_cast<double>(x);  // every FP32 subnormal is a normal double
    const auto bits = detail::bit_cast<std::uint64_t>(xd);
    // Split x = 2^k m with m in [sqrt(1/2), sqrt(2)).
    const std::uint64_t kSqrtHalf = 0x3FE6A09E667F3BCDULL;
    const std::uint64_t offset = bits - kSqrtHalf;
    const std::int64_t k = static_cast<std::int64_t>(offset) >> 52;
    const auto m = detail::bit_cast<double>(bits - (offset & 0xFFF0000000000000ULL));
    const double s = (m - 1.0) / (m + 1.0);  // log(m) = 2 atanh(s), |s| <= 0.1716
    const double s2 = s * s;
    double p = 1.0 / 17.0;
    p = p * s2 + 1.0 / 15.0;
    p = p * s2 + 1.0 / 13.0;
    p = p * s2 + 1.0 / 11.0;
    p = p * s2 + 1.0 / 9.0;
    p = p * s2 + 1.0 / 7.0;
    p = p * s2 + 1.0 / 5.0;
    p = p * s2 + 1.0 / 3.0;
    p = p * s2 + 1.0;
    const double result = static_cast<double>(k) * detail::kLn2 + 2.0 * s * p;
    const bool finite_positive = xd > 0.0 && xd < static_cast<double>(INFINITY);
    const float special = xd == 0.0 ? -INFINITY : (xd > 0.0 ? x : NAN);
    return finite_positive ? static_cast<float>(result) : special;
}

/// log(1 + e) for 0 <= e < 2^29, the FP32 algorithm that CUDA's log1pf compiles to, within 0.69 ulp
/// (8.16e-8 relative). Infinity and NaN cannot arrive here: softplus asks for x <= 20 first.
MAMBASIC_ARITH float log1p(float e) {
    // t = e + 1 rounded toward zero; only its exponent is used.
    const float nearest = e + 1.0F;
    const bool rounded_up = static_cast<double>(nearest) > static_cast<double>(e) + 1.0;
    const std::uint32_t t = detail::bit_cast<std::uint32_t>(nearest) - (rounded_up ? 1U : 0U);
    const std::uint32_t k = (t - 0x3F400000U) & 0xFF800000U;
    const auto scaled = detail::bit_cast<float>(detail::bit_cast<std::uint32_t>(e) - k);
    const auto four_over_2k = detail::bit_cast<float>(0x40800000U - k);
    const float m = scaled + fma(0.25F, four_over_2k, -1.0F);
    const float f = static_cast<float>(static_cast<std::int32_t>(k)) * 0x1p-23F;
    auto p = detail::bit_cast<float>(0xBD39BF78U);
    p = fma(p, m, detail::bit_cast<float>(0x3DD80012U));
    p = fma(p, m, detail::bit_cast<float>(0xBE0778E0U));
    p = fma(p, m, detail::bit_cast<float>(0x3E146475U));
    p = fma(p, m, detail::bit_cast<float>(0xBE2A68DDU));
    p = fma(p, m, detail::bit_cast<float>(0x3E4CAF9EU));
    p = fma(p, m, detail::bit_cast<float>(0xBE800042U));
    p = fma(p, m, detail::bit_cast<float>(0x3EAAAAE6U));
    p = fma(p, m, detail::bit_cast<float>(0xBF000000U));
    const float r = fma(m * p, m, m);
    return fma(f, detail::bit_cast<float>(0x3F317218U), r);
}

/// x above 20 (and NaN) passes through, as in PyTorch.
MAMBASIC_ARITH float softplus(float x, Softplus form) {
    const float e = exp(x > 20.0F ? 20.0F : x);
    const float y = form == Softplus::Log1p ? log1p(e) : log(e + 1.0F);
    return x <= 20.0F ? y : x;
}

/// 1 / (1 + e^-v), each step rounded.
MAMBASIC_ARITH float sigmoid(float v) { return 1.0F / (1.0F + exp(-v)); }

/// v * sigmoid(v) as one division.
MAMBASIC_ARITH float silu(float v) { return v / (1.0F + exp(-v)); }

/// 1 / sqrt(v), two roundings.
MAMBASIC_ARITH float rsqrt(float v) {
#if defined(__CUDA_ARCH__)
    return __fdiv_rn(1.0F, __fsqrt_rn(v));
#else
    return 1.0F / std::sqrt(v);
#endif
}

namespace detail {

// A NaN becomes 0, everything else is held to [low, high]: then every rounding below is exact.
MAMBASIC_ARITH float clamp_to(float v, float low, float high) {
    v = v == v ? v : 0.0F;
    v = v < low ? low : v;
    return v > high ? high : v;
}

MAMBASIC_ARITH std::int32_t round_half_even(float v) {  // |v| < 2^22
    constexpr float kShift = 12582912.0F;               // 1.5 * 2^23
    return static_cast<std::int32_t>((v + kShift) - kShift);
}

MAMBASIC_ARITH std::int32_t round_half_away(float v) {  // |v| < 2^22
    const auto whole = static_cast<std::int32_t>(v);
    const float rest = v - static_cast<float>(whole);  // exact
    return whole + (rest >= 0.5F ? 1 : 0) - (rest <= -0.5F ? 1 : 0);
}

}  // namespace detail

/// Half to even, then held to [-128, 127]; NaN gives 0, infinities saturate.
MAMBASIC_ARITH std::int8_t quantize_rhe(float v) {
    return static_cast<std::int8_t>(detail::round_half_even(detail::clamp_to(v, -128.0F, 127.0F)));
}

/// Half away from zero, then held to [-128, 127]; NaN gives 0, infinities saturate.
MAMBASIC_ARITH std::int8_t quantize_rha(float v) {
    return static_cast<std::int8_t>(detail::round_half_away(detail::clamp_to(v, -128.0F, 127.0F)));
}

/// As quantize_rha, but held to [low, high]: whole numbers with 0 between them.
MAMBASIC_ARITH std::int8_t quantize_rha(float v, float low, float high) {
    return static_cast<std::int8_t>(detail::round_half_away(detail::clamp_to(v, low, high)));
}

/// True where quantize_rhe had to hold the value: it rounds to a code outside [-128, 127].
MAMBASIC_ARITH bool saturates_rhe(float v) { return v >= 127.5F || v < -128.5F; }

/// True where quantize_rha had to hold the value.
MAMBASIC_ARITH bool saturates_rha(float v) { return v >= 127.5F || v <= -128.5F; }

/// Likewise to [low, high].
MAMBASIC_ARITH bool saturates_rha(float v, float low, float high) {
    return v >= high + 0.5F || v <= low - 0.5F;
}

/// `quirks: quamba` only: half to even into int32 (saturating, NaN gives 0), then the low 8 bits.
MAMBASIC_ARITH std::int8_t wrap_rhe(float v) {
    const float held = detail::clamp_to(v, -2147483648.0F, 2147483520.0F);
    const bool whole = held >= 4194304.0F || held <= -4194304.0F;
    const float small = whole ? 0.0F : held;
    const std::int32_t code =
        whole ? static_cast<std::int32_t>(static_cast<std::int64_t>(std::rint(held)))
              : detail::round_half_even(small);
    const std::int32_t full = v >= 2147483648.0F ? 2147483647 : code;
    return static_cast<std::int8_t>(static_cast<std::uint8_t>(static_cast<std::uint32_t>(full)));
}

/// `quirks: quamba` only: half away from zero into int32 (saturating, NaN gives 0), then the low 8.
MAMBASIC_ARITH std::int8_t wrap_rha(float v) {
    const float held = detail::clamp_to(v, -2147483648.0F, 2147483520.0F);
    const bool whole = held >= 4194304.0F || held <= -4194304.0F;
    const std::int32_t code = whole ? static_cast<std::int32_t>(std::round(held))
                                    : detail::round_half_away(whole ? 0.0F : held);
    const std::int32_t full = v >= 2147483648.0F ? 2147483647 : code;
    return static_cast<std::int8_t>(static_cast<std::uint8_t>(static_cast<std::uint32_t>(full)));
}

/// FP32 to FP16, half to even; overflow gives infinity, every NaN gives 0x7E00 with its sign.
MAMBASIC_ARITH Half to_half(float v) {
    const auto bits = detail::bit_cast<std::uint32_t>(v);
    const std::uint32_t sign = (bits >> 16) & 0x8000U;
    const std::uint32_t magnitude = bits & 0x7FFFFFFFU;
    // Normal: add half an ulp (less one when the kept bit is even), then re-bias by 112.
    const std::uint32_t normal =
        (magnitude - 0x38000000U + 0xFFFU + ((magnitude >> 13) & 1U)) >> 13;
    // Subnormal: adding 0.5 aligns the mantissa so that the hardware rounds it.
    const float aligned = detail::bit_cast<float>(magnitude) + 0.5F;
    const std::uint32_t subnormal = detail::bit_cast<std::uint32_t>(aligned) - 0x3F000000U;
    std::uint32_t half = magnitude < 0x38800000U ? subnormal : normal;
    half = magnitude >= 0x477FF000U ? 0x7C00U : half;
    half = magnitude > 0x7F800000U ? 0x7E00U : half;
    return static_cast<Half>(sign | half);
}

/// FP16 to FP32, exact.
MAMBASIC_ARITH float from_half(Half h) {
    const std::uint32_t sign = static_cast<std::uint32_t>(h & 0x8000U) << 16;
    const std::uint32_t magnitude = h & 0x7FFFU;
    const std::uint32_t normal = (magnitude << 13) + 0x38000000U;
    const std::uint32_t special = (magnitude << 13) + 0x70000000U;  // infinity, NaN
    const float tiny = static_cast<float>(static_cast<std::int32_t>(magnitude)) * 0x1p-24F;
    const auto subnormal = detail::bit_cast<std::uint32_t>(tiny);
    std::uint32_t bits = magnitude < 0x0400U ? subnormal : normal;
    bits = magnitude >= 0x7C00U ? special : bits;
    return detail::bit_cast<float>(sign | bits);
}

}  // namespace mambasic::arith
