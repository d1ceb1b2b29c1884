#include "models/common/jobs.h"

#include <gtest/gtest.h>
#include <omp.h>

#include "models/common/error.h"
#include "tests/models/jobs_support.h"

namespace mambasic::models {
namespace {

using test::Gate;
using test::kThreads;
using test::nothing;
using test::saturated;
using test::task;
using test::until;

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
