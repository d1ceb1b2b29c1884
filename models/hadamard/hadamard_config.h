// Static description of the Hadamard unit.
#pragma once

#include <cstdint>

#include "models/common/yaml_map.h"

namespace mambasic::models {

struct HadamardConfig {
    std::uint32_t lanes = 0;  // elements that one butterfly or matrix pass takes per cycle
    std::uint32_t pipeline_cycles = 0;  // latency of one pass
    std::uint32_t buffer_kib = 0;       // FP32 row that the passes work on in place
    static HadamardConfig parse(YamlMap map);
};

}  // namespace mambasic::models
