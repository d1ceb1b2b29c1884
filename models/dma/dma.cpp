#include "models/dma/dma.h"

#include <algorithm>

#include "models/common/error.h"
#include "models/dma/dma_cost.h"

namespace mambasic::models {

Dma::Dma(const sc_core::sc_module_name& name, Direction direction, const DmaConfig& config,
         Dispatch& dispatch)
    : sc_module(name), direction_(direction), config_(config), dispatch_(dispatch) {
    SC_HAS_PROCESS(Dma);
    SC_THREAD(run);
    SC_METHOD(complete);
    sensitive << ev_done_;
    dont_initialize();
}

Ticks Dma::on_clock(Ticks at) const {
    return ceil_div(at, dispatch_.period()) * dispatch_.period();
}

// Issues all chunks and returns when the last one's data are at their end.
Ticks Dma::move(const Task& task) {
    Ticks done = 0;
    std::uint64_t sent = 0;
    while (sent < task.transfer.bytes) {
        const std::uint64_t bytes =
            std::min<std::uint64_t>(config_.chunk_bytes, task.transfer.bytes - sent);
        const Ticks asked = Dispatch::now();
        const DramGrant grant =
            dram->access({direction_ == Direction::Store, task.transfer.address + sent, bytes,
                          static_cast<std::uint32_t>(direction_)});
        // The engine's own width may be the slower one.
        const Ticks own = asked + dma_move_cycles(config_, bytes).count * dispatch_.period();
        const Ticks late = std::max(grant.accepted, own) - grant.accepted;
        done = grant.done + late;
        sent += bytes;
        Ticks next = grant.accepted + late;
        if (sent == task.transfer.bytes) next = on_clock(next);
        wait(sc_core::sc_time::from_value(next - Dispatch::now()));
    }
    return on_clock(done);
}

void Dma::run() {
    guarded(dispatch_, [this] {
        while (const Task* task = dispatch_.await_task(block())) {
            dispatch_.await_ready(*task);
            const Readiness ready = dispatch_.board().readiness(*task);
            const Ticks now = Dispatch::now();
            // Until the last transfer's data have landed the engine is busy, whatever else it waits
            // for.
            time_.busy_until(std::max(time_.total(), std::min(last_done_, now)));
            time_.wait_ended(ready, now);
            dispatch_.start(*task);
            const TaskId id = task->id;
            wait(sc_core::sc_time::from_value(config_.setup_cycles * dispatch_.period()));
            last_done_ = std::max(last_done_, move(*task));
            flights_.push_back({id, now, last_done_});
            ev_done_.notify(sc_core::sc_time::from_value(last_done_ - Dispatch::now()));
            time_.busy_until(Dispatch::now());
        }
    });
}

const BlockTime& Dma::finish(Ticks end) {
    time_.busy_until(std::max(time_.total(), last_done_));
    time_.idle_until(end);
    return time_;
}

void Dma::complete() {
    guarded(dispatch_, [this] {
        const Flight flight = flights_.front();
        flights_.pop_front();
        MAMBASIC_CHECK(flight.done == Dispatch::now(), "a transfer lands at another time");
        Work work;
        work.cycles = {(flight.done - flight.started) / dispatch_.period()};
        const Task& task = dispatch_.board().task(flight.task);
        work.counts[task.block == BlockId::DmaLoad ? Event::DramReadBytes : Event::DramWriteBytes] =
            task.transfer.bytes;
        dispatch_.retire(flight.task, work);
    });
}

}  // namespace mambasic::models
