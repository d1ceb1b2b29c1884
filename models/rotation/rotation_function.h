// A row of x turned by a Hadamard matrix or by a stored one, then coded in int8; and the codes
// decoded and turned back: the bits. FP32 in between. Spec: ssm.md 8.9.
#pragma once

#include "golden/arithmetic.h"
#include "models/common/counts.h"
#include "models/rotation/rotation_config.h"

namespace mambasic::models {

enum class RotationKind : std::uint8_t {
    Hadamard,  // kernels.md 4.1's matrix and factor
    Dense,     // a matrix of the trace
};

/// Elements first .. first + count of the results of `rows` rows; a Hadamard tile makes them all.
struct RotationShape {
    RotationKind kind = RotationKind::Hadamard;
    std::uint64_t rows = 0;
    std::uint64_t width = 0;
    std::uint64_t first = 0;
    std::uint64_t count = 0;
};

struct RotateTile {
    RotationShape shape;
    const float* x = nullptr;             // [rows][width]
    const arith::Half* matrix = nullptr;  // Dense: [width][width]
    float scale = 0;                      // of the codes
    std::int8_t* output = nullptr;        // [rows][width], the whole row
};

struct UnrotateTile {
    RotationShape shape;
    const std::int8_t* codes = nullptr;   // [rows][width]
    const arith::Half* matrix = nullptr;  // Dense: the one of RotateTile, not its transpose
    float scale = 0;
    float* output = nullptr;  // [rows][width], the whole row
};

/// How a tile's sums are shared out among the lanes of Dense.
struct RotationRounds {
    std::uint64_t rows = 0;     // each takes the weights once
    std::uint64_t outputs = 0;  // each takes the terms once
};
RotationRounds rotation_rounds(const RotationConfig& config, const RotationShape& shape);

Counts rotate_count(const RotationConfig& config, const RotationShape& shape);
Counts unrotate_count(const RotationConfig& config, const RotationShape& shape);
/// rotate_count + Saturated.
Counts rotate_compute(const RotationConfig& config, const RotateTile& tile);
Counts unrotate_compute(const RotationConfig& config, const UnrotateTile& tile);

}  // namespace mambasic::models
