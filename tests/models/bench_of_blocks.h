// A dispatch over a hand-made program, for tests of single blocks.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "models/common/dispatch.h"

namespace mambasic::models::test {

constexpr Ticks kPeriod = 1000000;  // 1 GHz: a cycle is 1 ns

class Program {
public:
    /// Tasks in program order; the first block to ask gets them all.
    explicit Program(std::vector<Task> tasks)
        : tasks_(std::move(tasks)),
          dispatch(kPeriod, {[this](Ticks now) { return refill(now); },
                             [this](const Task& t) { start[t.id] = Dispatch::now() / kPeriod; },
                             [this](const Task& t, const Jobs::Job& job) { data[t.id] = job(); },
                             [this](const Task& t, const Work& w, Ticks now) {
                                 EXPECT_EQ(now % kPeriod, 0U) << "off the clock";
                                 end[t.id] = now / kPeriod;
                                 work[t.id] = w;
                             }}) {}

private:
    struct Resolution {  // before anything else of SystemC's
        Resolution() { sc_core::sc_set_time_resolution(1, sc_core::SC_FS); }
    } resolution_;
    std::vector<Task> tasks_;

public:
    Dispatch dispatch;
    std::map<TaskId, std::uint64_t> start;  // cycles
    std::map<TaskId, std::uint64_t> end;
    std::map<TaskId, Work> work;
    std::map<TaskId, Counts> data;  // what the functions found in the data

private:
    bool refill(Ticks now) {
        if (tasks_.empty()) return false;
        for (Task& t : tasks_) dispatch.board().add(std::move(t), now);
        tasks_.clear();
        return true;
    }
};

inline Task compute(TaskId id, BlockId block, std::vector<TaskId> data = {},
                    std::vector<TaskId> space = {}) {
    Task t;
    t.id = id;
    t.block = block;
    t.data = std::move(data);
    t.space = std::move(space);
    return t;
}

inline Task transfer(TaskId id, BlockId engine, std::uint64_t bytes,
                     std::vector<TaskId> data = {}) {
    Task t = compute(id, engine, std::move(data));
    t.transfer.bytes = bytes;
    return t;
}

}  // namespace mambasic::models::test
