// Turns a workload into tasks with explicit dependencies, one segment at a time: the embedding, a
// layer of a step, or the head. Plain C++: no time passes here, and memory does not grow with the
// number of segments.
// Not modelled: token ids on their way in, and the few scalar scales that travel in descriptors.
#pragma once

#include <cstdint>

#include "sim/layer_writer.h"

namespace mambasic::sim {

class Schedule {
public:
    /// Throws models::UserError where the chip is too small for one task.
    Schedule(const Workload& work, const ChipConfig& chip);
    Schedule(const Schedule&) = delete;
    Schedule& operator=(const Schedule&) = delete;

    /// The next segment in program order; false when there is none.
    bool next(models::Segment& segment);

    const Workload& work() const { return work_; }
    const LayerPlan& plan() const { return plan_; }
    const AddressMap& addresses() const { return addresses_; }

private:
    void begin_step();
    void write_embedding();
    void write_head();
    BufferId write_final_norm();
    void write_logits(BufferId x);
    std::vector<BufferId> head_rows();
    void end_step();

    Workload work_;
    AddressMap addresses_;
    std::vector<Tile> tiles_;
    LayerPlan plan_;
    Emitter emitter_;
    ActivationStore activations_;
    WeightStore weights_;
    TableStore tables_;
    StateKeeper states_;
    LayerWriter layer_writer_;
    std::uint32_t step_ = 0;
    std::uint32_t layer_ = 0;
    bool began_ = false;
    bool embedded_ = false;
    std::vector<TaskId> logits_;  // decode: the next token is known when these are out
};

}  // namespace mambasic::sim
