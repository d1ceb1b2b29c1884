// Residual add, RMSNorm, quantize: one row after another. Spec: kernels.md 3.1.
// Not modelled: upstream's autotuned order of the sum, its approximate division and square root.
#pragma once

#include <cstddef>
#include <cstdint>

#include "golden/arithmetic.h"
#include "golden/options.h"

namespace mambasic::golden {

struct RmsNormParams {
    const arith::Half* weight = nullptr;  // [width]
    float epsilon = 0;
    float output_scale = 0;
    SumOrder sum;
};

struct RmsNormRows {
    std::size_t rows = 0;
    std::size_t width = 0;
    const arith::Half* hidden = nullptr;  // [rows][width]
    const float* residual = nullptr;      // [rows][width]; null before layer 0
};

/// residual_out [rows][width] is what the next norm adds to; output [rows][width] are int8 codes.
void rmsnorm(const RmsNormParams& params, const RmsNormRows& input, float* residual_out,
             std::int8_t* output);

}  // namespace mambasic::golden
