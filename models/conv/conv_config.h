// Static description of the causal depthwise convolution unit.
#pragma once

#include <cstdint>

#include "models/common/yaml_map.h"

namespace mambasic::models {

struct ConvConfig {
    std::uint32_t lanes = 0;  // output elements per cycle (4 MACs, SiLU, requantizer each)
    std::uint32_t pipeline_cycles = 0;  // latency from operands to code, without the SiLU unit
    static ConvConfig parse(YamlMap map);
};

}  // namespace mambasic::models
