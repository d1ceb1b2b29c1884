// RMSNorm of y * silu(z) over each SSD group of a row: the bits. Spec: kernels.md 3.3.
#pragma once

#include "golden/arithmetic.h"
#include "models/common/counts.h"
#include "models/gated_norm/gated_norm_config.h"
#include "models/nonlinear/nonlinear_config.h"

namespace mambasic::models {

struct GatedNormShape {
    std::uint64_t rows = 0;
    std::uint64_t width = 0;   // of a row
    std::uint64_t groups = 1;  // of a row, each normalized by itself; divides width
};

struct GatedNormTile {
    GatedNormShape shape;
    const arith::Half* y = nullptr;  // [rows][width]
    const std::int8_t* z = nullptr;  // rows z_stride apart
    std::uint64_t z_stride = 0;
    float z_scale = 0;
    const arith::Half* weight = nullptr;  // [width]
    float epsilon = 1e-5F;
    arith::Half* output = nullptr;  // [rows][width]
};

Counts gated_norm_count(const GatedNormShape& shape);
/// gated_norm_count: nothing of this depends on data.
Counts gated_norm_compute(const GatedNormConfig& config, const NonlinearConfig& nonlinear,
                          const GatedNormTile& tile);

}  // namespace mambasic::models
