// Tasks and jobs for tests of the pool.
#pragma once

#include <atomic>
#include <future>
#include <thread>
#include <utility>
#include <vector>

#include "models/common/jobs.h"

namespace mambasic::models::test {

constexpr std::size_t kThreads = 4;

inline Task task(TaskId id, BlockId block, std::vector<TaskId> data = {},
                 std::uint32_t segment = 0) {
    Task t;
    t.id = id;
    t.block = block;
    t.op = block == BlockId::Gemm ? Op::InProj : Op::Conv1d;
    t.segment = segment;
    t.data = std::move(data);
    return t;
}

inline Counts saturated(std::uint64_t count) {
    Counts counts;
    counts[Event::Saturated] = count;
    return counts;
}

inline Jobs::Job nothing() {
    return [] { return Counts(); };
}

/// Jobs that wait until a test lets them go on.
class Gate {
public:
    Jobs::Job job(std::atomic<bool>& began) {
        return [this, &began] {
            began = true;
            opened_.wait();
            return Counts();
        };
    }
    void open() { open_.set_value(); }

private:
    std::promise<void> open_;
    std::shared_future<void> opened_{open_.get_future()};
};

inline void until(const std::atomic<bool>& flag) {
    while (!flag) std::this_thread::yield();
}

}  // namespace mambasic::models::test
