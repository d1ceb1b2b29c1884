// Compiled once per instruction set: plain types and always-inlined functions only, so that no
// wide copy of a shared function can be linked into a narrow CPU's path.
#include "models/norm/norm_kernels.h"

#include "models/common/saturate.h"
#include "models/common/sum_of_squares.h"

namespace mambasic::models::MAMBASIC_WIDTH {

namespace {

void add_residual(const NormRow& s, float* __restrict sum) {
    const arith::Half* __restrict hidden = s.hidden;
    for (std::int64_t i = 0; i < s.width; ++i) sum[i] = arith::from_half(hidden[i]);
    if (s.residual_in != nullptr) {
        for (std::int64_t i = 0; i < s.width; ++i) sum[i] = sum[i] + s.residual_in[i];
    }
    if (s.residual_out != nullptr) {
        for (std::int64_t i = 0; i < s.width; ++i) s.residual_out[i] = sum[i];
    }
}

float reciprocal_root(const UnitView& view, float v) {
    if (view.form == UnitForm::Linear) return unit::rsqrt<UnitForm::Linear>(view, v);
    if (view.form == UnitForm::Quintic) return unit::rsqrt<UnitForm::Quintic>(view, v);
    return unit::rsqrt<UnitForm::Exact>(view, v);
}

std::uint64_t run(const NormRow& s) {
    float* const a = s.scratch;
    add_residual(s, a);
    const float squares = sum_of_squares(a, s.width, s.padded, s.tree_width, a + s.padded);
    const float variance = squares / static_cast<float>(s.width);
    const float root = reciprocal_root(s.rsqrt, variance + s.epsilon);
    const float* __restrict values = a;
    const float* __restrict weight = s.weight;
    std::int8_t* __restrict output = s.output;
    const float scale = s.output_scale;
    const std::int64_t width = s.width;  // stores to int8 may alias s
    std::uint32_t saturated = 0;
    for (std::int64_t i = 0; i < width; ++i) {
        const float u = ((values[i] * root) * weight[i]) / scale;
        output[i] = arith::quantize_rhe(u);
        saturated += saturated_rhe(u);
    }
    return saturated;
}

}  // namespace

extern const NormKernels kNormKernels;
const NormKernels kNormKernels = {run};

}  // namespace mambasic::models::MAMBASIC_WIDTH
