#include <gtest/gtest.h>

#include <tuple>
#include <vector>

#include "models/common/error.h"
#include "models/common/stats.h"

namespace mambasic::models {
namespace {

TEST(BlockTime, WaitForAnOperandNobodyMakesYetIsIdle) {
    BlockTime time;
    time.wait_ended({0, 30, 50, 0}, 50);  // the operand is begun at 30 and there at 50
    EXPECT_EQ(time.idle(), 30U);
    EXPECT_EQ(time.stalled_input(), 20U);
    EXPECT_EQ(time.stalled_output(), 0U);
}

TEST(BlockTime, WaitForSpaceCountsOnlyAfterTheDataAreThere) {
    BlockTime time;
    time.wait_ended({0, 10, 40, 100}, 100);
    EXPECT_EQ(time.idle(), 10U);
    EXPECT_EQ(time.stalled_input(), 30U);
    EXPECT_EQ(time.stalled_output(), 60U);
}

TEST(BlockTime, SpaceFreedBeforeTheDataCostsNothing) {
    BlockTime time;
    time.wait_ended({0, 10, 40, 20}, 40);
    EXPECT_EQ(time.stalled_output(), 0U);
}

TEST(BlockTime, TimeBeforeTheTaskWasKnownIsIdle) {
    BlockTime time;
    time.wait_ended({25, 5, 5, 0}, 25);
    EXPECT_EQ(time.idle(), 25U);
    EXPECT_EQ(time.stalled_input(), 0U);
}

TEST(BlockTime, KindsSumToTheTotal) {
    BlockTime time;
    time.wait_ended({0, 3, 7, 9}, 9);
    time.busy_until(20);
    time.wait_ended({0, 0, 12, 31}, 31);  // data were there while the block was busy
    time.busy_until(40);
    time.idle_until(55);
    EXPECT_EQ(time.busy(), 20U);
    EXPECT_EQ(time.stalled_output(), 2U + 11U);
    EXPECT_EQ(time.busy() + time.stalled_input() + time.stalled_output() + time.idle(), 55U);
    EXPECT_EQ(time.total(), 55U);
}

TEST(BlockTime, TellsEverySpanOnceAndInOrder) {
    BlockTime time;
    std::vector<std::tuple<TimeKind, Ticks, Ticks>> told;
    time.watch(
        [&](TimeKind kind, Ticks from, Ticks until) { told.emplace_back(kind, from, until); });
    time.wait_ended({0, 3, 7, 9}, 9);
    time.busy_until(20);
    time.wait_ended({0, 0, 0, 0}, 20);  // no time
    time.idle_until(25);
    EXPECT_EQ(told,
              (std::vector<std::tuple<TimeKind, Ticks, Ticks>>{{TimeKind::Idle, 0, 3},
                                                               {TimeKind::StalledInput, 3, 7},
                                                               {TimeKind::StalledOutput, 7, 9},
                                                               {TimeKind::Busy, 9, 20},
                                                               {TimeKind::Idle, 20, 25}}));
}

TEST(BlockTime, RefusesAStartThatIsLateOrEarly) {
    BlockTime late;
    EXPECT_THROW(late.wait_ended({0, 0, 10, 10}, 11), InternalError);
    BlockTime early;
    EXPECT_THROW(early.wait_ended({0, 0, 10, 10}, 9), InternalError);
}

}  // namespace
}  // namespace mambasic::models
