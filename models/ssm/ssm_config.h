// Static description of the FP32 SSM core.
#pragma once

#include <cstdint>

#include "models/common/reduction.h"
#include "models/common/yaml_map.h"

namespace mambasic::models {

enum class StateResidency {
    OnChip,   // the FP32 state of all channels stays in the core's state store between tiles
    Spilled,  // it moves to DRAM and back around every tile
};

struct SsmConfig {
    std::uint32_t channel_lanes = 0;  // channels in flight
    std::uint32_t state_lanes = 0;    // states of one channel computed together
    std::uint32_t exp_units = 0;      // exponentials started per cycle, whole core
    std::uint32_t softplus_units = 0;
    std::uint32_t silu_units = 0;            // the gate
    std::uint32_t recurrence_ii_cycles = 0;  // cycles between dependent updates of one state
    std::uint32_t pipeline_cycles = 0;       // operands to y, without exp and softplus latency
    Reduction sum;                           // the order of y = sum over states: it decides bits
    Reduction ssd_sum;                       // the same in Mamba2's recurrence
    StateResidency state_residency = StateResidency::OnChip;
    std::uint32_t state_store_kib = 0;
    static SsmConfig parse(YamlMap map);
};

}  // namespace mambasic::models
