// Writes the tasks of one layer.
#pragma once

#include <cstdint>

#include "sim/state_keeper.h"

namespace mambasic::sim {

/// Where a layer's buffers come from.
struct LayerStores {
    Emitter& emitter;
    ActivationStore& activations;
    WeightStore& weights;
    TableStore& tables;
    StateKeeper& states;
};

class LayerWriter {
public:
    LayerWriter(const LayerStores& stores, Workload work, LayerPlan plan);

    /// `last`: of the step. Its outputs go where the model ends: to the head, or to DRAM.
    void write(std::uint32_t layer, std::uint32_t step, bool last);

private:
    struct Walk {  // which op, over which tiles
        const OpSpec* spec = nullptr;
        std::uint64_t op_index = 0;
        std::size_t first_tile = 0;
        std::size_t end_tile = 0;
    };
    void write_ops(std::size_t group, std::size_t first_op, std::size_t end_op);
    void write_op(const Walk& walk);
    void write_pointwise(const Walk& walk, std::size_t tile);
    std::vector<BufferId> fetch_weights(Op op);
    void write_scan(const Walk& walk);
    void write_scan_tiles(const Walk& walk, std::size_t first, std::size_t end);
    void write_scan_task(const Walk& walk, std::size_t tile, const StateGroup& group, bool several);
    void wait_for_next_group(const Walk& walk, std::size_t tile);
    void write_linear(const Walk& walk);
    void write_product(const Walk& walk, std::size_t tile, std::size_t panel);
    bool panels_outside(const Walk& walk) const;
    Region region(std::size_t tile, std::uint64_t channel, std::uint64_t channels) const;
    std::vector<BufferId> read_inputs(const Walk& walk, std::size_t tile);
    void finish_inputs(const Walk& walk, std::size_t tile);
    void finish_outputs(const Walk& walk, std::size_t tile);
    /// fusion none: the result goes to DRAM part by part.
    void write_part(const Walk& walk, const Region& part, const std::vector<BufferId>& reads,
                    std::size_t tile, const std::vector<BufferId>& updates = {});
    /// The index of the next op that reads the stream; beyond the last where none does.
    std::uint64_t next_reader(const Walk& walk, Stream stream) const;
    /// When that one comes.
    std::uint64_t when(const Walk& walk, std::size_t tile, Stream stream) const;
    std::uint64_t turn(std::uint64_t op, std::size_t tile) const;

    Emitter& emitter_;
    ActivationStore& activations_;
    WeightStore& weights_;
    TableStore& tables_;
    StateKeeper& states_;
    Workload work_;
    LayerPlan plan_;
    std::vector<OpSpec> ops_;     // of the layer in work
    std::size_t first_back_ = 0;  // among them: from here on a group runs one group behind
    bool last_ = false;
};

}  // namespace mambasic::sim
