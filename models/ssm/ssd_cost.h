// Cycles, memory traffic and area of the core that runs Mamba2's recurrence. States move between
// tiles as the scan's do: ssm_state_traffic(shape.flat(), ...), ssm_state_store().
// Not modelled: bank conflicts in the state store.
#pragma once

#include "models/common/cost.h"
#include "models/nonlinear/nonlinear_config.h"
#include "models/ssm/ssd_function.h"
#include "models/ssm/ssm_config.h"
#include "models/ssm/ssm_cost.h"

namespace mambasic::models {

/// silu stays 0: the gate is in the gated norm.
SsmCycles ssd_cycles(const SsmConfig& config, const NonlinearConfig& nonlinear,
                     const SsdShape& shape, std::uint64_t codes);

SramTraffic ssd_traffic(const SsdShape& shape, const XInput& x = {});

/// Steps that the core takes for one group of channel_lanes channels in a tile: the pace that
/// lookups of x and state scales can hide behind.
std::uint64_t ssd_group_steps(const SsmConfig& config, const SsdShape& shape, std::uint64_t codes);

AreaParts ssd_area(const SsmConfig& config, const NonlinearConfig& nonlinear);

}  // namespace mambasic::models
