// A block that computes tiles: takes its tasks in program order, sleeps until one can start,
// computes its bits and counts, waits once for its cycles, passes on.
// Not modelled: two tiles in one block at a time, other than what a cost formula says.
#pragma once

#include <systemc>

#include "models/common/dispatch.h"
#include "models/common/stats.h"
#include "models/sram/sram.h"

namespace mambasic::models {

/// What a worker needs of its chip.
struct WorkerPorts {
    Dispatch& dispatch;
    Sram& weight_sram;
    Sram& activation_sram;
};

class Worker : public sc_core::sc_module {
public:
    Worker(const sc_core::sc_module_name& name, BlockId block, const WorkerPorts& ports);

    BlockId block() const { return block_; }
    /// The run ended at `end`: what is left of the time is accounted.
    const BlockTime& finish(Ticks end);

protected:
    /// The tile's bits (where numerics are on), counts and cost.
    virtual Work perform(const Task& task) = 0;

private:
    void run();  // SC_THREAD: one wait for each task
    Cycles port_bound(const Work& work) const;
    void bound_by_ports(Work& work) const;

    const BlockId block_;
    Dispatch& dispatch_;
    Sram& weight_sram_;
    Sram& activation_sram_;
    BlockTime time_;
};

}  // namespace mambasic::models
