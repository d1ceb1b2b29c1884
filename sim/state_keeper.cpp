#include "sim/state_keeper.h"

#include <algorithm>

namespace mambasic::sim {

using models::kNone;

StateKeeper::StateKeeper(Emitter& emitter, ActivationStore& activations,
                         const AddressMap& addresses, const Workload& work, const StatePlan& plan)
    : emitter_(emitter),
      activations_(activations),
      addresses_(addresses),
      work_(work),
      plan_(plan),
      resident_history_(work.layers, kNone),
      resident_state_(work.layers, kNone),
      history_store_(work.layers, kNone) {}

void StateKeeper::begin_layer(std::uint32_t layer, std::uint32_t step) {
    layer_ = layer;
    step_ = step;
}

BufferId StateKeeper::conv(const Tile& tile) {
    const std::uint64_t bytes = tile.sequences * conv_state_bytes(work_.dims);
    if (!work_.decode()) {
        if (tile.first) {  // zeros: the conv writes before it reads
            activations_.make_room(bytes);
            history_ = emitter_.allocate(Memory::Activation, bytes);
        }
        return history_;
    }
    if (plan_.conv_resident && resident_history_[layer_] != kNone) {
        return history_ = resident_history_[layer_];
    }
    activations_.make_room(bytes);
    DramPlace place{TrafficKind::State, addresses_.conv_state(layer_), {}};
    if (history_store_[layer_] != kNone) place.writers = {history_store_[layer_]};
    history_ = emitter_.load(Op::Conv1d, Memory::Activation, bytes, place);
    if (plan_.conv_resident) resident_history_[layer_] = history_;
    return history_;
}

void StateKeeper::conv_done(const Tile& tile) {
    const bool leaves = work_.decode() ? !plan_.conv_resident || last_step() : tile.last;
    if (!leaves) return;
    const std::uint64_t bytes = emitter_.bytes(history_);
    const std::uint64_t offset = tile.sequence * conv_state_bytes(work_.dims);
    history_store_[layer_] = emitter_.store(Op::Conv1d, history_, bytes, TrafficKind::State,
                                            addresses_.conv_state(layer_) + offset);
    emitter_.release(history_);
}

std::vector<StateGroup> StateKeeper::groups(const Tile& tile) const {
    std::vector<StateGroup> groups;
    const std::uint64_t channels = work_.dims.d_inner;
    const std::uint64_t per_sequence = models::ceil_div(channels, plan_.channels);
    const std::uint64_t end = tile.sequence + tile.sequences;
    for (std::uint64_t s = tile.sequence; s < end; s += plan_.sequences) {
        for (std::uint64_t c = 0; c < channels; c += plan_.channels) {
            groups.push_back({s * per_sequence + c / plan_.channels, s,
                              std::min(plan_.sequences, end - s), c,
                              std::min(plan_.channels, channels - c)});
        }
    }
    return groups;
}

std::uint64_t StateKeeper::states(const StateGroup& group) const {
    return group.sequences * group.channels * work_.dims.d_state;
}

std::uint64_t StateKeeper::first_state(const StateGroup& group) const {
    return (group.sequence * work_.dims.d_inner + group.channel) * work_.dims.d_state;
}

DramPlace StateKeeper::stored_state(const StateGroup& group) const {
    const std::uint64_t base = work_.decode() ? addresses_.ssm_state(layer_) : addresses_.carry();
    DramPlace place{TrafficKind::State, base + first_state(group) * plan_.bytes_per_state, {}};
    const auto found = state_store_.find({layer_, group.index});
    if (found != state_store_.end()) place.writers = {found->second};
    return place;
}

BufferId StateKeeper::ssm(const Tile& tile, const StateGroup& group) {
    const std::uint64_t bytes = states(group) * plan_.bytes_per_state;
    if (!work_.decode() && tile.first) {  // zeros: the scan writes before it reads
        return state_ = emitter_.allocate(Memory::State, bytes);
    }
    if (stays_) return state_;
    if (plan_.resident && resident_state_[layer_] != kNone) {
        return state_ = resident_state_[layer_];
    }
    state_ = emitter_.load(Op::Scan, Memory::State, bytes, stored_state(group));
    if (plan_.resident) resident_state_[layer_] = state_;
    return state_;
}

void StateKeeper::ssm_done(const Tile& tile, const StateGroup& group, bool stays) {
    stays_ = stays && !tile.last;
    if (stays_) return;
    if (plan_.resident && !last_step()) return;
    // The FP32 states of a prefill move between tiles; what it leaves behind is int8.
    const bool carry = !work_.decode() && !tile.last;
    const std::uint64_t bytes = states(group) * (carry ? 4 : 1);
    const std::uint64_t address = carry ? addresses_.carry() + first_state(group) * 4
                                        : addresses_.ssm_state(layer_) + first_state(group);
    state_store_[{layer_, group.index}] =
        emitter_.store(Op::Scan, state_, bytes, TrafficKind::State, address);
    emitter_.release(state_);
}

}  // namespace mambasic::sim
