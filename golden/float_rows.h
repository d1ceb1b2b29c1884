// FP32 activations as a kernel sees them, where it may read them in place of int8 codes.
#pragma once

#include <cstddef>

namespace mambasic::golden {

/// Row r starts at data + r * stride. No data: the codes are read.
struct FloatRows {
    const float* data = nullptr;
    std::size_t stride = 0;

    explicit operator bool() const { return data != nullptr; }
    const float* row(std::size_t r) const { return data + r * stride; }
};

}  // namespace mambasic::golden
