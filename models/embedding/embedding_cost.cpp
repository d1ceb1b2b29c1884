#include "models/embedding/embedding_cost.h"

namespace mambasic::models {

Cycles embedding_cycles(const EmbeddingConfig& config, const EmbeddingShape& shape) {
    const std::uint64_t steps = shape.rows * ceil_div(shape.width, config.lanes);
    if (steps == 0) return {0};
    return {steps + config.pipeline_cycles};
}

SramTraffic embedding_traffic(const EmbeddingShape& shape) {
    constexpr std::uint64_t kHalf = 2;
    // A row of codes and its FP16 scale in, a row of FP16 out. The table is gathered row by row and
    // used once, so the rows wait in the activation scratchpad and weight_sram never sees them.
    return {0, shape.rows * (shape.width + kHalf), shape.rows * shape.width * kHalf};
}

AreaParts embedding_area(const EmbeddingConfig& config) {
    const double lanes = config.lanes;
    AreaParts area;
    area.logic = {{"multipliers", Primitive::CodeMultiplierBit, lanes * kInt8Bits},
                  {"FP16 converters", Primitive::HalfConverter, lanes + 1}};
    return area;
}

}  // namespace mambasic::models
