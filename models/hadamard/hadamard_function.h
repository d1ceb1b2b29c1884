// Hadamard transform of FP16 rows + quantize: the bits. width = m 2^k with m in {1, 12, 40}.
// Spec: kernels.md 4.1-4.2.
#pragma once

#include "golden/arithmetic.h"
#include "models/common/counts.h"
#include "models/hadamard/hadamard_config.h"

namespace mambasic::models {

struct HadamardShape {
    std::uint64_t rows = 0;
    std::uint64_t width = 0;
};

struct HadamardTile {
    HadamardShape shape;
    const arith::Half* x = nullptr;
    float scale = 0;    // FP32((1 / sqrt(width)) / x_H_scale), the quotient taken in double
    bool wrap = false;  // quirks: quamba: modulo 256 instead of saturation
    std::int8_t* output = nullptr;
};

bool hadamard_supports(std::uint64_t width);
/// The factor m of kernels.md 4.1: 12 before 40 before none; 0 when the width has no transform.
std::uint64_t hadamard_blocks(std::uint64_t width);
/// Its matrix, [blocks][blocks] of +1 and -1; null where it is 1.
const float* hadamard_signs(std::uint64_t blocks);
Counts hadamard_count(const HadamardShape& shape);
Counts hadamard_compute(const HadamardConfig& config, const HadamardTile& tile);

}  // namespace mambasic::models
