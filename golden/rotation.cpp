#include "golden/rotation.h"

#include <stdexcept>

namespace mambasic::golden {

Rotation::Rotation(const traces::XCode& code, const traces::XScales& scales, std::size_t width)
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
    matrix_.resize(width * width);
    for (std::size_t i = 0; i < matrix_.size(); ++i) {
        matrix_[i] = arith::from_half(scales.rotation[i]);
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
    std::vector<float> r(width_, 0.0F);
    for (std::size_t i = 0; i < width_; ++i) {
        for (std::size_t j = 0; j < width_; ++j) {
            r[i] = arith::fma(matrix_[i * width_ + j], y[j], r[i]);
        }
    }
    return r;
}

std::vector<float> Rotation::back(const float* v) const {
    if (back_) {
        return transformed(*back_, v);
    }
    std::vector<float> u(width_, 0.0F);
    for (std::size_t j = 0; j < width_; ++j) {  // outermost: rows of the matrix in memory's order
        for (std::size_t i = 0; i < width_; ++i) {
            u[i] = arith::fma(matrix_[j * width_ + i], v[j], u[i]);
        }
    }
    return u;
}

}  // namespace mambasic::golden
