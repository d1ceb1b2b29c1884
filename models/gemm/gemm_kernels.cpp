// Compiled once per instruction set: plain types and always-inlined functions only, so that no
// wide copy of a shared function can be linked into a narrow CPU's path.
#include "models/gemm/gemm_kernels.h"

#include "models/common/saturate.h"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

namespace mambasic::models::MAMBASIC_WIDTH {

namespace {

// Dot of kLanes int16 pairs into INT32 sums. A pair is at most 2 * 128 * 128: no saturation.
#if defined(__AVX512BW__)
constexpr std::int64_t kLanes = 32;
using Sums = __m512i;
MAMBASIC_ARITH Sums zero() { return _mm512_setzero_si512(); }
MAMBASIC_ARITH Sums load(const std::int16_t* x) { return _mm512_loadu_si512(x); }
MAMBASIC_ARITH Sums widen(const std::int8_t* w) {
    return _mm512_cvtepi8_epi16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(w)));
}
MAMBASIC_ARITH Sums add_dot(Sums sum, Sums x, Sums w) {
    return _mm512_add_epi32(sum, _mm512_madd_epi16(x, w));
}
#elif defined(__AVX2__)
constexpr std::int64_t kLanes = 16;
using Sums = __m256i;
MAMBASIC_ARITH Sums zero() { return _mm256_setzero_si256(); }
MAMBASIC_ARITH Sums load(const std::int16_t* x) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(x));
}
MAMBASIC_ARITH Sums widen(const std::int8_t* w) {
    return _mm256_cvtepi8_epi16(_mm_loadu_si128(reinterpret_cast<const __m128i*>(w)));
}
MAMBASIC_ARITH Sums add_dot(Sums sum, Sums x, Sums w) {
    return _mm256_add_epi32(sum, _mm256_madd_epi16(x, w));
}
#elif defined(__SSE2__)
constexpr std::int64_t kLanes = 8;
using Sums = __m128i;
MAMBASIC_ARITH Sums zero() { return _mm_setzero_si128(); }
MAMBASIC_ARITH Sums load(const std::int16_t* x) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(x));
}
MAMBASIC_ARITH Sums widen(const std::int8_t* w) {
    const __m128i bytes = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(w));
    return _mm_srai_epi16(_mm_unpacklo_epi8(bytes, bytes), 8);
}
MAMBASIC_ARITH Sums add_dot(Sums sum, Sums x, Sums w) {
    return _mm_add_epi32(sum, _mm_madd_epi16(x, w));
}
#else
constexpr std::int64_t kLanes = 8;
using Sums = std::int32_t __attribute__((vector_size(32)));
MAMBASIC_ARITH Sums zero() { return Sums{}; }
MAMBASIC_ARITH Sums load(const std::int16_t* x) {
    Sums v;
    for (int i = 0; i < kLanes; ++i) v[i] = x[i];
    return v;
}
MAMBASIC_ARITH Sums widen(const std::int8_t* w) {
    Sums v;
    for (int i = 0; i < kLanes; ++i) v[i] = w[i];
    return v;
}
MAMBASIC_ARITH Sums add_dot(Sums sum, Sums x, Sums w) { return sum + x * w; }
#endif

MAMBASIC_ARITH std::int32_t total(const Sums& sums) {
    std::int32_t parts[sizeof(Sums) / sizeof(std::int32_t)];
    __builtin_memcpy(parts, &sums, sizeof(sums));
    std::int32_t sum = 0;
    for (const std::int32_t part : parts) sum += part;
    return sum;
}

// kRows x kCols sums; the tail of k goes through a zero-padded copy of the weights.
template <int kRows, int kCols>
void tile(const GemmBlock& s, std::int64_t i0, std::int64_t j0) {
    Sums sums[kRows][kCols];
    for (auto& row : sums) {
        for (Sums& sum : row) sum = zero();
    }
    const std::int16_t* const x = s.x + i0 * s.padded_k;
    const std::int8_t* const w = s.weight + j0 * s.k;
    const std::int64_t whole = s.k / kLanes * kLanes;
    for (std::int64_t k = 0; k < whole; k += kLanes) {
        Sums columns[kCols];
        for (int j = 0; j < kCols; ++j) columns[j] = widen(w + j * s.k + k);
        for (int i = 0; i < kRows; ++i) {
            const Sums row = load(x + i * s.padded_k + k);
            for (int j = 0; j < kCols; ++j) sums[i][j] = add_dot(sums[i][j], row, columns[j]);
        }
    }
    if (whole < s.k) {
        for (int j = 0; j < kCols; ++j) {
            std::int8_t rest[kLanes] = {};
            for (std::int64_t k = whole; k < s.k; ++k) rest[k - whole] = w[j * s.k + k];
            const Sums column = widen(rest);
            for (int i = 0; i < kRows; ++i) {
                sums[i][j] = add_dot(sums[i][j], load(x + i * s.padded_k + whole), column);
            }
        }
    }
    for (int i = 0; i < kRows; ++i) {
        for (int j = 0; j < kCols; ++j) {
            s.acc[(i0 + i) * s.acc_stride + j0 + j] = total(sums[i][j]);
        }
    }
}

