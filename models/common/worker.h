// A block that computes tiles: takes its tasks in program order, sleeps until one can start, takes
// its cycles and counts from its shape, hands its function on as a job, waits once for its cycles.
// Not modelled: two tiles in one block at a time, other than what a cost formula says.
#pragma once

#include <functional>
#include <systemc>
#include <utility>

#include "models/common/dispatch.h"
#include "models/common/stats.h"
#include "models/sram/sram.h"

namespace mambasic::models {

/// What a worker needs of its chip.
struct WorkerPorts {
    Dispatch& dispatch;
    Sram& weight_sram;
    Sram& activation_sram;
    std::function<SramLayout(const Task&)> layout{};  // empty: all that a tile moves is contiguous
};

/// What a task works on: shapes always, data only where numerics are on.
template <typename Tile>
struct Bound {
    Tile tile;
    std::function<void()> prepare;  // puts the data in place, in the tile's job; may be empty
};

struct TileWork {
    Work work;                        // from the tile's shape
    std::function<void()> prepare;    // as in Bound
    std::function<Counts()> compute;  // the bits; empty where numerics are off
};

class Worker : public sc_core::sc_module {
public:
    Worker(const sc_core::sc_module_name& name, BlockId block, const WorkerPorts& ports);

    BlockId block() const { return block_; }
    void watch(BlockTime::Listener listener) { time_.watch(std::move(listener)); }
    /// The run ended at `end`: what is left of the time is accounted.
    const BlockTime& finish(Ticks end);

protected:
    /// The tile's counts and cost, and the function that gives its bits.
    virtual TileWork perform(const Task& task) = 0;

private:
    void run();  // SC_THREAD: one wait for each task
    Cycles port_bound(const Work& work) const;
    Cycles walk_bound(const Task& task, const Work& work) const;
    void bound_by_ports(const Task& task, Work& work) const;
    void share_ports(Work& work);

    const BlockId block_;
    Dispatch& dispatch_;
    Sram& weight_sram_;
    Sram& activation_sram_;
    const std::function<SramLayout(const Task&)> layout_;
    BlockTime time_;
};

}  // namespace mambasic::models
