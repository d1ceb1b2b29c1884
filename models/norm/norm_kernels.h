// The hot loops of the residual add + RMSNorm, compiled once per instruction set.
#pragma once

#include "golden/arithmetic.h"
#include "models/nonlinear/unit_eval.h"

namespace mambasic::models {

struct NormRow {
    std::int64_t width;
    std::int64_t padded;  // width rounded up to the tree; equal to width when sequential
    std::int64_t tree_width;
    const arith::Half* hidden;
    const float* residual_in;  // or null
    float* residual_out;       // or null; may be residual_in
    const float* weight;
    float epsilon, output_scale;
    UnitView rsqrt;
    std::int8_t* output;
    float* scratch;  // 3 * padded
};

struct NormKernels {
    std::uint64_t (*run)(const NormRow&);  // returns the saturated codes
};

}  // namespace mambasic::models
