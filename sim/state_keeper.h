// What moves from token to token, as buffers: conv histories (int8, in the activation scratchpad)
// and SSM states (FP32 inside a prefill, int8 in decode, in the state store).
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "sim/layer_plan.h"

namespace mambasic::sim {

/// Sequences and channels whose SSM state is in the state store together.
struct StateGroup {
    std::uint64_t index = 0;  // among all groups of a layer
    std::uint64_t sequence = 0;
    std::uint64_t sequences = 0;
    std::uint64_t channel = 0;
    std::uint64_t channels = 0;
};

class StateKeeper {
public:
    StateKeeper(Emitter& emitter, ActivationStore& activations, const AddressMap& addresses,
                const Workload& work, const StatePlan& plan);

    void begin_layer(std::uint32_t layer, std::uint32_t step);

    /// The history that a conv tile reads and replaces; conv_done after the tile's task.
    BufferId conv(const Tile& tile);
    void conv_done(const Tile& tile);

    std::vector<StateGroup> groups(const Tile& tile) const;
    BufferId ssm(const Tile& tile, const StateGroup& group);
    /// `stays`: the group's next task is on the next tile of the same sequence.
    void ssm_done(const Tile& tile, const StateGroup& group, bool stays);

private:
    bool last_step() const { return step_ + 1 == work_.steps(); }
    std::uint64_t states(const StateGroup& group) const;
    std::uint64_t first_state(const StateGroup& group) const;
    DramPlace stored_state(const StateGroup& group) const;

    Emitter& emitter_;
    ActivationStore& activations_;
    const AddressMap& addresses_;
    Workload work_;
    StatePlan plan_;
    std::uint32_t layer_ = 0;
    std::uint32_t step_ = 0;
    BufferId history_ = models::kNone;        // of the sequence or step in work
    BufferId state_ = models::kNone;          // likewise
    bool stays_ = false;                      // state_, until its next tile
    std::vector<BufferId> resident_history_;  // by layer
    std::vector<BufferId> resident_state_;    // by layer
    std::vector<TaskId> history_store_;       // by layer: who wrote it to DRAM last
    std::map<std::pair<std::uint32_t, std::uint64_t>, TaskId> state_store_;  // by layer, group
};

}  // namespace mambasic::sim
