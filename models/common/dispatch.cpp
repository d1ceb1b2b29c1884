#include "models/common/dispatch.h"

#include <utility>

namespace mambasic::models {

Dispatch::Dispatch(Ticks period, Hooks hooks)
    : period_(period),
      hooks_(std::move(hooks)),
      board_([this](BlockId block) { event(block).notify(sc_core::SC_ZERO_TIME); }) {}

const Task* Dispatch::await_task(BlockId block) {
    while (true) {
        if (const Task* task = board_.next(block)) return task;
        if (over_) return nullptr;
        if (block != BlockId::DmaLoad) {
            sc_core::wait(event(block));
        } else if (!hooks_.refill(now())) {
            over_ = true;
            for (sc_core::sc_event& e : events_) e.notify(sc_core::SC_ZERO_TIME);
        }
    }
}

void Dispatch::await_ready(const Task& task) {
    while (!board_.ready(task)) sc_core::wait(event(task.block));
}

void Dispatch::start(const Task& task) {
    board_.start(task, now());
    hooks_.started(task);
}

void Dispatch::compute(const Task& task, Jobs::Job job) { hooks_.compute(task, std::move(job)); }

void Dispatch::retire(TaskId id, const Work& work) {
    hooks_.retired(board_.task(id), work, now());
    board_.retire(id, now());
}

void Dispatch::fail(std::exception_ptr error) {
    if (!error_) error_ = std::move(error);
    sc_core::sc_stop();
}

void Dispatch::rethrow() const {
    if (error_) std::rethrow_exception(error_);
}

}  // namespace mambasic::models
