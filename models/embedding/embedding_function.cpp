#include "models/embedding/embedding_function.h"

namespace mambasic::models {

// Per row: the scale from FP16; per element: code * scale, to FP16.
Counts embedding_count(const EmbeddingShape& shape) {
    const std::uint64_t elements = shape.rows * shape.width;
    Counts counts;
    counts[Event::CodeMulBit] = kInt8Bits * elements;
    counts[Event::HalfConvert] = elements + shape.rows;
    return counts;
}

Counts embedding_compute(const EmbeddingTile& tile) {
    const std::uint64_t width = tile.shape.width;
    for (std::uint64_t row = 0; row < tile.shape.rows; ++row) {
        const auto token = static_cast<std::uint64_t>(tile.tokens[row]);
        const float scale = arith::from_half(tile.scales[token]);
        const std::int8_t* codes = tile.weight + token * width;
        arith::Half* output = tile.output + row * width;
        for (std::uint64_t i = 0; i < width; ++i) {
            output[i] = arith::to_half(scale * static_cast<float>(codes[i]));
        }
    }
    return embedding_count(tile.shape);
}

}  // namespace mambasic::models
