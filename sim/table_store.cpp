#include "sim/table_store.h"

#include <algorithm>

namespace mambasic::sim {

std::uint64_t table_capacity(const Workload& work) {
    constexpr std::uint64_t kAtWorkAndArriving = 2;
    std::uint64_t all = 0;
    std::uint64_t largest = 0;
    std::uint32_t first = 0;
    for (const ScaleRange& range : work.scale_ranges) {
        const std::uint32_t end = std::min(range.end, work.network_layers());
        all += range.table_bytes * (end - first);
        largest = std::max(largest, range.table_bytes);
        first = end;
    }
    return work.tables_stay ? all : kAtWorkAndArriving * largest;
}

void TableStore::begin_layer(std::uint32_t layer, std::uint32_t step) {
    layer_ = layer;
    step_ = step;
}

BufferId TableStore::fetch(Op op) {
    BufferId& held = held_[layer_];
    if (held == models::kNone) {
        held = emitter_.load(op, Memory::Table, work_.scales(layer_).table_bytes,
                             {TrafficKind::Tables, addresses_.table(layer_), {}});
    }
    return held;
}

void TableStore::release(Op op) {
    const bool last = op == (has(Op::Scan) ? Op::Scan : Op::Conv1d);
    const bool stays = work_.tables_stay && step_ + 1 < work_.steps();
    if (!last || stays) return;
    emitter_.release(held_[layer_]);
    held_[layer_] = models::kNone;
}

}  // namespace mambasic::sim
