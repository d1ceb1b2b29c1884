// Writes the tasks of one layer.
#pragma once

#include <cstdint>

#include "sim/state_keeper.h"

namespace mambasic::sim {

class LayerWriter {
public:
    LayerWriter(Emitter& emitter, ActivationStore& activations, WeightStore& weights,
                StateKeeper& states, const Workload& work, LayerPlan plan);

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
    void write_scan(const Walk& walk, std::size_t tile);
    void write_linear(const Walk& walk);
    void write_product(const Walk& walk, std::size_t tile, std::size_t panel);
    bool panels_outside(const Walk& walk) const;
    Region region(std::size_t tile, std::uint64_t channel, std::uint64_t channels) const;
    std::vector<BufferId> read_inputs(const Walk& walk, std::size_t tile);
    void finish_inputs(const Walk& walk, std::size_t tile);
    void finish_outputs(const Walk& walk, std::size_t tile);
    /// fusion none: the product goes to DRAM panel by panel.
    void write_part(const Walk& walk, const Region& part, const std::vector<BufferId>& reads,
                    std::size_t tile);
    std::uint64_t when(const Walk& walk, std::size_t tile, Stream stream) const;

    Emitter& emitter_;
    ActivationStore& activations_;
    WeightStore& weights_;
    StateKeeper& states_;
    Workload work_;
    LayerPlan plan_;
    bool last_ = false;
};

}  // namespace mambasic::sim
