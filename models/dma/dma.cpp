#include "models/dma/dma.h"

#include <algorithm>

#include "models/common/error.h"
#include "models/dma/dma_cost.h"

namespace mambasic::models {

Dma::Dma(const sc_core::sc_module_name& name, Direction direction, const DmaConfig& config,
         Dispatch& dispatch, const Scratchpads& scratchpads)
    : sc_module(name),
      direction_(direction),
      config_(config),
      scratchpads_(scratchpads),
      dispatch_(dispatch) {
    SC_HAS_PROCESS(Dma);
    SC_THREAD(run);
    SC_METHOD(complete);
    sensitive << ev_done_;
    dont_initialize();
}

Ticks Dma::on_clock(Ticks at) const {
    return ceil_div(at, dispatch_.period()) * dispatch_.period();
}

// When a chunk that is asked for now is through the engine and the scratchpad's ports, which other
// blocks use, too. Its words pass while the DRAM moves it.
// Not modelled: that a load's words come later by the DRAM's latency.
Ticks Dma::pass(const Transfer& transfer, std::uint64_t bytes) const {
    const Ticks period = dispatch_.period();
    const Ticks now = Dispatch::now();
    const Cycles own = dma_move_cycles(config_, bytes);
    Sram* const scratchpad = scratchpads_[static_cast<std::size_t>(transfer.memory)];
    if (scratchpad == nullptr) return now + own.count * period;
    const bool load = direction_ == Direction::Load;
    const std::uint64_t read = load ? 0 : bytes;
    const std::uint64_t written = load ? bytes : 0;
    const Cycles alone = std::max(own, scratchpad->port_cycles(read, written));
    return scratchpad->reserve(now, alone.count * period, read, written, period);
}

// Asks for all chunks.
void Dma::move(const Task& task, Flight& flight) {
    const std::uint64_t number = first_flight_ + flights_.size() - 1;
    const std::uint64_t end = task.transfer.address + task.transfer.bytes;
    for (std::uint64_t at = task.transfer.address; at < end;) {
        const std::uint64_t bytes =
            std::min<std::uint64_t>(config_.chunk_bytes - at % config_.chunk_bytes, end - at);
        const Ticks passed = pass(task.transfer, bytes);
        ++flight.under_way;
        flight.bursts += dram->access({direction_ == Direction::Store, at, bytes,
                                       static_cast<std::uint32_t>(direction_), number},
                                      *this);
        const Ticks accepted = Dispatch::now();
        flight.late = std::max(accepted, passed) - accepted;
        at += bytes;
        Ticks next = accepted + flight.late;
        if (at == end) next = on_clock(next);
        wait(sc_core::sc_time::from_value(next - accepted));
    }
}

void Dma::run() {
    guarded(dispatch_, [this] {
        while (const Task* task = dispatch_.await_task(block())) {
            dispatch_.await_ready(*task);
            const Readiness ready = dispatch_.board().readiness(*task);
            const Ticks now = Dispatch::now();
            // Until the last transfer's data have landed the engine is busy, whatever else it waits
            // for.
            const Ticks busy = settled_ < flights_.size() ? now : std::min(last_done_, now);
            time_.busy_until(std::max(time_.total(), busy));
            time_.wait_ended(ready, now);
            dispatch_.start(*task);
            Flight& flight = flights_.emplace_back();
            flight.task = task->id;
            flight.started = now;
            flight.under_way = 1;
            wait(sc_core::sc_time::from_value(config_.setup_cycles * dispatch_.period()));
            move(*task, flight);
            --flight.under_way;
            settle();
            time_.busy_until(Dispatch::now());
        }
    });
}

void Dma::landed(std::uint64_t tag) {
    Flight& flight = flights_[tag - first_flight_];
    flight.landed = Dispatch::now();
    --flight.under_way;
    settle();
}

// Gives those a time to end whose data, and those of all before them, have landed.
void Dma::settle() {
    for (; settled_ < flights_.size() && flights_[settled_].under_way == 0; ++settled_) {
        Flight& flight = flights_[settled_];
        flight.done = std::max(last_done_, on_clock(flight.landed + flight.late));
        last_done_ = flight.done;
        ev_done_.notify(sc_core::sc_time::from_value(flight.done - Dispatch::now()));
    }
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
        ++first_flight_;
        --settled_;
        MAMBASIC_CHECK(flight.done == Dispatch::now(), "a transfer lands at another time");
        Work work;
        work.cycles = {(flight.done - flight.started) / dispatch_.period()};
        const Task& task = dispatch_.board().task(flight.task);
        const bool load = task.block == BlockId::DmaLoad;
        work.counts[load ? Event::DramReadBytes : Event::DramWriteBytes] = task.transfer.bytes;
        work.counts[load ? Event::DramReadBursts : Event::DramWriteBursts] = flight.bursts;
        dispatch_.retire(flight.task, work);
    });
}

}  // namespace mambasic::models
