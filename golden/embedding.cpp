#include "golden/embedding.h"

namespace mambasic::golden {

void embedding(const std::int8_t* weight, const arith::Half* scales, std::size_t width,
               const std::int32_t* tokens, std::size_t rows, arith::Half* output) {
    for (std::size_t r = 0; r < rows; ++r) {
        const auto token = static_cast<std::size_t>(tokens[r]);
        const float scale = arith::from_half(scales[token]);
        const std::int8_t* code = weight + token * width;
        for (std::size_t i = 0; i < width; ++i) {
            // 11 bits times 8 bits is exact in FP32, so the store is the only rounding.
            output[r * width + i] = arith::to_half(scale * static_cast<float>(code[i]));
        }
    }
}

}  // namespace mambasic::golden
