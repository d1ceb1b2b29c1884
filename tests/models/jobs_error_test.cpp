// What happens to the pool when a job throws.
#include <gtest/gtest.h>

#include <stdexcept>

#include "models/common/error.h"
#include "tests/models/jobs_support.h"

namespace mambasic::models {
namespace {

using test::Gate;
using test::kThreads;
using test::saturated;
using test::task;
using test::until;

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

}  // namespace
}  // namespace mambasic::models
