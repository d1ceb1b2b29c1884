// Runs the functions of tiles on all cores while simulated time goes on: a tile's time follows from
// its shape, so nobody on the chip waits for its bits. One job a task; it begins when the jobs of
// the tasks that make its operands are over. As on the chip, where a block retires its tasks in
// order and a dependency on one of them stands for those before it, a job is over only when those
// before it on its block in its segment are; it may begin earlier.
// Not modelled here: time, space. A job's memory is its own: nothing waits for it to be read.
#pragma once

#include <array>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <queue>
#include <thread>
#include <unordered_map>
#include <vector>

#include "models/common/counts.h"
#include "models/common/task.h"

namespace mambasic::models {

class Jobs {
public:
    /// Returns what the data add to the counts that the tile's shape gives.
    using Job = std::function<Counts()>;
    using SegmentCounts = std::array<Counts, kOpCount>;

    /// `threads` run jobs, the calling one among them: it helps when it waits or is far ahead.
    explicit Jobs(std::size_t threads);
    ~Jobs();  // jobs that have not begun are dropped
    Jobs(const Jobs&) = delete;
    Jobs& operator=(const Jobs&) = delete;

    /// Tasks come after those that make their operands, and each block's in program order. A task
    /// without a job, a transfer, hands on what it waits for.
    void submit(const Task& task, Job job);
    /// Until all jobs of the segment are over. Throws what one of them or of an earlier segment's
    /// threw: of several the first in program order, whatever the threads did.
    SegmentCounts wait(std::uint32_t segment);

private:
    struct Node {
        TaskId id = kNone;
        std::uint32_t segment = 0;
        BlockId block = BlockId::DmaLoad;
        Op op = Op::Embedding;
        Job job;
        std::size_t operands = 0;  // that are still being made
        std::size_t holds = 1;     // its own run, and the job before it in line
        std::vector<Node*> readers;
        Node* next_in_line = nullptr;
    };
    struct Segment {
        std::size_t left = 0;
        std::array<Node*, kBlockCount> last_in_line{};
        SegmentCounts counts{};
    };
    struct Later {
        bool operator()(const Node* a, const Node* b) const { return a->id > b->id; }
    };
    using Lock = std::unique_lock<std::mutex>;

    void add(const Task& task, Job job);
    void work();  // of a thread
    void run_next(Lock& lock);
    void keep_first(const Node& node, std::exception_ptr error);
    void release(Node* ran);
    void retire(Node& node, std::vector<Node*>& over);
    void sleep(Lock& lock);
    void wake(std::size_t wanted);

    std::mutex mutex_;  // of everything below
    std::condition_variable changed_;
    std::size_t sleepers_ = 0;
    bool stop_ = false;
    std::unordered_map<TaskId, Node> nodes_;  // that are not over
    std::priority_queue<Node*, std::vector<Node*>, Later> ready_;
    std::size_t unfinished_ = 0;  // jobs
    std::map<std::uint32_t, Segment> segments_;
    std::exception_ptr error_;
    TaskId failed_ = kNone;
    std::uint32_t failed_segment_ = 0;
    std::vector<std::thread> threads_;
};

}  // namespace mambasic::models
