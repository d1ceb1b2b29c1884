#include "golden/rotation.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace mambasic::golden {
namespace {

void add_multiple(const float* row, float factor, std::size_t width, float* sum) {
    for (std::size_t i = 0; i < width; ++i) {
        sum[i] = arith::fma(row[i], factor, sum[i]);
    }
}

#if defined(__x86_64__)
/// The same bits by the processor's own fma, where it has one: a matrix is millions of them. Golden
/// may have two paths here because both round each product and sum once, as arith::fma does.
__attribute__((target("avx2,fma"))) void add_multiple_fused(const float* row, float factor,
                                                            std::size_t width, float* sum) {
    for (std::size_t i = 0; i < width; ++i) {
        sum[i] = __builtin_fmaf(row[i], factor, sum[i]);
    }
}
#endif

auto fastest() {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) {
        return &add_multiple_fused;
    }
#endif
    return &add_multiple;
}

/// In tiles that a cache holds.
void transpose(const std::vector<float>& from, std::size_t width, std::vector<float>& to) {
    constexpr std::size_t kTile = 16;
    for (std::size_t first = 0; first < width; first += kTile) {
        const std::size_t end = std::min(width, first + kTile);
        for (std::size_t i = 0; i < width; ++i) {
            for (std::size_t j = first; j < end; ++j) {
                to[j * width + i] = from[i * width + j];
            }
        }
    }
}

/// Of the rows, `factors` times each, in their order: one fma after another in every column.
std::vector<float> sum_of_multiples(const std::vector<float>& rows, const float* factors,
                                    std::size_t width) {
    static const auto add = fastest();
    std::vector<float> sum(width, 0.0F);
    for (std::size_t j = 0; j < width; ++j) {
        add(rows.data() + j * width, factors[j], width, sum.data());
    }
    return sum;
}

}  // namespace

RotationMatrix::RotationMatrix(const std::uint16_t* matrix, std::size_t width)
    : source_(matrix), width_(width), rows_(width * width), columns_(width * width) {
    for (std::size_t i = 0; i < rows_.size(); ++i) {
        rows_[i] = arith::from_half(matrix[i]);
    }
    transpose(rows_, width, columns_);
}

std::vector<float> RotationMatrix::forward(const float* y) const {
    return sum_of_multiples(columns_, y, width_);
}

std::vector<float> RotationMatrix::back(const float* v) const {
    return sum_of_multiples(rows_, v, width_);
}

Rotation::Rotation(const traces::XCode& code, const traces::XScales& scales, std::size_t width,
                   std::shared_ptr<const RotationMatrix> matrix)
    : width_(width) {
    if (!code.dense) {
        forward_.emplace(width);
        back_.emplace(width, true);
        factor_ = hadamard_scale(width, 1.0);
        return;
    }
    if (scales.rotation == nullptr) {
        throw std::invalid_argument("the layer has no matrix to rotate x by");
    }
    if (matrix == nullptr) {
        matrix_ = std::make_shared<const RotationMatrix>(scales.rotation, width);
    } else if (matrix->is_of(scales.rotation, width)) {
        matrix_ = std::move(matrix);
    } else {
        throw std::invalid_argument("the matrix made before is not the layer's");
    }
}

std::vector<float> Rotation::transformed(const HadamardTransform& transform,
                                         const float* row) const {
    std::vector<float> v(row, row + width_);
    transform.apply(v);
    for (float& element : v) {
        element *= factor_;
    }
    return v;
}

std::vector<float> Rotation::forward(const float* y) const {
    if (forward_) {
        return transformed(*forward_, y);
    }
    return matrix_->forward(y);
}

std::vector<float> Rotation::back(const float* v) const {
    if (back_) {
        return transformed(*back_, v);
    }
    return matrix_->back(v);
}

}  // namespace mambasic::golden
