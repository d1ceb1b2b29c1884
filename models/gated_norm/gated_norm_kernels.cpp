// Compiled once per instruction set: plain types and always-inlined functions only, so that no
// wide copy of a shared function can be linked into a narrow CPU's path.
#include "models/gated_norm/gated_norm_kernels.h"

#include "models/common/sum_of_squares.h"

namespace mambasic::models::MAMBASIC_WIDTH {

namespace {

// The exact gate is a product with the rounded sigmoid, not the division of silu.
template <UnitForm kSilu>
void gate(const GatedNormGroup& s) {
    const arith::Half* __restrict y = s.y;
    const std::int8_t* __restrict z = s.z;
    float* __restrict a = s.scratch;
    const float scale = s.z_scale;
    const UnitView silu = s.silu;
    for (std::int64_t i = 0; i < s.width; ++i) {
        const float zf = scale * static_cast<float>(z[i]);
        const float g =
            kSilu == UnitForm::Exact ? zf * arith::sigmoid(zf) : unit::silu<kSilu>(silu, zf);
        a[i] = arith::from_half(y[i]) * g;
    }
}

void gate_any(const GatedNormGroup& s) {
    if (s.silu.form == UnitForm::Linear) return gate<UnitForm::Linear>(s);
    if (s.silu.form == UnitForm::Quintic) return gate<UnitForm::Quintic>(s);
    gate<UnitForm::Exact>(s);
}

float reciprocal_root(const UnitView& view, float v) {
    if (view.form == UnitForm::Linear) return unit::rsqrt<UnitForm::Linear>(view, v);
    if (view.form == UnitForm::Quintic) return unit::rsqrt<UnitForm::Quintic>(view, v);
    return unit::rsqrt<UnitForm::Exact>(view, v);
}

void run(const GatedNormGroup& s) {
    gate_any(s);
    const float* __restrict a = s.scratch;
    const float squares = sum_of_squares(a, s.width, s.padded, s.tree_width, s.scratch + s.padded);
    const float variance = squares / static_cast<float>(s.width);
    const float root = reciprocal_root(s.rsqrt, variance + s.epsilon);
    const float* __restrict weight = s.weight;
    arith::Half* __restrict output = s.output;
    for (std::int64_t i = 0; i < s.width; ++i) {
        output[i] = arith::to_half((a[i] * root) * weight[i]);
    }
}

}  // namespace

extern const GatedNormKernels kGatedNormKernels;
const GatedNormKernels kGatedNormKernels = {run};

}  // namespace mambasic::models::MAMBASIC_WIDTH
