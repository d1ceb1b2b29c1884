// Static description of the rotation unit, which turns rows of x in front of their code and back
// behind it (ssm.md 8.9). A chip has of it what its scheme needs: butterflies, or lanes that
// multiply by a matrix.
#pragma once

#include <cstdint>

#include "models/common/yaml_map.h"

namespace mambasic::models {

struct RotationConfig {
    // hadamard
    std::uint32_t butterfly_lanes = 0;  // elements that one butterfly or matrix pass takes a cycle
    std::uint32_t pipeline_cycles = 0;  // latency of one pass; of a product behind its last fma
    std::uint32_t buffer_kib = 0;       // FP32 row that the passes work on in place
    // dense
    std::uint32_t fma_lanes = 0;             // multiply-adds a cycle
    std::uint32_t recurrence_ii_cycles = 0;  // sums that a lane works on in turn
    // both
    std::uint32_t quantize_lanes = 0;   // results a cycle that become int8 codes
    std::uint32_t quantize_cycles = 0;  // latency of one
    static RotationConfig parse(YamlMap map);
};

}  // namespace mambasic::models
