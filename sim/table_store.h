// The scale tables: what the convolution looks up and, except in a Mamba1 layer with one scale, the
// scan after it (ranges, codes, scales of x, B, C and of the states). They come with their layer,
// or once and stay for all steps.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/address_map.h"
#include "sim/emitter.h"

namespace mambasic::sim {

/// Of the scale table's memory: the tables of all layers, or those of a layer in work and of the
/// next one on its way.
std::uint64_t table_capacity(const Workload& work);

class TableStore {
public:
    TableStore(Emitter& emitter, const AddressMap& addresses, const Workload& work)
        : emitter_(emitter),
          addresses_(addresses),
          work_(work),
          held_(work.layers, models::kNone) {}

    void begin_layer(std::uint32_t layer, std::uint32_t step);
    /// Whether the op looks anything up.
    bool has(Op op) const { return work_.looks_up(op, layer_); }
    BufferId fetch(Op op);
    /// After an op's last use in the layer.
    void release(Op op);

private:
    Emitter& emitter_;
    const AddressMap& addresses_;
    Workload work_;
    std::uint32_t layer_ = 0;
    std::uint32_t step_ = 0;
    std::vector<BufferId> held_;  // by layer
};

}  // namespace mambasic::sim
