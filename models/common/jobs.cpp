#include "models/common/jobs.h"

#include <omp.h>

#include <algorithm>
#include <system_error>
#include <utility>

namespace mambasic::models {

namespace {

// How many jobs the calling thread runs ahead, for each other thread, before it helps.
constexpr std::size_t kAhead = 512;
constexpr std::size_t kMostThreads = 256;

// The pool is what uses the cores; a function that split itself would only crowd them.
class OneThread {
public:
    OneThread() : threads_(omp_get_max_threads()) { omp_set_num_threads(1); }
    OneThread(const OneThread&) = delete;
    OneThread& operator=(const OneThread&) = delete;
    ~OneThread() { omp_set_num_threads(threads_); }

private:
    int threads_;
};

struct Outcome {
    Counts counts;
    std::exception_ptr error;
};

Outcome run(const Jobs::Job& job) {
    const OneThread guard;
    Outcome outcome;
    try {
        outcome.counts = job();
    } catch (...) {
        outcome.error = std::current_exception();
    }
    return outcome;
}

}  // namespace

Jobs::Jobs(std::size_t threads) {
    try {
        for (std::size_t i = 1; i < std::min(threads, kMostThreads); ++i) {
            threads_.emplace_back([this] { work(); });
        }
    } catch (const std::system_error&) {  // the machine gives no more: fewer do as well
    }
}

Jobs::~Jobs() {
    {
        const Lock lock(mutex_);
        stop_ = true;
        changed_.notify_all();
    }
    for (std::thread& thread : threads_) thread.join();
}

void Jobs::submit(const Task& task, Job job) {
    Lock lock(mutex_);
    add(task, std::move(job));
    while (unfinished_ > kAhead * threads_.size() && !ready_.empty()) run_next(lock);
    wake(ready_.size());
}

void Jobs::add(const Task& task, Job job) {
    std::vector<Node*> makers;
    for (const TaskId id : task.data) {
        const auto maker = nodes_.find(id);
        if (maker != nodes_.end()) makers.push_back(&maker->second);
    }
    const bool runs = static_cast<bool>(job);
    if (!runs && makers.empty()) return;
    Node& node = nodes_[task.id];
    node.id = task.id;
    node.segment = task.segment;
    node.block = task.block;
    node.op = task.op;
    node.job = std::move(job);
    node.operands = makers.size();
    for (Node* maker : makers) maker->readers.push_back(&node);
    Segment& segment = segments_[task.segment];
    ++segment.left;
    if (!runs) return;
    ++unfinished_;
    Node*& last = segment.last_in_line[static_cast<std::size_t>(task.block)];
    if (last != nullptr) {
        last->next_in_line = &node;
        ++node.holds;
    }
    last = &node;
    if (makers.empty()) ready_.push(&node);
}

Jobs::SegmentCounts Jobs::wait(std::uint32_t segment) {
    Lock lock(mutex_);
    while (segments_[segment].left > 0) {
        if (ready_.empty()) {
            sleep(lock);
        } else {
            run_next(lock);
        }
    }
    wake(ready_.size());
    const SegmentCounts counts = segments_.extract(segment).mapped().counts;
    if (error_ && failed_segment_ <= segment) std::rethrow_exception(error_);
    return counts;
}

void Jobs::work() {
    Lock lock(mutex_);
    while (!stop_) {
        if (ready_.empty()) {
            sleep(lock);
        } else {
            run_next(lock);
        }
    }
}

void Jobs::run_next(Lock& lock) {
    Node* const node = ready_.top();
    ready_.pop();
    Job job = std::move(node->job);
    if (failed_ < node->id) job = [] { return Counts(); };  // its operands may be rubbish
    lock.unlock();
    const Outcome outcome = run(job);
    job = nullptr;
    lock.lock();
    if (outcome.error) keep_first(*node, outcome.error);
    segments_.at(node->segment).counts[static_cast<std::size_t>(node->op)] += outcome.counts;
    --unfinished_;
    release(node);
}

void Jobs::keep_first(const Node& node, std::exception_ptr error) {
    if (failed_ < node.id) return;
    failed_ = node.id;
    failed_segment_ = node.segment;
    error_ = std::move(error);
}

// Without recursion: a line of thousands may end at once.
void Jobs::release(Node* ran) {
    std::vector<Node*> over;
    if (--ran->holds == 0) over.push_back(ran);
    while (!over.empty()) {
        Node* const node = over.back();
        over.pop_back();
        retire(*node, over);
    }
    if (!ready_.empty()) wake(ready_.size() - 1);  // this thread takes one
}

void Jobs::retire(Node& node, std::vector<Node*>& over) {
    for (Node* reader : node.readers) {
        if (--reader->operands > 0) continue;
        if (reader->job) {
            ready_.push(reader);
        } else {
            over.push_back(reader);
        }
    }
    Node* const next = node.next_in_line;
    if (next != nullptr && --next->holds == 0) over.push_back(next);
    Segment& segment = segments_.at(node.segment);
    Node*& last = segment.last_in_line[static_cast<std::size_t>(node.block)];
    if (last == &node) last = nullptr;
    if (--segment.left == 0) changed_.notify_all();
    nodes_.erase(node.id);
}

void Jobs::sleep(Lock& lock) {
    ++sleepers_;
    changed_.wait(lock);
    --sleepers_;
}

void Jobs::wake(std::size_t wanted) {
    for (std::size_t i = std::min(wanted, sleepers_); i > 0; --i) changed_.notify_one();
}

}  // namespace mambasic::models
