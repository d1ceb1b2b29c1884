#include "models/common/jobs.h"

#include <gtest/gtest.h>
#include <omp.h>

#include <atomic>
#include <future>
#include <random>
#include <stdexcept>
#include <thread>
#include <vector>

#include "models/common/error.h"

namespace mambasic::models {
namespace {

constexpr std::size_t kThreads = 4;

Task task(TaskId id, BlockId block, std::vector<TaskId> data = {}, std::uint32_t segment = 0) {
    Task t;
    t.id = id;
    t.block = block;
    t.op = block == BlockId::Gemm ? Op::InProj : Op::Conv1d;
    t.segment = segment;
    t.data = std::move(data);
    return t;
}

Counts saturated(std::uint64_t count) {
    Counts counts;
    counts[Event::Saturated] = count;
    return counts;
}

Jobs::Job nothing() {
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

void until(const std::atomic<bool>& flag) {
    while (!flag) std::this_thread::yield();
}

TEST(Jobs, AJobBeginsWhenItsOperandsAreThere) {
    Jobs jobs(kThreads);
    Gate gate;
    std::atomic<bool> began{false};
    std::atomic<bool> made{false};
    std::atomic<bool> saw{false};
    jobs.submit(task(0, BlockId::Norm), [&, wait = gate.job(began)] {
        wait();
        made = true;
        return Counts();
    });
    jobs.submit(task(1, BlockId::Gemm, {0}), [&] {
        saw = made.load();
        return Counts();
    });
    until(began);
    gate.open();
    jobs.wait(0);
    EXPECT_TRUE(saw);
}

TEST(Jobs, OneBlockMakesSeveralTilesAtOnce) {
    Jobs jobs(3);
    Gate gate;
    std::atomic<bool> first{false};
    std::atomic<bool> second{false};
    jobs.submit(task(0, BlockId::Gemm), gate.job(first));
    jobs.submit(task(1, BlockId::Gemm), gate.job(second));
    until(first);
    until(second);
    gate.open();
    jobs.wait(0);
}

// A reader names the first and the last of the panels that make its operand: the block retires in
// order, so the last stands for those before it.
TEST(Jobs, TheLastOfABlockStandsForThoseBeforeIt) {
    Jobs jobs(kThreads);
    Gate gate;
    std::atomic<bool> began{false};
    std::atomic<bool> later{false};
    std::atomic<bool> middle{false};
    std::atomic<bool> saw{false};
    jobs.submit(task(0, BlockId::Gemm), nothing());
    jobs.submit(task(1, BlockId::Gemm), [&, wait = gate.job(began)] {
        wait();
        middle = true;
        return Counts();
    });
    jobs.submit(task(2, BlockId::Gemm), [&] {
        later = true;
        return Counts();
    });
    jobs.submit(task(3, BlockId::Conv, {0, 2}), [&] {
        saw = middle.load();
        return Counts();
    });
    until(began);
    until(later);  // it runs before the one in front of it is over
    gate.open();
    jobs.wait(0);
    EXPECT_TRUE(saw);
}

TEST(Jobs, ATransferHandsOnWhatItWaitsFor) {
    Jobs jobs(kThreads);
    Gate gate;
    std::atomic<bool> began{false};
    std::atomic<bool> made{false};
    std::atomic<bool> saw{false};
    jobs.submit(task(0, BlockId::Ssm), [&, wait = gate.job(began)] {
        wait();
        made = true;
        return Counts();
    });
    jobs.submit(task(1, BlockId::DmaStore, {0}), {});
    jobs.submit(task(2, BlockId::DmaLoad, {1}), {});
    jobs.submit(task(3, BlockId::Ssm, {2}, 1), [&] {
        saw = made.load();
        return Counts();
    });
    until(began);
    gate.open();
    jobs.wait(0);
    jobs.wait(1);
    EXPECT_TRUE(saw);
}

TEST(Jobs, ASegmentDoesNotWaitForTheNext) {
    Jobs jobs(kThreads);
    Gate gate;
    std::atomic<bool> began{false};
    jobs.submit(task(0, BlockId::Gemm), nothing());
    jobs.submit(task(1, BlockId::Gemm, {}, 1), gate.job(began));
    until(began);
    jobs.wait(0);
    gate.open();
    jobs.wait(1);
}

TEST(Jobs, OneThreadIsEnough) {
    Jobs jobs(1);
    const std::thread::id here = std::this_thread::get_id();
    bool other = false;
    for (TaskId id = 0; id < 100; ++id) {
        std::vector<TaskId> before;
        if (id > 0) before.push_back(id - 1);
        jobs.submit(task(id, BlockId::Ssm, before), [&] {
            other = other || std::this_thread::get_id() != here;
            return saturated(1);
        });
    }
    const Jobs::SegmentCounts counts = jobs.wait(0);
    EXPECT_EQ(counts[static_cast<std::size_t>(Op::Conv1d)][Event::Saturated], 100U);
    EXPECT_FALSE(other);
}

TEST(Jobs, CountsAreOfTheirSegmentAndOp) {
    Jobs jobs(kThreads);
    jobs.submit(task(0, BlockId::Gemm), [] { return saturated(3); });
    jobs.submit(task(1, BlockId::Conv, {0}), [] { return saturated(4); });
    jobs.submit(task(2, BlockId::Gemm, {1}, 1), [] { return saturated(5); });
    jobs.submit(task(3, BlockId::Gemm), [] { return saturated(6); });
    const auto of = [](const Jobs::SegmentCounts& counts, Op op) {
        return counts[static_cast<std::size_t>(op)][Event::Saturated];
    };
    const Jobs::SegmentCounts zero = jobs.wait(0);
    const Jobs::SegmentCounts one = jobs.wait(1);
    EXPECT_EQ(of(zero, Op::InProj), 9U);
    EXPECT_EQ(of(zero, Op::Conv1d), 4U);
    EXPECT_EQ(of(one, Op::InProj), 5U);
}

TEST(Jobs, WhatAJobThrowsReachesTheWaiterWithItsType) {
    for (const std::size_t threads : {std::size_t{1}, kThreads}) {
        Jobs jobs(threads);
        jobs.submit(task(0, BlockId::Gemm),
                    []() -> Counts { throw std::overflow_error("the accumulator"); });
        EXPECT_THROW(jobs.wait(0), std::overflow_error);
    }
}

TEST(Jobs, TheFirstInProgramOrderIsThrown) {
    Jobs jobs(3);
    Gate gate;
    std::atomic<bool> began{false};
    std::atomic<bool> later{false};
    std::atomic<bool> ran{false};
    jobs.submit(task(0, BlockId::Gemm), [&, wait = gate.job(began)]() -> Counts {
        wait();
        throw std::overflow_error("the first");
    });
    jobs.submit(task(1, BlockId::Conv), [&]() -> Counts {
        later = true;
        throw InternalError("the second");
    });
    jobs.submit(task(2, BlockId::Ssm, {1}), [&] {
        ran = true;
        return Counts();
    });
    until(began);
    until(later);
    gate.open();
    EXPECT_THROW(jobs.wait(0), std::overflow_error);
    EXPECT_FALSE(ran) << "its operand is rubbish";
}

TEST(Jobs, AnEarlierSegmentIsGoodWhateverTheNextOneThrows) {
    Jobs jobs(1);
    jobs.submit(task(0, BlockId::Gemm), [] { return saturated(1); });
    jobs.submit(task(1, BlockId::Gemm, {}, 1),
                []() -> Counts { throw std::overflow_error("the accumulator"); });
    EXPECT_NO_THROW(jobs.wait(0));
    EXPECT_THROW(jobs.wait(1), std::overflow_error);
}

TEST(Jobs, EndsWithJobsThatNobodyWaitedFor) {
    Gate gate;
    std::atomic<bool> began{false};
    std::thread opener;
    {
        Jobs jobs(2);
        jobs.submit(task(0, BlockId::Gemm), gate.job(began));
        jobs.submit(task(1, BlockId::Gemm, {0}), nothing());
        jobs.submit(task(2, BlockId::DmaStore, {1}), {});
        until(began);
        opener = std::thread([&] { gate.open(); });
    }
    opener.join();
}

// The pool is what uses the cores.
TEST(Jobs, AFunctionInsideAJobHasOneThread) {
    omp_set_num_threads(3);
    Jobs jobs(kThreads);
    std::atomic<int> most{0};
    for (TaskId id = 0; id < 64; ++id) {
        jobs.submit(task(id, BlockId::Gemm), [&] {
            int seen = most;
            while (omp_get_max_threads() > seen &&
                   !most.compare_exchange_weak(seen, omp_get_max_threads())) {
            }
            return Counts();
        });
    }
    jobs.wait(0);
    EXPECT_EQ(most, 1);
    EXPECT_EQ(omp_get_max_threads(), 3);
}

/// A random program over one cell a task: each job adds up what its operands made. Every third task
/// is a transfer, which makes nothing and hands on.
class RandomProgram {
public:
    explicit RandomProgram(std::uint32_t seed) : random_(seed) {
        for (TaskId id = 0; id < kTasks; ++id) {
            const bool transfer = id % 3 == 2;
            const auto block = transfer ? BlockId::DmaLoad : kBlocks[random_() % 3];
            Task t = task(id, block, {}, static_cast<std::uint32_t>(id / kSegment));
            for (int i = 0; i < 3 && id > 0; ++i) t.data.push_back(random_() % id);
            tasks_.push_back(t);
        }
    }

    /// What the cells hold when every job ran after its operands.
    std::vector<std::uint64_t> in_program_order() const {
        std::vector<std::uint64_t> cells(kTasks);
        for (const Task& t : tasks_) cells[t.id] = sum(t, cells);
        return cells;
    }

    std::vector<std::uint64_t> on(std::size_t threads) const {
        std::vector<std::uint64_t> cells(kTasks);
        Jobs jobs(threads);
        for (const Task& t : tasks_) {
            if (t.block == BlockId::DmaLoad) {
                jobs.submit(t, {});
            } else {
                jobs.submit(t, [&cells, &t, this] {
                    cells[t.id] = sum(t, cells);
                    return Counts();
                });
            }
            if ((t.id + 1) % kSegment == 0 && t.segment > 0) jobs.wait(t.segment - 1);
        }
        jobs.wait(tasks_.back().segment);
        for (const Task& t : tasks_) {
            if (t.block == BlockId::DmaLoad) cells[t.id] = sum(t, cells);
        }
        return cells;
    }

private:
    static constexpr TaskId kTasks = 6000;
    static constexpr TaskId kSegment = 500;
    static constexpr BlockId kBlocks[3] = {BlockId::Gemm, BlockId::Conv, BlockId::Ssm};

    // Through a transfer, at what it carries.
    std::uint64_t sum(const Task& t, const std::vector<std::uint64_t>& cells) const {
        std::uint64_t total = t.id;
        for (const TaskId from : t.data) {
            const bool carried = tasks_[from].block == BlockId::DmaLoad;
            const TaskId maker = carried ? maker_of(from) : from;
            total = total * 31 + cells[maker];
        }
        return total;
    }
    TaskId maker_of(TaskId id) const {
        while (tasks_[id].block == BlockId::DmaLoad) id = tasks_[id].data.front();
        return id;
    }

    std::mt19937 random_;
    std::vector<Task> tasks_;
};

TEST(Jobs, ManyThreadsMakeWhatOneMakes) {
    for (std::uint32_t seed = 0; seed < 8; ++seed) {
        const RandomProgram program(seed);
        const std::vector<std::uint64_t> want = program.in_program_order();
        for (const std::size_t threads : {1U, 2U, 8U}) {
            EXPECT_EQ(program.on(threads), want) << "seed " << seed << ", " << threads;
        }
    }
}

TEST(DataCounts, AreWhatTheShapeDoesNotGive) {
    Counts shape;
    shape[Event::Int8Mac] = 64;
    Counts counted = shape;
    counted[Event::Saturated] = 5;
    EXPECT_EQ(data_counts(shape, counted), saturated(5));
    counted[Event::Int8Mac] = 63;
    EXPECT_THROW(data_counts(shape, counted), InternalError);
}

}  // namespace
}  // namespace mambasic::models
