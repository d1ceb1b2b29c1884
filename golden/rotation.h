// The rotation of a row of x before it is coded, and back: ssm.md 8.9.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "golden/arithmetic.h"
#include "golden/hadamard.h"
#include "traces/x_code.h"

namespace mambasic::golden {

/// A trace's matrix in FP32, by rows and by columns: millions of conversions that one token after
/// another can share (Options::rotation).
class RotationMatrix {
public:
    /// FP16 [width][width], which is not read again.
    RotationMatrix(const std::uint16_t* matrix, std::size_t width);

    bool is_of(const std::uint16_t* matrix, std::size_t width) const {
        return source_ == matrix && width_ == width;
    }
    std::vector<float> forward(const float* y) const;
    std::vector<float> back(const float* v) const;

private:
    const std::uint16_t* source_;
    std::size_t width_;
    std::vector<float> rows_;
    std::vector<float> columns_;
};

class Rotation {
public:
    /// A `matrix` that was made before is not made again. std::invalid_argument where a layer of
    /// `width` channels has no such rotation, or another matrix.
    Rotation(const traces::XCode& code, const traces::XScales& scales, std::size_t width,
             std::shared_ptr<const RotationMatrix> matrix = nullptr);

    /// fl(k * M y).
    std::vector<float> forward(const float* y) const;
    /// fl(k * M' v).
    std::vector<float> back(const float* v) const;

private:
    std::vector<float> transformed(const HadamardTransform& transform, const float* row) const;

    std::size_t width_;
    float factor_ = 1;                          // k, of Hadamard's
    std::optional<HadamardTransform> forward_;  // absent: by matrix_
    std::optional<HadamardTransform> back_;
    std::shared_ptr<const RotationMatrix> matrix_;
};

}  // namespace mambasic::golden
