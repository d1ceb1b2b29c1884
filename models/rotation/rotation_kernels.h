// The hot loops of the rotation but for the Hadamard's own, compiled once per instruction set.
#pragma once

#include "golden/arithmetic.h"

namespace mambasic::models {

constexpr std::int64_t kRotationOutputs = 16;  // of a panel

/// Elements of a row, of `width` numbers, times the panel's columns.
struct RotationProduct {
    std::int64_t rows;
    std::int64_t width;
    const float* x;      // [rows][width]
    const float* panel;  // [width][kRotationOutputs]
    float* out;          // [rows][kRotationOutputs]
};

struct RotationCodes {
    std::int64_t count;
    const float* x;
    float factor;
    float scale;
    std::int8_t* output;
};

struct RotationKernels {
    /// Columns `first` .. of the matrix, or of its transpose, as a panel; `columns` of them, the
    /// rest is zero.
    void (*take_columns)(const arith::Half* matrix, std::int64_t width, std::int64_t first,
                         std::int64_t columns, float* panel);
    void (*take_rows)(const arith::Half* matrix, std::int64_t width, std::int64_t first,
                      std::int64_t columns, float* panel);
    void (*multiply)(const RotationProduct&);
    std::uint64_t (*quantize)(const RotationCodes&);  // returns the codes outside int8
    /// fl(factor * x), of codes or of numbers.
    void (*decode)(const std::int8_t* codes, std::int64_t count, float scale, float* out);
    void (*scale)(const float* x, std::int64_t count, float factor, float* out);
};

}  // namespace mambasic::models
