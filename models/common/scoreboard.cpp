#include "models/common/scoreboard.h"

#include <algorithm>
#include <utility>

#include "models/common/error.h"

namespace mambasic::models {

Scoreboard::Entry& Scoreboard::entry(TaskId id) {
    MAMBASIC_CHECK(id >= base_ && id < added(), "task " + std::to_string(id) + " is not here");
    return entries_[id - base_];
}

const Scoreboard::Entry& Scoreboard::entry(TaskId id) const {
    return const_cast<Scoreboard*>(this)->entry(id);
}

bool Scoreboard::done(TaskId id) const { return id < base_ || entry(id).phase == Phase::Done; }

void Scoreboard::connect(Entry& added) {
    const TaskId id = added.task.id;
    for (const TaskId before : added.task.data) {
        MAMBASIC_CHECK(before < id, "a dependency points forwards");
        if (before < base_) {  // long done: it began before anything that is still here
            added.when.first_input = 0;
            continue;
        }
        Entry& producer = entry(before);
        if (producer.phase != Phase::Waiting) {
            added.when.first_input = std::min(added.when.first_input, producer.started);
        }
        if (producer.phase != Phase::Done) {
            producer.data_successors.push_back(id);
            ++added.pending_data;
        }
    }
    for (const TaskId before : added.task.space) {
        MAMBASIC_CHECK(before < id, "a dependency points forwards");
        if (done(before)) continue;
        entry(before).space_successors.push_back(id);
        ++added.pending_space;
    }
}

void Scoreboard::add(Task task, Ticks now) {
    MAMBASIC_CHECK(task.id == added(), "tasks come in program order");
    const BlockId block = task.block;
    queues_[static_cast<std::size_t>(block)].push_back(task.id);
    entries_.emplace_back();
    Entry& last = entries_.back();
    last.task = std::move(task);
    last.when.added = now;
    connect(last);
    wake_(block);
}

const Task* Scoreboard::next(BlockId block) const {
    const auto& queue = queues_[static_cast<std::size_t>(block)];
    return queue.empty() ? nullptr : &entry(queue.front()).task;
}

bool Scoreboard::ready(const Task& task) const {
    const Entry& e = entry(task.id);
    return e.pending_data == 0 && e.pending_space == 0;
}

void Scoreboard::start(const Task& task, Ticks now) {
    Entry& e = entry(task.id);
    auto& queue = queues_[static_cast<std::size_t>(task.block)];
    MAMBASIC_CHECK(e.phase == Phase::Waiting && queue.front() == task.id && ready(task),
                   "task " + std::to_string(task.id) + " starts out of turn");
    queue.pop_front();
    e.phase = Phase::Running;
    e.started = now;
    for (const TaskId next : e.data_successors) {
        Ticks& first = entry(next).when.first_input;
        first = std::min(first, now);
    }
}

void Scoreboard::settle(TaskId id, bool data, const Cause& cause, Ticks now) {
    Entry& e = entry(id);
    std::uint32_t& pending = data ? e.pending_data : e.pending_space;
    if (--pending == 0) {
        (data ? e.when.data_ready : e.when.space_ready) = now;
        (data ? e.when.last_input : e.when.last_space) = cause;
    }
    if (e.pending_data == 0 && e.pending_space == 0) wake_(e.task.block);
}

void Scoreboard::retire(TaskId id, Ticks now) {
    Entry& e = entry(id);
    MAMBASIC_CHECK(e.phase == Phase::Running, "a task retires that does not run");
    e.phase = Phase::Done;
    const Cause cause{e.task.block, e.task.op, e.task.transfer.kind};
    for (const TaskId next : e.data_successors) settle(next, true, cause, now);
    for (const TaskId next : e.space_successors) settle(next, false, cause, now);
    ++retired_;
    while (!entries_.empty() && entries_.front().phase == Phase::Done) {
        entries_.pop_front();
        ++base_;
    }
}

std::vector<BlockId> Scoreboard::blocked() const {
    std::vector<BlockId> blocks;
    for (std::size_t b = 0; b < kBlockCount; ++b) {
        if (!queues_[b].empty()) blocks.push_back(static_cast<BlockId>(b));
    }
    return blocks;
}

}  // namespace mambasic::models
