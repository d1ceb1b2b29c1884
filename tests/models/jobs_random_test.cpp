// Random programs on the pool: whatever the threads do, they make what one makes.
#include <gtest/gtest.h>

#include <random>

#include "tests/models/jobs_support.h"

namespace mambasic::models {
namespace {

using test::task;

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

}  // namespace
}  // namespace mambasic::models
