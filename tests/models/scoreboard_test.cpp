#include "models/common/scoreboard.h"

#include <gtest/gtest.h>

#include "models/common/error.h"

namespace mambasic::models {
namespace {

Task task(TaskId id, BlockId block, std::vector<TaskId> data, std::vector<TaskId> space = {}) {
    Task t;
    t.id = id;
    t.block = block;
    t.data = std::move(data);
    t.space = std::move(space);
    return t;
}

class ScoreboardTest : public testing::Test {
protected:
    Scoreboard board_{[this](BlockId b) { woken_.push_back(b); }};
    std::vector<BlockId> woken_;
};

TEST_F(ScoreboardTest, TaskIsReadyWhenItsLastDependencyRetires) {
    board_.add(task(0, BlockId::DmaLoad, {}), 0);
    board_.add(task(1, BlockId::Norm, {}), 0);
    board_.add(task(2, BlockId::Gemm, {0}, {1}), 0);
    const Task& gemm = *board_.next(BlockId::Gemm);
    board_.start(*board_.next(BlockId::DmaLoad), 5);
    board_.start(*board_.next(BlockId::Norm), 7);
    board_.retire(0, 20);
    EXPECT_FALSE(board_.ready(gemm));
    woken_.clear();
    board_.retire(1, 30);
    EXPECT_TRUE(board_.ready(gemm));
    EXPECT_EQ(woken_, std::vector<BlockId>{BlockId::Gemm});
    const Readiness when = board_.readiness(gemm);
    EXPECT_EQ(when.first_input, 5U);
    EXPECT_EQ(when.data_ready, 20U);
    EXPECT_EQ(when.space_ready, 30U);
    EXPECT_EQ(when.last_input.block, BlockId::DmaLoad);
    EXPECT_EQ(when.last_space.block, BlockId::Norm);
}

TEST_F(ScoreboardTest, DependencyThatIsLongDoneDoesNotHoldATaskBack) {
    board_.add(task(0, BlockId::DmaLoad, {}), 0);
    board_.start(*board_.next(BlockId::DmaLoad), 0);
    board_.retire(0, 10);
    board_.add(task(1, BlockId::Gemm, {0}, {0}), 40);
    EXPECT_TRUE(board_.ready(*board_.next(BlockId::Gemm)));
    EXPECT_EQ(board_.readiness(*board_.next(BlockId::Gemm)).added, 40U);
}

TEST_F(ScoreboardTest, BlocksTakeTheirTasksInProgramOrder) {
    board_.add(task(0, BlockId::DmaLoad, {}), 0);
    board_.add(task(1, BlockId::Gemm, {0}), 0);
    board_.add(task(2, BlockId::Gemm, {}), 0);
    EXPECT_EQ(board_.next(BlockId::Gemm)->id, 1U);
    EXPECT_THROW(board_.start(board_.task(2), 0), InternalError);
    EXPECT_THROW(board_.start(board_.task(1), 0), InternalError);  // not ready
}

TEST_F(ScoreboardTest, RefusesADependencyOnTheFuture) {
    EXPECT_THROW(board_.add(task(0, BlockId::Gemm, {0}), 0), InternalError);
    EXPECT_THROW(board_.add(task(7, BlockId::Gemm, {}), 0), InternalError);
}

TEST_F(ScoreboardTest, NamesTheBlocksThatAreStuck) {
    board_.add(task(0, BlockId::DmaLoad, {}), 0);
    board_.add(task(1, BlockId::Ssm, {0}), 0);
    board_.start(*board_.next(BlockId::DmaLoad), 0);
    EXPECT_EQ(board_.blocked(), std::vector<BlockId>{BlockId::Ssm});
    EXPECT_EQ(board_.added() - board_.retired(), 2U);
}

}  // namespace
}  // namespace mambasic::models
