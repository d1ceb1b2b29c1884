// Cycles, memory traffic and area of the SSM core.
// Not modelled: bank conflicts in the state store, an idle unit lent to another function.
#pragma once

#include "models/common/cost.h"
#include "models/nonlinear/nonlinear_config.h"
#include "models/scale_table/scale_table_cost.h"
#include "models/ssm/ssm_config.h"
#include "models/ssm/ssm_function.h"

namespace mambasic::models {

/// What each resource of the core needs for a tile, and what the tile takes.
struct SsmCycles {
    std::uint64_t update = 0;
    std::uint64_t exp = 0;
    std::uint64_t softplus = 0;
    std::uint64_t silu = 0;
    std::uint64_t divide = 0;  // states become codes
    std::uint64_t latency = 0;
    Cycles total() const;
};
/// `codes`: states that the tile turns into codes, ssm_codes().
SsmCycles ssm_cycles(const SsmConfig& config, const NonlinearConfig& nonlinear,
                     const SsmShape& shape, std::uint64_t codes);
/// All states in decode and in the last tile of a prefill, none before.
std::uint64_t ssm_codes(const SsmShape& shape, bool decode, bool last_tile);

/// Steps that the core takes for one group of channel_lanes channels in a tile: the pace that
/// lookups of u's and the states' scales can hide behind.
std::uint64_t ssm_group_steps(const SsmConfig& config, const SsmShape& shape, std::uint64_t codes);

/// `x`: where it is not int8.
SramTraffic ssm_traffic(const SsmShape& shape, const XInput& x = {});

/// Where a tile lies in the life of its states.
struct SsmPosition {
    bool decode = false;
    bool first_tile = false;  // of a prefill: the states begin as zeros
    bool last_tile = false;   // of a prefill: the states end as int8
};
StoreTraffic ssm_state_traffic(const SsmShape& shape, const SsmPosition& position);
MemoryPart ssm_state_store(const SsmConfig& config);
/// Registers for the state scales of all cells that the channel lanes work in, of either family; of
/// no bits where no layer has groups.
LogicPart ssm_state_scale_registers(const SsmConfig& config, const TableNeeds& needs);
AreaParts ssm_area(const SsmConfig& config, const NonlinearConfig& nonlinear);

}  // namespace mambasic::models
