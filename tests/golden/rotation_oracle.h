// Rotations once more: as a matrix in double, and in FP32 by the orders that kernels.md 4.2 and
// ssm.md 8.9 state, but by another program.
#pragma once

#include <cmath>
#include <cstddef>
#include <vector>

#include "golden/arithmetic.h"
#include "golden/hadamard.h"
#include "traces/x_code.h"

namespace mambasic::golden {

inline traces::XCode rotated_code(bool dense) {
    traces::XCode code;
    code.format = traces::XFormat::Rotated8;
    code.dense = dense;
    return code;
}

/// Entry of H_m (x) H_{2^k}: Sylvester's sign is the parity of the common bits.
class HadamardEntries {
public:
    explicit HadamardEntries(std::size_t width)
        : factor_(hadamard_factor(width)),
          length_(width / factor_),
          matrix_(hadamard_matrix(factor_)) {}

    double at(std::size_t r, std::size_t c) const {
        const double outer = static_cast<double>(outer_at(r / length_, c / length_));
        return __builtin_parityll((r % length_) & (c % length_)) != 0 ? -outer : outer;
    }
    float outer_at(std::size_t r, std::size_t c) const { return matrix_[r * factor_ + c]; }
    std::size_t factor() const { return factor_; }
    std::size_t length() const { return length_; }

private:
    std::size_t factor_, length_;
    std::vector<float> matrix_;
};

/// The matrix and its factor, in double.
inline double exact_entry(const HadamardEntries& h, std::size_t r, std::size_t c) {
    return h.at(r, c) / std::sqrt(static_cast<double>(h.factor() * h.length()));
}

/// Strides 1, 2, 4, ... are both halves transformed, then combined.
inline std::vector<float> halves_then_whole(const std::vector<float>& v) {
    if (v.size() == 1) {
        return v;
    }
    const auto middle = v.begin() + static_cast<std::ptrdiff_t>(v.size() / 2);
    const std::vector<float> low = halves_then_whole({v.begin(), middle});
    const std::vector<float> high = halves_then_whole({middle, v.end()});
    std::vector<float> all;
    for (std::size_t i = 0; i < low.size(); ++i) all.push_back(low[i] + high[i]);
    for (std::size_t i = 0; i < low.size(); ++i) all.push_back(low[i] - high[i]);
    return all;
}

/// fl(k * H y), or of H'.
inline std::vector<float> stated_hadamard(const std::vector<float>& y, bool transposed) {
    const HadamardEntries h(y.size());
    std::vector<std::vector<float>> parts;
    for (std::size_t c = 0; c < h.factor(); ++c) {
        const auto first = y.begin() + static_cast<std::ptrdiff_t>(c * h.length());
        parts.push_back(
            halves_then_whole({first, first + static_cast<std::ptrdiff_t>(h.length())}));
    }
    const auto k = static_cast<float>(1.0 / std::sqrt(static_cast<double>(y.size())));
    std::vector<float> out;
    for (std::size_t i = 0; i < y.size(); ++i) {
        const std::size_t r = i / h.length();
        float sum = 0;
        for (std::size_t c = 0; c < h.factor(); ++c) {
            const float sign = transposed ? h.outer_at(c, r) : h.outer_at(r, c);
            const float term = sign > 0 ? parts[c][i % h.length()] : -parts[c][i % h.length()];
            sum = c == 0 ? term : sum + term;
        }
        out.push_back(k * sum);
    }
    return out;
}

/// The C library's fma, from +0 upwards.
inline std::vector<float> stated_dense(const std::vector<arith::Half>& matrix,
                                       const std::vector<float>& y, bool transposed) {
    std::vector<float> out;
    for (std::size_t i = 0; i < y.size(); ++i) {
        float sum = 0;
        for (std::size_t j = 0; j < y.size(); ++j) {
            const std::size_t at = transposed ? j * y.size() + i : i * y.size() + j;
            sum = std::fma(arith::from_half(matrix[at]), y[j], sum);
        }
        out.push_back(sum);
    }
    return out;
}

inline std::vector<float> stated(const traces::XCode& code, const std::vector<arith::Half>& matrix,
                                 const std::vector<float>& y, bool transposed) {
    return code.dense ? stated_dense(matrix, y, transposed) : stated_hadamard(y, transposed);
}

}  // namespace mambasic::golden
