#include "sim/table_store.h"

namespace mambasic::sim {

std::uint64_t table_capacity(const TableLoad& table, std::uint32_t layers) {
    constexpr std::uint32_t kAtWorkAndArriving = 2;
    return table.bytes * (table.all_layers ? layers : kAtWorkAndArriving);
}

void TableStore::begin_layer(std::uint32_t layer, std::uint32_t step) {
    layer_ = layer;
    step_ = step;
}

bool TableStore::has(Op op) const {
    return op == Op::Conv1d || (op == Op::Scan && work_.dims.mamba2());
}

BufferId TableStore::fetch(Op op) {
    BufferId& held = held_[layer_];
    if (held == models::kNone) {
        held = emitter_.load(op, Memory::Table, work_.table.bytes,
                             {TrafficKind::Tables, addresses_.table(layer_), {}});
    }
    return held;
}

void TableStore::release(Op op) {
    const bool last = op == (work_.dims.mamba2() ? Op::Scan : Op::Conv1d);
    const bool stays = work_.table.all_layers && step_ + 1 < work_.steps();
    if (!last || stays) return;
    emitter_.release(held_[layer_]);
    held_[layer_] = models::kNone;
}

}  // namespace mambasic::sim
