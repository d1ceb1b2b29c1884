// Hadamard transform of FP16 rows, scaled and quantized to int8. Spec: kernels.md 4.1, 4.2.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "golden/arithmetic.h"

namespace mambasic::golden {

/// width = factor * 2^k with factor 1, 12 or 40; 0 where the width has no such form.
std::size_t hadamard_factor(std::size_t width);

/// The +-1 matrix of order 12 or 40, row by row.
std::vector<float> hadamard_matrix(std::size_t factor);

/// H v, or with `transposed` H' v, of rows of one width: FP32 in 4.2's order of sums, neither
/// scaled nor coded.
class HadamardTransform {
public:
    /// std::invalid_argument for a width of no supported form.
    explicit HadamardTransform(std::size_t width, bool transposed = false);
    void apply(std::vector<float>& v) const;

private:
    std::size_t factor_;
    std::vector<float> matrix_;  // [factor][factor], as it multiplies
};

/// FP32((1 / sqrt(width)) / x_H_scale), the quotient taken in double.
float hadamard_scale(std::size_t width, double x_h_scale);

/// output[r] = quantize(scale * H x[r]) of `rows` rows; `wrap` (quirks: quamba) takes the low 8
/// bits where the default saturates. Throws std::invalid_argument for a width of no supported form.
void hadamard(const arith::Half* x, std::size_t rows, std::size_t width, float scale, bool wrap,
              std::int8_t* output);

}  // namespace mambasic::golden
