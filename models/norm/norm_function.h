// Residual add + RMSNorm + quantize: the bits. rows x width, row-major; spec: kernels.md 3.1.
#pragma once

#include "golden/arithmetic.h"
#include "models/common/counts.h"
#include "models/norm/norm_config.h"

namespace mambasic::models {

struct NormShape {
    std::uint64_t rows = 0;
    std::uint64_t width = 0;
};

struct NormTile {
    NormShape shape;
    const arith::Half* hidden = nullptr;
    const float* residual_in = nullptr;  // null before the first layer
    float* residual_out = nullptr;
    const arith::Half* weight = nullptr;
    float epsilon = 1e-5F;
    float output_scale = 0;
    std::int8_t* output = nullptr;
};

Counts norm_count(const NormShape& shape);
Counts norm_compute(const NormConfig& config, const NormTile& tile);  // norm_count + Saturated

}  // namespace mambasic::models
