// Which tasks may run, which run, which are done. Plain C++: time comes in as a number of ticks.
// Tasks are added in program order and every dependency points backwards, so a machine whose blocks
// each take their tasks in that order cannot deadlock.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "models/common/task.h"

namespace mambasic::models {

using Ticks = std::uint64_t;  // 1 fs, SystemC's resolution here

/// Whose end was waited for.
struct Cause {
    BlockId block = BlockId::DmaLoad;
    Op op = Op::Embedding;
    TrafficKind traffic = TrafficKind::Weights;  // DMA only
};

/// When a task could have started, and why not before.
struct Readiness {
    Ticks added = 0;            // the schedule reached it
    Ticks first_input = kNone;  // the first of its operands began to be made
    Ticks data_ready = 0;       // all operands there
    Ticks space_ready = 0;      // room for what it writes
    Cause last_input{};         // the last operand's maker; of no meaning where none was awaited
    Cause last_space{};         // likewise who gave the last of the room
};

class Scoreboard {
public:
    /// `wake` is called when a block may have something new to do.
    explicit Scoreboard(std::function<void(BlockId)> wake) : wake_(std::move(wake)) {}

    void add(Task task, Ticks now);
    /// The block's next task in program order, or null until one is added.
    const Task* next(BlockId block) const;
    bool ready(const Task& task) const;
    Readiness readiness(const Task& task) const { return entry(task.id).when; }

    void start(const Task& task, Ticks now);  // takes it off its block's queue
    const Task& task(TaskId id) const { return entry(id).task; }
    void retire(TaskId id, Ticks now);  // the task is gone afterwards

    std::uint64_t added() const { return base_ + entries_.size(); }
    std::uint64_t retired() const { return retired_; }
    std::vector<BlockId> blocked() const;  // blocks with tasks left

private:
    enum class Phase : std::uint8_t { Waiting, Running, Done };
    struct Entry {
        Task task;
        Readiness when;
        Phase phase = Phase::Waiting;
        Ticks started = 0;
        std::uint32_t pending_data = 0;
        std::uint32_t pending_space = 0;
        std::vector<TaskId> data_successors;
        std::vector<TaskId> space_successors;
    };
    Entry& entry(TaskId id);
    const Entry& entry(TaskId id) const;
    bool done(TaskId id) const;
    void connect(Entry& added);
    void settle(TaskId id, bool data, const Cause& cause, Ticks now);

    std::function<void(BlockId)> wake_;
    std::deque<Entry> entries_;  // from base_; a prefix that is done is dropped
    TaskId base_ = 0;
    std::uint64_t retired_ = 0;
    std::array<std::deque<TaskId>, kBlockCount> queues_;
};

}  // namespace mambasic::models
