// A DMA engine: moves one transfer after another, chunk by chunk, and asks for the next while the
// last one's data are still under way. Transfers end in order. Chunks end at multiples of their
// size, so that no burst is moved for two of them.
// Not modelled: more than one transfer sharing an engine's chunks, row gathers as single requests.
#pragma once

#include <array>
#include <deque>
#include <systemc>
#include <utility>

#include "models/common/dispatch.h"
#include "models/common/stats.h"
#include "models/dma/dma_config.h"
#include "models/dram/dram.h"
#include "models/sram/sram.h"

namespace mambasic::models {

class Dma : public sc_core::sc_module, private DramClient {
public:
    enum class Direction { Load, Store };
    /// By memory. Null: one that takes and gives whatever comes.
    using Scratchpads = std::array<Sram*, kMemoryCount>;
    Dma(const sc_core::sc_module_name& name, Direction direction, const DmaConfig& config,
        Dispatch& dispatch, const Scratchpads& scratchpads = {});

    sc_core::sc_port<DramInterface> dram{"dram"};

    BlockId block() const {
        return direction_ == Direction::Load ? BlockId::DmaLoad : BlockId::DmaStore;
    }
    void watch(BlockTime::Listener listener) { time_.watch(std::move(listener)); }
    /// The run ended at `end`: what is left of the time is accounted.
    const BlockTime& finish(Ticks end);

private:
    struct Flight {
        TaskId task = kNone;
        Ticks started = 0;
        std::uint64_t bursts = 0;
        std::uint64_t under_way = 0;  // chunks, and one more while there are chunks to ask for
        Ticks landed = 0;             // the last chunk so far
        Ticks late = 0;               // by so much the last chunk is through the scratchpad's ports
                                      // and the engine's own width after the DRAM took it
        Ticks done = kNone;
    };
    void run();       // SC_THREAD: issues
    void complete();  // SC_METHOD: retires
    void move(const Task& task, Flight& flight);
    Ticks pass(const Transfer& transfer, std::uint64_t bytes) const;
    void landed(std::uint64_t tag) override;
    void settle();
    Ticks on_clock(Ticks at) const;

    const Direction direction_;
    const DmaConfig config_;
    const Scratchpads scratchpads_;
    Dispatch& dispatch_;
    sc_core::sc_event_queue ev_done_{"ev_done"};
    std::deque<Flight> flights_;      // asked for and not retired
    std::uint64_t first_flight_ = 0;  // number of the first of them
    std::size_t settled_ = 0;         // so many of them have a time to end
    Ticks last_done_ = 0;             // of those
    BlockTime time_;                  // busy: a transfer is under way
};

}  // namespace mambasic::models
