// A DMA engine: moves one transfer after another, chunk by chunk, and asks for the next while the
// last one's data are still under way.
// Not modelled: more than one transfer sharing an engine's chunks, row gathers as single requests.
#pragma once

#include <deque>
#include <systemc>

#include "models/common/dispatch.h"
#include "models/common/stats.h"
#include "models/dma/dma_config.h"
#include "models/dram/dram.h"

namespace mambasic::models {

class Dma : public sc_core::sc_module {
public:
    enum class Direction { Load, Store };
    Dma(const sc_core::sc_module_name& name, Direction direction, const DmaConfig& config,
        Dispatch& dispatch);

    sc_core::sc_port<DramInterface> dram{"dram"};

    BlockId block() const {
        return direction_ == Direction::Load ? BlockId::DmaLoad : BlockId::DmaStore;
    }
    /// The run ended at `end`: what is left of the time is accounted.
    const BlockTime& finish(Ticks end);

private:
    struct Flight {
        TaskId task = kNone;
        Ticks started = 0;
        Ticks done = 0;
    };
    void run();       // SC_THREAD: issues
    void complete();  // SC_METHOD: retires
    Ticks move(const Task& task);
    Ticks on_clock(Ticks at) const;

    const Direction direction_;
    const DmaConfig config_;
    Dispatch& dispatch_;
    sc_core::sc_event_queue ev_done_{"ev_done"};
    std::deque<Flight> flights_;
    Ticks last_done_ = 0;
    BlockTime time_;  // busy: a transfer is under way
};

}  // namespace mambasic::models
