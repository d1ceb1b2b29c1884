// Static description of the gated RMSNorm unit.
#pragma once

#include <cstdint>

#include "models/common/reduction.h"
#include "models/common/yaml_map.h"

namespace mambasic::models {

struct GatedNormConfig {
    std::uint32_t lanes = 0;          // elements per cycle, in each of the two passes over a group
    Reduction sum;                    // the order of the sum of squares: it decides bits
    std::uint32_t sum_ii_cycles = 0;  // cycles between dependent additions of the running sum
    std::uint32_t pipeline_cycles = 0;  // latency of one pass, without the SiLU and rsqrt units
    static GatedNormConfig parse(YamlMap map);
};

}  // namespace mambasic::models
