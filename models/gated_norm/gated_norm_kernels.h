// The hot loops of the gated RMSNorm, compiled once per instruction set. One call normalizes one
// group of one row.
#pragma once

#include "golden/arithmetic.h"
#include "models/nonlinear/unit_eval.h"

namespace mambasic::models {

struct GatedNormGroup {
    std::int64_t width;
    std::int64_t padded;  // width rounded up to the tree; equal to width when sequential
    std::int64_t tree_width;
    const arith::Half* y;
    const std::int8_t* z;
    const float* weight;
    float z_scale, epsilon;
    UnitView silu, rsqrt;
    arith::Half* output;
    float* scratch;  // 3 * padded
};

struct GatedNormKernels {
    void (*run)(const GatedNormGroup&);
};

}  // namespace mambasic::models
