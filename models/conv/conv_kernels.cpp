// Compiled once per instruction set: plain types and always-inlined functions only, so that no
// wide copy of a shared function can be linked into a narrow CPU's path.
#include "models/conv/conv_kernels.h"

#include "models/common/saturate.h"
#include "models/x_code/x_kernels.h"

namespace mambasic::models::MAMBASIC_WIDTH {

namespace {

constexpr std::int64_t kC = kConvBlock;
constexpr std::int64_t kTaps = 4;

// Every scale is a plane of its own: which section a channel is in then costs nothing.
struct Planes {
    float* taps;        // [4][channel]: weights, scaled in the per-tap orders
    float* bias;        // scaled, except where its product is fused
    float* bias_scale;  // where its product is fused
    float* inputs;      // [4][channel]: a ring of the last four inputs
    float* values;
    float* scale;
    float* output_scale;
    float* decoding_scale;  // where values are decoded int8 codes
};

void fill_span(const ConvBlock& s, const Planes& p, const ConvSpan& span) {
    for (std::int64_t c = span.first; c < span.end; ++c) {
        const auto bias = static_cast<float>(s.bias[c]);
        p.bias[c] = s.order == ConvOrder::PerTapBiasAfterFirst ? bias : bias * span.bias_scale;
        p.bias_scale[c] = span.bias_scale;
        p.scale[c] = span.scale;
        for (std::int64_t k = 0; k < kTaps; ++k) {
            const auto w = static_cast<float>(s.weight[c * kTaps + k]);
            p.taps[k * kC + c] = s.order == ConvOrder::Sum ? w : span.scale * w;
        }
    }
}

Planes carve(const ConvBlock& s) {
    for (std::int64_t i = 0; i < kConvScratchFloats; ++i) s.scratch[i] = 0.0F;  // padding lanes too
    Planes p{};
    p.taps = s.scratch;
    p.bias = p.taps + kTaps * kC;
    p.bias_scale = p.bias + kC;
    p.inputs = p.bias_scale + kC;
    p.values = p.inputs + kTaps * kC;
    p.scale = p.values + kC;
    p.output_scale = p.scale + kC;
    p.decoding_scale = p.output_scale + kC;
    for (const ConvSpan& span : s.spans) fill_span(s, p, span);
    for (std::int64_t c = 0; c < s.channels; ++c) {
        p.output_scale[c] = s.output_scales == nullptr ? 1.0F : s.output_scales[c];
        for (std::int64_t k = 0; k < kTaps; ++k) {
            p.inputs[k * kC + c] = static_cast<float>(s.history[c * kTaps + k]);
        }
    }
    if (s.x_out != nullptr && s.x_out->decoded) {
        const float one = s.x_out->decoding_scale;
        for (std::int64_t c = 0; c < s.channels; ++c) {
            p.decoding_scale[c] = one == 0.0F ? p.output_scale[c] : one;
        }
    }
    return p;
}

// The pre-activation of a token whose input is in ring row (t mod 4).
template <ConvOrder kOrder>
void accumulate(const Planes& p, std::int64_t t) {
    const float* __restrict w = p.taps;
    const float* __restrict bias = p.bias;
    const float* __restrict bias_scale = p.bias_scale;
    const float* __restrict scale = p.scale;
    const float* __restrict x0 = p.inputs + ((t + 1) & 3) * kC;
    const float* __restrict x1 = p.inputs + ((t + 2) & 3) * kC;
    const float* __restrict x2 = p.inputs + ((t + 3) & 3) * kC;
    const float* __restrict x3 = p.inputs + (t & 3) * kC;
    float* __restrict v = p.values;
    for (std::int64_t c = 0; c < kC; ++c) {
        if (kOrder != ConvOrder::Sum) {
            float sum = kOrder == ConvOrder::PerTap
                            ? arith::fma(w[c], x0[c], bias[c])
                            : arith::fma(bias[c], bias_scale[c], w[c] * x0[c]);
            sum = arith::fma(w[kC + c], x1[c], sum);
            sum = arith::fma(w[2 * kC + c], x2[c], sum);
            v[c] = arith::fma(w[3 * kC + c], x3[c], sum);
        } else {  // integers up to 65,536: exact in FP32 in any order
            const float sum = (w[c] * x0[c] + w[kC + c] * x1[c]) +
                              (w[2 * kC + c] * x2[c] + w[3 * kC + c] * x3[c]);
            v[c] = arith::fma(scale[c], sum, bias[c]);
        }
    }
}

void accumulate_any(const ConvBlock& s, const Planes& p, std::int64_t t) {
    if (s.order == ConvOrder::Sum) return accumulate<ConvOrder::Sum>(p, t);
    if (s.order == ConvOrder::PerTap) return accumulate<ConvOrder::PerTap>(p, t);
    accumulate<ConvOrder::PerTapBiasAfterFirst>(p, t);
}

template <UnitForm kSilu>
std::uint32_t activate(const ConvBlock& s, const Planes& p, std::int64_t t) {
    const float* __restrict v = p.values;
    std::int8_t* __restrict out = s.output + t * s.output_stride;
    const float* __restrict scale = p.output_scale;
    const std::int64_t channels = s.channels;  // stores to int8 may alias s
    const UnitView silu = s.silu;
    std::uint32_t saturated = 0;
    for (std::int64_t c = 0; c < channels; ++c) {
        const float u = unit::silu<kSilu>(silu, v[c]) / scale[c];
        out[c] = arith::quantize_rha(u);
        saturated += saturated_rha(u);
    }
    return saturated;
}

std::uint32_t activate_any(const ConvBlock& s, const Planes& p, std::int64_t t) {
    if (s.silu.form == UnitForm::Linear) return activate<UnitForm::Linear>(s, p, t);
    if (s.silu.form == UnitForm::Quintic) return activate<UnitForm::Quintic>(s, p, t);
    return activate<UnitForm::Exact>(s, p, t);
}

template <UnitForm kSilu>
void silu_row(const UnitView& silu, float* row) {
    for (std::int64_t c = 0; c < kC; ++c) row[c] = unit::silu<kSilu>(silu, row[c]);
}

void silu_any(const ConvBlock& s, float* row) {
    if (s.silu.form == UnitForm::Linear) return silu_row<UnitForm::Linear>(s.silu, row);
    if (s.silu.form == UnitForm::Quintic) return silu_row<UnitForm::Quintic>(s.silu, row);
    silu_row<UnitForm::Exact>(s.silu, row);
}

// Both codes of an element, and what decides between them once the row is complete.
template <bool kFlags, bool kThreshold>
void encode(const ConvX& x, const float* __restrict y, std::int64_t t) {
    const float* __restrict low = x.low;
    const float* __restrict high = kFlags ? x.high : x.low;
    const float* __restrict threshold = x.threshold;
    std::int8_t* __restrict low_codes = x.low_codes + t * x.code_stride;
    std::int8_t* __restrict high_codes = x.high_codes + (kFlags ? t * x.code_stride : 0);
    std::uint8_t* __restrict marks = x.marks + t * x.code_stride;
    const XRange range = x.range;
    const std::uint32_t flags_below = x.flags_below ? 1 : 0;
    const std::int64_t coded = x.coded;
    for (std::int64_t c = 0; c < coded; ++c) {
        const float v = y[c] / low[c];
        const std::uint32_t above = x_above(v, range);
        const std::uint32_t below = x_below(v, range);
        low_codes[c] = x_code(v, range);
        std::uint32_t mark = (above | below) * kXLowHeld;
        if (kFlags) {
            const float w = y[c] / high[c];
            const float magnitude = y[c] < 0.0F ? -y[c] : y[c];
            high_codes[c] = x_code(w, range);
            mark |= kThreshold ? static_cast<std::uint32_t>(magnitude > threshold[c])
                               : above | (below & flags_below);
            mark |= (x_above(w, range) | x_below(w, range)) * kXHighHeld;
        }
        marks[c] = static_cast<std::uint8_t>(mark);
    }
}

void encode_any(const ConvX& x, const float* y, std::int64_t t) {
    if (x.high == nullptr) return encode<false, false>(x, y, t);
    if (x.threshold == nullptr) return encode<true, false>(x, y, t);
    encode<true, true>(x, y, t);
}

// int8 codes first .. end of a row; returns the saturated ones.
std::uint32_t int8_row(const ConvBlock& s, const Planes& p, std::int64_t t, std::int64_t first,
                       std::int64_t end) {
    const float* __restrict y = p.values;
    const float* __restrict scale = p.output_scale;
    std::int8_t* __restrict out = s.output + t * s.output_stride;
    std::uint32_t saturated = 0;
    for (std::int64_t c = first; c < end; ++c) {
        const float v = y[c] / scale[c];
        out[c] = arith::quantize_rha(v);
        saturated += saturated_rha(v);
    }
    return saturated;
}

// y itself, or what its int8 code means.
std::uint32_t value_row(const ConvX& x, const Planes& p, std::int64_t t) {
    const std::int64_t channels = x.value_channels;
    const float* __restrict y = p.values;
    const float* __restrict scale = p.output_scale;
    float* __restrict values = x.values + t * x.value_stride;
    if (!x.decoded) {
        for (std::int64_t c = 0; c < channels; ++c) values[c] = y[c];
        return 0;
    }
    const float* __restrict decoding = p.decoding_scale;
    std::uint32_t saturated = 0;
    for (std::int64_t c = 0; c < channels; ++c) {
        const float v = y[c] / scale[c];
        values[c] = decoding[c] * static_cast<float>(arith::quantize_rha(v));
        saturated += saturated_rha(v);
    }
    return saturated;
}

// Not inlined, which would make the int8 path beside it 8 % slower (GCC 12).
__attribute__((noinline)) std::uint32_t make_codes(const ConvBlock& s, const Planes& p,
                                                   std::int64_t t) {
    const ConvX& x = *s.x_out;
    silu_any(s, p.values);
    std::uint32_t saturated = 0;
    if (x.coded > 0) encode_any(x, p.values, t);
    if (x.values != nullptr) saturated += value_row(x, p, t);
    const std::int64_t counted = x.counted < x.int8_end ? x.counted : x.int8_end;
    if (x.int8_first < counted) int8_row(s, p, t, x.int8_first, counted);
    if (counted < x.int8_end) saturated += int8_row(s, p, t, counted, x.int8_end);
    return saturated;
}

std::uint64_t run(const ConvBlock& s) {
    const Planes p = carve(s);
    std::uint64_t saturated = 0;
    for (std::int64_t t = 0; t < s.tokens; ++t) {
        const std::int8_t* __restrict x = s.x + t * s.x_stride;
        float* __restrict newest = p.inputs + (t & 3) * kC;
        for (std::int64_t c = 0; c < s.channels; ++c) newest[c] = static_cast<float>(x[c]);
        accumulate_any(s, p, t);
        saturated += s.x_out == nullptr ? activate_any(s, p, t) : make_codes(s, p, t);
    }
    for (std::int64_t c = 0; c < s.channels; ++c) {
        for (std::int64_t k = 0; k < kTaps; ++k) {
            const float x = p.inputs[((s.tokens + k) & 3) * kC + c];
            s.history[c * kTaps + k] = static_cast<std::int8_t>(x);
        }
    }
    return saturated;
}

}  // namespace

extern const ConvKernels kConvKernels;
const ConvKernels kConvKernels = {run};

}  // namespace mambasic::models::MAMBASIC_WIDTH
