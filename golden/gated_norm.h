// Mamba2's gate and RMSNorm over each SSD group: FP16 in and out. Spec: kernels.md 3.3.
// Not modelled: upstream's order of the sum, its approximate division and square root.
#pragma once

#include <cstddef>

#include "golden/arithmetic.h"
#include "golden/int8_rows.h"
#include "golden/options.h"

namespace mambasic::golden {

struct GatedNormParams {
    std::size_t width = 0;                // E
    std::size_t groups = 0;               // each width / groups channels is normalized by itself
    const arith::Half* weight = nullptr;  // [width]
    float epsilon = 0;
    SumOrder sum;
};

/// output = FP16(rmsnorm(y * (z sigmoid(z))) * weight); y and output are [rows][width].
void gated_norm(const GatedNormParams& params, const arith::Half* y, const Int8Rows& z,
                std::size_t rows, arith::Half* output);

}  // namespace mambasic::golden
