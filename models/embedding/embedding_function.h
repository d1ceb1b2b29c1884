// Token embedding: gather an int8 row, multiply by its FP16 scale, round to FP16. Spec:
// kernels.md 5.
#pragma once

#include "golden/arithmetic.h"
#include "models/common/counts.h"

namespace mambasic::models {

struct EmbeddingShape {
    std::uint64_t rows = 0;
    std::uint64_t width = 0;
};

struct EmbeddingTile {
    EmbeddingShape shape;
    const std::int32_t* tokens = nullptr;  // [rows]; the trace has checked their range
    const std::int8_t* weight = nullptr;   // [vocab][width]
    const arith::Half* scales = nullptr;   // [vocab]
    arith::Half* output = nullptr;
};

Counts embedding_count(const EmbeddingShape& shape);
Counts embedding_compute(const EmbeddingTile& tile);

}  // namespace mambasic::models
