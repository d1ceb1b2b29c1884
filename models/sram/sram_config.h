// Static description of one scratchpad.
#pragma once

#include <cstdint>

#include "models/common/yaml_map.h"

namespace mambasic::models {

struct SramConfig {
    std::uint32_t capacity_kib = 0;
    std::uint32_t banks = 0;
    std::uint32_t word_bytes = 0;      // of one bank's port
    std::uint32_t ports_per_bank = 0;  // 1: read or write; 2: read and write in one cycle
    std::uint32_t access_cycles = 0;   // address to data; an access can start every cycle
    std::uint64_t capacity_bytes() const { return std::uint64_t{capacity_kib} * 1024; }
    std::uint64_t bytes_per_cycle() const { return std::uint64_t{banks} * word_bytes; }
    static SramConfig parse(YamlMap map);
};

}  // namespace mambasic::models
