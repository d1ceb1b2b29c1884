// The scale tables: what the convolution looks up (ranges, codes, scales of x, B, C) and what the
// scan does (scales of the states). They come with their layer, or once and stay for all steps.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <utility>

#include "sim/address_map.h"
#include "sim/emitter.h"

namespace mambasic::sim {

/// Of the scale table's memory: the tables of all layers, or those of a layer in work and of the
/// next one on its way.
std::uint64_t table_capacity(const TableBytes& tables, std::uint32_t layers);

class TableStore {
public:
    TableStore(Emitter& emitter, const AddressMap& addresses, const Workload& work)
        : emitter_(emitter), addresses_(addresses), work_(work) {}

    void begin_layer(std::uint32_t layer, std::uint32_t step);
    /// Whether the op looks anything up.
    bool has(Op op) const { return bytes(op) > 0; }
    BufferId fetch(Op op);
    /// After the op's last use in the layer.
    void release(Op op);

private:
    std::uint64_t bytes(Op op) const;

    Emitter& emitter_;
    const AddressMap& addresses_;
    Workload work_;
    std::uint32_t layer_ = 0;
    std::uint32_t step_ = 0;
    std::map<std::pair<std::uint32_t, Op>, BufferId> held_;
};

}  // namespace mambasic::sim
