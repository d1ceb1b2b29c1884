// Static description of the embedding dequantizer behind the DMA.
#pragma once

#include <cstdint>

#include "models/common/yaml_map.h"

namespace mambasic::models {

struct EmbeddingConfig {
    std::uint32_t lanes = 0;  // elements dequantized per cycle
    std::uint32_t pipeline_cycles = 0;
    static EmbeddingConfig parse(YamlMap map);
};

}  // namespace mambasic::models
