#include "models/dma/dma_cost.h"

namespace mambasic::models {

Cycles dma_move_cycles(const DmaConfig& config, std::uint64_t bytes) {
    return {ceil_div(bytes, config.bytes_per_cycle)};
}

AreaParts dma_area(const DmaConfig& config) {
    constexpr double kBytesPerKib = 1024;
    constexpr std::uint32_t kByteBits = 8;
    AreaParts area;
    area.memory = {{"chunk buffers", 1, 2.0 * config.chunk_bytes / kBytesPerKib, 2,
                    kByteBits * config.bytes_per_cycle}};
    return area;
}

}  // namespace mambasic::models
