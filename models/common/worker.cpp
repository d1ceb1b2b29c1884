#include "models/common/worker.h"

#include <algorithm>

namespace mambasic::models {

namespace {

// A worker that is far ahead of the jobs runs some on its own coroutine: oneDNN, Eigen and OpenMP
// need more than SystemC's 256 KiB.
constexpr std::size_t kStackBytes = std::size_t{4} << 20;

Jobs::Job job_of(const TileWork& tile) {
    return [by_shape = tile.work.counts, prepare = tile.prepare, compute = tile.compute] {
        if (prepare) prepare();
        return data_counts(by_shape, compute());
    };
}

}  // namespace

Worker::Worker(const sc_core::sc_module_name& name, BlockId block, const WorkerPorts& ports)
    : sc_module(name),
      block_(block),
      dispatch_(ports.dispatch),
      weight_sram_(ports.weight_sram),
      activation_sram_(ports.activation_sram),
      layout_(ports.layout) {
    SC_HAS_PROCESS(Worker);
    SC_THREAD(run);
    set_stack_size(kStackBytes);
}

Cycles Worker::port_bound(const Work& work) const {
    const Cycles weights = weight_sram_.port_cycles(work.sram.weight_read_bytes, 0);
    const Cycles activations = activation_sram_.port_cycles(work.sram.activation_read_bytes,
                                                            work.sram.activation_write_bytes);
    return std::max(weights, activations);
}

Cycles Worker::walk_bound(const Task& task, const Work& work) const {
    const bool by_columns = work.sram.read_walk.lanes + work.sram.write_walk.lanes > 0;
    if (!layout_ || !by_columns) return {0};
    return activation_sram_.walk_cycles(work.sram, layout_(task));
}

// A tile lasts as long as its pipeline or its ports, whichever takes longer; a lookup in front of
// the pipeline lengthens the tile by what the ports do not take anyway, and so do conflicts in the
// banks.
void Worker::bound_by_ports(const Task& task, Work& work) const {
    const Cycles even = std::max(port_bound(work), Cycles{1});
    const Cycles least = std::max(walk_bound(task, work), even);
    const Cycles without_lookup = std::max(Cycles{work.cycles.count - work.table_cycles}, least);
    const Cycles without_conflicts = std::max(work.cycles, even);
    work.cycles = std::max(work.cycles, least);
    work.exposed_table_cycles = work.cycles.count - without_lookup.count;
    work.bank_conflict_cycles = work.cycles.count - without_conflicts.count;
}

// What other blocks left of the ports may make it last longer.
void Worker::share_ports(Work& work) {
    const Ticks now = Dispatch::now();
    const Ticks period = dispatch_.period();
    const Ticks alone = work.cycles.count * period;
    const SramTraffic& sram = work.sram;
    const Ticks weights = weight_sram_.reserve(now, alone, sram.weight_read_bytes, 0, period);
    const Ticks activations = activation_sram_.reserve(now, alone, sram.activation_read_bytes,
                                                       sram.activation_write_bytes, period);
    work.cycles = {ceil_div(std::max(weights, activations) - now, period)};
}

const BlockTime& Worker::finish(Ticks end) {
    time_.idle_until(end);
    return time_;
}

void Worker::run() {
    guarded(dispatch_, [this] {
        while (const Task* task = dispatch_.await_task(block_)) {
            dispatch_.await_ready(*task);
            time_.wait_ended(dispatch_.board().readiness(*task), Dispatch::now());
            dispatch_.start(*task);
            const TileWork tile = perform(*task);
            if (tile.compute) dispatch_.compute(*task, job_of(tile));
            Work work = tile.work;
            bound_by_ports(*task, work);
            share_ports(work);
            wait(sc_core::sc_time::from_value(work.cycles.count * dispatch_.period()));
            time_.busy_until(Dispatch::now());
            dispatch_.retire(task->id, work);
        }
    });
}

}  // namespace mambasic::models
