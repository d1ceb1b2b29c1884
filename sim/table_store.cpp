#include "sim/table_store.h"

namespace mambasic::sim {

std::uint64_t table_capacity(const TableBytes& tables, std::uint32_t layers) {
    constexpr std::uint32_t kHalves = 2;
    return tables.layer() * (tables.all_layers ? layers : kHalves);
}

void TableStore::begin_layer(std::uint32_t layer, std::uint32_t step) {
    layer_ = layer;
    step_ = step;
}

std::uint64_t TableStore::bytes(Op op) const {
    if (op == Op::Conv1d) return work_.tables.conv;
    return op == Op::Scan ? work_.tables.scan : 0;
}

BufferId TableStore::fetch(Op op) {
    const auto [place, is_new] = held_.try_emplace({layer_, op}, models::kNone);
    if (is_new) {
        place->second = emitter_.load(op, Memory::Table, bytes(op),
                                      {TrafficKind::Tables, addresses_.table(layer_, op), {}});
    }
    return place->second;
}

void TableStore::release(Op op) {
    const bool stays = work_.tables.all_layers && step_ + 1 < work_.steps();
    const auto held = held_.find({layer_, op});
    if (stays || held == held_.end()) return;
    emitter_.release(held->second);
    held_.erase(held);
}

}  // namespace mambasic::sim
