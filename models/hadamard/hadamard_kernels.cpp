// Compiled once per instruction set: plain types and always-inlined functions only, so that no
// wide copy of a shared function can be linked into a narrow CPU's path.
#include "models/hadamard/hadamard_kernels.h"

#include "models/common/saturate.h"

namespace mambasic::models::MAMBASIC_WIDTH {

namespace {

constexpr std::int64_t kLanes = 16;
using Lanes = float __attribute__((vector_size(64)));

// The butterfly of stride kStride inside sixteen neighbours: the lower of a pair gets a + b, the
// upper a - b, which rounds as a + (-b).
template <int kStride>
MAMBASIC_ARITH void butterfly_within(Lanes& v) {
    constexpr float kLow = 1.0F;
    constexpr float kHigh = -1.0F;
    Lanes sign;
    for (int i = 0; i < kLanes; ++i) sign[i] = (i & kStride) != 0 ? kHigh : kLow;
    const Lanes own = v * sign;
#define MAMBASIC_PARTNER(i) ((i) ^ kStride)
    const Lanes partner = __builtin_shufflevector(
        v, v, MAMBASIC_PARTNER(0), MAMBASIC_PARTNER(1), MAMBASIC_PARTNER(2), MAMBASIC_PARTNER(3),
        MAMBASIC_PARTNER(4), MAMBASIC_PARTNER(5), MAMBASIC_PARTNER(6), MAMBASIC_PARTNER(7),
        MAMBASIC_PARTNER(8), MAMBASIC_PARTNER(9), MAMBASIC_PARTNER(10), MAMBASIC_PARTNER(11),
        MAMBASIC_PARTNER(12), MAMBASIC_PARTNER(13), MAMBASIC_PARTNER(14), MAMBASIC_PARTNER(15));
#undef MAMBASIC_PARTNER
    v = partner + own;
}

// Strides 1, 2, 4, 8 of every sixteen neighbours; size is a multiple of 16.
void butterflies_within(float* x, std::int64_t size) {
    for (std::int64_t i = 0; i < size; i += kLanes) {
        Lanes v;
        __builtin_memcpy(&v, x + i, sizeof(v));
        butterfly_within<1>(v);
        butterfly_within<2>(v);
        butterfly_within<4>(v);
        butterfly_within<8>(v);
        __builtin_memcpy(x + i, &v, sizeof(v));
    }
}

void butterfly(float* x, std::int64_t size, std::int64_t stride) {
    for (std::int64_t base = 0; base < size; base += 2 * stride) {
        float* __restrict low = x + base;
        float* __restrict high = low + stride;
        for (std::int64_t i = 0; i < stride; ++i) {
            const float a = low[i];
            const float b = high[i];
            low[i] = a + b;
            high[i] = a - b;
        }
    }
}

void power_of_two(float* x, std::int64_t size) {
    std::int64_t stride = 1;
    if (size >= kLanes) {
        butterflies_within(x, size);
        stride = kLanes;
    }
    for (; stride < size; stride *= 2) butterfly(x, size, stride);
}

// out[r] = sum over c of signs[r][c] x[c], left to right; a product with a sign is exact.
void factor(const HadamardSums& s, const float* x, float* out) {
    const std::int64_t m = s.blocks;
    const std::int64_t size = s.width / m;
    for (std::int64_t r = 0; r < m; ++r) {
        float* __restrict sum = out + r * size;
        const float first = s.signs[r * m];
        for (std::int64_t i = 0; i < size; ++i) sum[i] = first * x[i];
        for (std::int64_t c = 1; c < m; ++c) {
            const float sign = s.signs[r * m + c];
            const float* __restrict term = x + c * size;
            for (std::int64_t i = 0; i < size; ++i) sum[i] += sign * term[i];
        }
    }
}

template <bool kWrap>
std::uint32_t quantize(const HadamardRow& s, const float* __restrict x) {
    std::int8_t* __restrict output = s.output;
    const float scale = s.scale;
    const std::int64_t width = s.width;  // stores to int8 may alias s
    std::uint32_t saturated = 0;
    for (std::int64_t i = 0; i < width; ++i) {
        const float v = x[i] * scale;
        output[i] = kWrap ? arith::wrap_rha(v) : arith::quantize_rha(v);
        saturated += saturated_rha(v);
    }
    return saturated;
}

const float* transform(const HadamardSums& s) {
    const std::int64_t size = s.width / s.blocks;
    for (std::int64_t c = 0; c < s.blocks; ++c) power_of_two(s.x + c * size, size);
    if (s.blocks == 1) return s.x;
    factor(s, s.x, s.x + s.width);
    return s.x + s.width;
}

std::uint64_t run(const HadamardRow& s) {
    for (std::int64_t i = 0; i < s.width; ++i) s.scratch[i] = arith::from_half(s.x[i]);
    const float* x = transform({s.width, s.blocks, s.signs, s.scratch});
    return s.wrap ? quantize<true>(s, x) : quantize<false>(s, x);
}

}  // namespace

extern const HadamardKernels kHadamardKernels;
const HadamardKernels kHadamardKernels = {run, transform};

}  // namespace mambasic::models::MAMBASIC_WIDTH
