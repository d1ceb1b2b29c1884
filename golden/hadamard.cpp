#include "golden/hadamard.h"

#include <cmath>
#include <stdexcept>
#include <string>

#include "golden/parallel.h"

namespace mambasic::golden {
namespace {

const char* const kH12[12] = {
    "+-++++++++++", "--+-+-+-+-+-", "+++-++----++", "+---+--+-++-", "+++++-++----", "+-+---+--+-+",
    "++--+++-++--", "+--++---+--+", "++----+++-++", "+--+-++---+-", "++++----+++-", "+-+--+-++---",
};

// C[i][j] of H40's 19 x 19 core is +1 where (j - i) mod 19 is one of these.
constexpr int kCoreResidues[] = {0, 2, 3, 8, 10, 12, 13, 14, 15, 18};

bool is_power_of_two(std::size_t n) { return n != 0 && (n & (n - 1)) == 0; }

/// P of H40 = [[P, P], [P, -P]]: first column +, first row + then -, the circulant core inside.
float p20(std::size_t row, std::size_t column) {
    if (column == 0) {
        return 1.0F;
    }
    if (row == 0) {
        return -1.0F;
    }
    const int residue = (static_cast<int>(column) - static_cast<int>(row) + 19) % 19;
    for (const int plus : kCoreResidues) {
        if (residue == plus) {
            return 1.0F;
        }
    }
    return -1.0F;
}

/// (a, b) -> (a + b, a - b) at strides 1, 2, 4, ... over each of the `count / length` pieces.
void butterflies(std::vector<float>& v, std::size_t length) {
    for (std::size_t stride = 1; stride < length; stride *= 2) {
        for (std::size_t first = 0; first < v.size(); first += 2 * stride) {
            for (std::size_t i = first; i < first + stride; ++i) {
                const float a = v[i];
                const float b = v[i + stride];
                v[i] = a + b;
                v[i + stride] = a - b;
            }
        }
    }
}

/// o[r][i] = sum over c, left to right, of matrix[r][c] v[c][i].
std::vector<float> apply_factor(const std::vector<float>& matrix, const std::vector<float>& v,
                                std::size_t factor) {
    const std::size_t length = v.size() / factor;
    std::vector<float> o(v.size());
    for (std::size_t r = 0; r < factor; ++r) {
        for (std::size_t i = 0; i < length; ++i) {
            o[r * length + i] = matrix[r * factor] * v[i];
        }
        for (std::size_t c = 1; c < factor; ++c) {
            const float sign = matrix[r * factor + c];
            for (std::size_t i = 0; i < length; ++i) {
                o[r * length + i] += sign * v[c * length + i];
            }
        }
    }
    return o;
}

}  // namespace

std::size_t hadamard_factor(std::size_t width) {
    const std::size_t factor = width % 12 == 0 ? 12 : (width % 40 == 0 ? 40 : 1);
    return is_power_of_two(width / factor) ? factor : 0;
}

std::vector<float> hadamard_matrix(std::size_t factor) {
    std::vector<float> matrix(factor * factor, 1.0F);
    for (std::size_t r = 0; r < factor; ++r) {
        for (std::size_t c = 0; c < factor; ++c) {
            if (factor == 12) {
                matrix[r * factor + c] = kH12[r][c] == '+' ? 1.0F : -1.0F;
            } else if (factor == 40) {
                const float quadrant = r >= 20 && c >= 20 ? -1.0F : 1.0F;
                matrix[r * factor + c] = quadrant * p20(r % 20, c % 20);
            }
        }
    }
    return matrix;
}

HadamardTransform::HadamardTransform(std::size_t width, bool transposed)
    : factor_(hadamard_factor(width)) {
    if (factor_ == 0) {
        throw std::invalid_argument("no Hadamard transform of width " + std::to_string(width) +
                                    "; it must be 2^k, 12 * 2^k or 40 * 2^k");
    }
    const std::vector<float> matrix = hadamard_matrix(factor_);
    matrix_ = matrix;
    for (std::size_t i = 0; i < matrix.size() && transposed; ++i) {
        matrix_[i] = matrix[i % factor_ * factor_ + i / factor_];
    }
}

void HadamardTransform::apply(std::vector<float>& v) const {
    butterflies(v, v.size() / factor_);
    if (factor_ > 1) {
        v = apply_factor(matrix_, v, factor_);
    }
}

float hadamard_scale(std::size_t width, double x_h_scale) {
    return static_cast<float>(1.0 / std::sqrt(static_cast<double>(width)) / x_h_scale);
}

void hadamard(const arith::Half* x, std::size_t rows, std::size_t width, float scale, bool wrap,
              std::int8_t* output) {
    const HadamardTransform transform(width);
#pragma omp parallel for schedule(static) if (worth_threads(rows * width))
    for (std::size_t r = 0; r < rows; ++r) {
        std::vector<float> v(width);
        for (std::size_t i = 0; i < width; ++i) {
            v[i] = arith::from_half(x[r * width + i]);
        }
        transform.apply(v);
        for (std::size_t i = 0; i < width; ++i) {
            const float o = v[i] * scale;
            output[r * width + i] = wrap ? arith::wrap_rha(o) : arith::quantize_rha(o);
        }
    }
}

}  // namespace mambasic::golden
