// Static description of the DMA engines between DRAM and the scratchpads.
#pragma once

#include <cstdint>

#include "models/common/yaml_map.h"

namespace mambasic::models {

struct DmaConfig {
    std::uint32_t bytes_per_cycle = 0;  // of each direction's engine
    std::uint32_t chunk_bytes = 0;      // a transfer yields the DRAM after this much
    std::uint32_t setup_cycles = 0;     // descriptor to first request
    static DmaConfig parse(YamlMap map);
};

}  // namespace mambasic::models