template <int kRows>
void rows(const GemmBlock& s, std::int64_t i) {
    std::int64_t j = 0;
    for (; j + 4 <= s.n; j += 4) tile<kRows, 4>(s, i, j);
    for (; j < s.n; ++j) tile<kRows, 1>(s, i, j);
}

void multiply(const GemmBlock& s) {
    std::int64_t i = 0;
    for (; i + 4 <= s.m; i += 4) rows<4>(s, i);
    for (; i < s.m; ++i) rows<1>(s, i);
}

void add_up(const GemmSums& s) {
    const std::int32_t* __restrict first = s.first;
    const std::int32_t* __restrict second = s.second;
    float* __restrict out = s.out;
    if (second == nullptr) {
        for (std::int64_t j = 0; j < s.n; ++j) out[j] = static_cast<float>(first[j]) * s.r1;
        return;
    }
    const float r1 = s.r1;
    const float r2 = s.r2;
    for (std::int64_t j = 0; j < s.n; ++j) {
        out[j] = arith::fma(static_cast<float>(second[j]), r2, static_cast<float>(first[j]) * r1);
    }
}

// The sums that an epilogue scales: of the array, or added up.
template <typename Sum>
const Sum* sums_of(const GemmRow& s);
template <>
const std::int32_t* sums_of(const GemmRow& s) {
    return s.acc;
}
template <>
const float* sums_of(const GemmRow& s) {
    return s.sums;
}

template <typename Sum, bool kWrap>
std::uint64_t to_int8(const GemmRow& s) {
    const Sum* __restrict acc = sums_of<Sum>(s);
    std::int8_t* __restrict out = s.out_int8;
    const float first = s.first;
    const float second = s.second;
    const std::int64_t n = s.n;  // a store to int8 may alias s: the bound must not be read from it
    std::uint32_t saturated = 0;
    for (std::int64_t j = 0; j < n; ++j) {
        const float v = second * (first * static_cast<float>(acc[j]));
        out[j] = kWrap ? arith::wrap_rhe(v) : arith::quantize_rhe(v);
        saturated += saturated_rhe(v);
    }
    return saturated;
}

std::uint64_t to_half(const GemmRow& s) {
    const std::int32_t* __restrict acc = s.acc;
    arith::Half* __restrict out = s.out_half;
    const float first = s.first;
    const float second = s.second;
    for (std::int64_t j = 0; j < s.n; ++j) {
        out[j] = arith::to_half(second * (first * static_cast<float>(acc[j])));
    }
    return 0;
}

template <typename Sum>
std::uint64_t columns_to_int8(const GemmRow& s) {
    const Sum* __restrict acc = sums_of<Sum>(s);
    const float* __restrict column = s.column;
    std::int8_t* __restrict out = s.out_int8;
    const float second = s.second;
    const std::int64_t n = s.n;
    std::uint32_t saturated = 0;
    for (std::int64_t j = 0; j < n; ++j) {
        const float v = second * (column[j] * static_cast<float>(acc[j]));
        out[j] = arith::quantize_rhe(v);
        saturated += saturated_rhe(v);
    }
    return saturated;
}

std::uint64_t columns_alpha_to_int8(const GemmRow& s) {
    const std::int32_t* __restrict acc = s.acc;
    const float* __restrict column = s.column;
    std::int8_t* __restrict out = s.out_int8;
    const float second = s.second;
    const std::int64_t n = s.n;
    std::uint32_t saturated = 0;
    for (std::int64_t j = 0; j < n; ++j) {
        const float v = (column[j] * second) * static_cast<float>(acc[j]);
        out[j] = arith::quantize_rha(v);
        saturated += saturated_rha(v);
    }
    return saturated;
}

std::uint64_t columns_to_half(const GemmRow& s) {
    const std::int32_t* __restrict acc = s.acc;
    const float* __restrict column = s.column;
    arith::Half* __restrict out = s.out_half;
    const float second = s.second;
    for (std::int64_t j = 0; j < s.n; ++j) {
        out[j] = arith::to_half(second * (column[j] * static_cast<float>(acc[j])));
    }
    return 0;
}

}  // namespace

extern const GemmKernels kGemmKernels;
const GemmKernels kGemmKernels = {multiply,
                                  to_int8<std::int32_t, false>,
                                  to_int8<std::int32_t, true>,
                                  to_half,
                                  columns_to_int8<std::int32_t>,
                                  columns_alpha_to_int8,
                                  columns_to_half,
                                  add_up,
                                  to_int8<float, false>,
                                  to_int8<float, true>,
                                  columns_to_int8<float>};

}  // namespace mambasic::models::MAMBASIC_WIDTH
