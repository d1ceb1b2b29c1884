// Residual add + RMSNorm + quantize: the bits. rows x width, row-major; spec: kernels.md 3.1.
#pragma once

#include "golden/arithmetic.h"
#include "models/common/counts.h"
#include "models/nonlinear/nonlinear_config.h"
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
    float* residual_out = nullptr;       // may be null, may be residual_in
    const arith::Half* weight = nullptr;
    float epsilon = 1e-5F;
    float output_scale = 0;
    std::int8_t* output = nullptr;
};

Counts norm_count(const NormShape& shape);
/// norm_count + Saturated.
Counts norm_compute(const NormConfig& config, const NonlinearConfig& nonlinear,
                    const NormTile& tile);
Counts norm_compute(const NormConfig& config, const NormTile& tile);  // with an exact rsqrt unit

}  // namespace mambasic::models
