#include "models/sram/sram_cost.h"

#include <algorithm>

namespace mambasic::models {

Cycles sram_port_cycles(const SramConfig& config, std::uint64_t read_bytes,
                        std::uint64_t write_bytes) {
    const std::uint64_t width = config.bytes_per_cycle();
    if (config.ports_per_bank == 1) return {ceil_div(read_bytes + write_bytes, width)};
    return {std::max(ceil_div(read_bytes, width), ceil_div(write_bytes, width))};
}

MemoryPart sram_part(const SramConfig& config, const std::string& name) {
    constexpr std::uint32_t kByteBits = 8;
    return {name,
            static_cast<double>(config.banks),
            static_cast<double>(config.capacity_kib) / config.banks,
            config.ports_per_bank,
            kByteBits * config.word_bytes,
            true};
}

}  // namespace mambasic::models
