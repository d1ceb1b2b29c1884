// What the blocks of a chip share: the scoreboard, the clock's period, a wake-up per block, and
// where finished work is written down. One for each simulation.
#pragma once

#include <array>
#include <exception>
#include <functional>
#include <systemc>

#include "models/common/jobs.h"
#include "models/common/ledger.h"
#include "models/common/scoreboard.h"

namespace mambasic::models {

class Dispatch {
public:
    struct Hooks {
        std::function<bool(Ticks)> refill;  // adds the next segment; false when there is none
        std::function<void(const Task&)> started;
        std::function<void(const Task&, Jobs::Job)> compute;  // the bits, whenever they come
        std::function<void(const Task&, const Work&, Ticks)> retired;
    };
    Dispatch(Ticks period, Hooks hooks);

    Scoreboard& board() { return board_; }
    Ticks period() const { return period_; }
    static Ticks now() { return sc_core::sc_time_stamp().value(); }

    /// In a thread: the block's next task, or null when the program is over. Only the load engine
    /// runs ahead of everything else, so it is the one that asks for more program.
    const Task* await_task(BlockId block);
    /// In a thread: sleeps until the task's operands and its space are there.
    void await_ready(const Task& task);

    void start(const Task& task);
    /// The function of a task that started; time does not wait for it.
    void compute(const Task& task, Jobs::Job job);
    void retire(TaskId id, const Work& work);

    /// What a process threw; SystemC would lose its type. Stops the simulation.
    void fail(std::exception_ptr error);
    void rethrow() const;

private:
    sc_core::sc_event& event(BlockId block) { return events_[static_cast<std::size_t>(block)]; }

    Ticks period_;
    Hooks hooks_;
    std::array<sc_core::sc_event, kBlockCount> events_;
    Scoreboard board_;
    bool over_ = false;
    std::exception_ptr error_;
};

/// Runs a process body and hands what it throws to the dispatch, except SystemC's own unwinding.
template <typename Body>
void guarded(Dispatch& dispatch, Body&& body) {
    try {
        body();
    } catch (const sc_core::sc_unwind_exception&) {
        throw;
    } catch (...) {
        dispatch.fail(std::current_exception());
    }
}

}  // namespace mambasic::models
