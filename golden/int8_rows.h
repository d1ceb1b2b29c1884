// int8 activations as a kernel sees them: rows of codes, with the scale that turns a code into
// FP32.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mambasic::golden {

/// Row r starts at data + r * stride; a kernel reads the columns that are its own, which is how the
/// halves of in_proj's output and the thirds of x_proj's are named without copies.
struct Int8Rows {
    const std::int8_t* data = nullptr;
    std::size_t stride = 0;
    float scale = 0;  // unused where the consumer folds it into its own factors

    const std::int8_t* row(std::size_t r) const { return data + r * stride; }
};

}  // namespace mambasic::golden
