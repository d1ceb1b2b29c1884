// The rotation of a row of x before it is coded, and back: ssm.md 8.9.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "golden/arithmetic.h"
#include "golden/hadamard.h"
#include "traces/x_code.h"

namespace mambasic::golden {

class Rotation {
public:
    /// std::invalid_argument where a layer of `width` channels has no such rotation.
    Rotation(const traces::XCode& code, const traces::XScales& scales, std::size_t width);

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
    std::vector<float> matrix_;  // [width][width], and by columns
    std::vector<float> transposed_;
};

}  // namespace mambasic::golden
