// What a tile of a layer's ops needs in the scratchpads, and in which order tiles, weight panels
// and groups of states are walked.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/activation_store.h"
#include "sim/table_store.h"
#include "sim/weight_store.h"

namespace mambasic::sim {

/// How SSM states share the state store: sequences and channels that are computed together.
struct StatePlan {
    bool resident = false;       // decode: all layers' int8 states stay on chip
    bool conv_resident = false;  // decode: all layers' conv histories stay on chip
    /// Prefill: the FP32 states stay between token tiles. Where there is no room for all channels,
    /// a group of them runs through many tiles before the next one does.
    bool carried = false;
    std::uint64_t sequences = 0;        // of a group
    std::uint64_t channels = 0;         // of a group
    std::uint64_t bytes_per_state = 0;  // 4 in prefill, 1 in decode
};

struct LayerPlan {
    Fusion fusion = Fusion::Layer;
    std::uint64_t group_tiles = 1;   // tiles that take an op together, before the next op
    std::uint64_t settle_limit = 0;  // bytes of activation_sram in use after a group left the layer
    StatePlan state;
};

Capacities capacities_of(const Workload& work, const ChipConfig& chip);

/// What the final norm holds of activation_sram: one row of every sequence, in and out.
std::uint64_t head_norm_bytes(const Workload& work);

/// Throws models::UserError where not even one task fits.
LayerPlan plan_layer(const Workload& work, const ChipConfig& chip, const std::vector<Tile>& tiles);

}  // namespace mambasic::sim
