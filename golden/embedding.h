// W8O16 embedding: a row of int8 codes times the row's FP16 scale. Spec: kernels.md 5.
#pragma once

#include <cstddef>
#include <cstdint>

#include "golden/arithmetic.h"

namespace mambasic::golden {

/// output[r] = FP16(scales[token] * weight[token]) for the `rows` tokens, `width` elements each.
void embedding(const std::int8_t* weight, const arith::Half* scales, std::size_t width,
               const std::int32_t* tokens, std::size_t rows, arith::Half* output);

}  // namespace mambasic::golden
