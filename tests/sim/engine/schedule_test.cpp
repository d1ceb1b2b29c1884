// Properties of every schedule: dependencies point backwards, operands are written before they are
// read, memories never hold more than they can, every op of every token is there exactly once.
#include "sim/schedule.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <vector>

#include "models/common/error.h"
#include "models/common/occupancy.h"
#include "models/common/scoreboard.h"
#include "tests/sim/engine/cases.h"

namespace mambasic::sim {
namespace {

using models::BlockId;
using models::Segment;
using models::Task;

std::vector<Segment> all_segments(Schedule& schedule) {
    std::vector<Segment> segments;
    Segment s;
    while (schedule.next(s)) segments.push_back(std::move(s));
    return segments;
}

/// Which tasks are surely done when a task starts: its dependencies and what its block did before.
class HappensBefore {
public:
    void add(const Task& task) {
        std::vector<bool> before(task.id, false);
        const auto include = [&](TaskId id) {
            const std::vector<bool>& earlier = before_[id];
            for (std::size_t i = 0; i < earlier.size(); ++i) {
                if (earlier[i]) before[i] = true;
            }
            before[id] = true;
        };
        for (const TaskId id : task.data) include(id);
        for (const TaskId id : task.space) include(id);
        const auto last = last_of_block_.find(task.block);
        if (last != last_of_block_.end()) include(last->second);
        before_.push_back(std::move(before));
        last_of_block_[task.block] = task.id;
    }
    bool holds(TaskId earlier, TaskId later) const { return before_[later][earlier]; }

private:
    std::vector<std::vector<bool>> before_;
    std::map<BlockId, TaskId> last_of_block_;
};

/// Every dependency points backwards, and whoever reads a buffer waits for whoever wrote it first.
void check_order(const std::vector<Segment>& segments) {
    HappensBefore order;
    std::map<BufferId, TaskId> first_writer;
    TaskId next = 0;
    for (const Segment& s : segments) {
        for (const Task& t : s.tasks) {
            ASSERT_EQ(t.id, next++);
            for (const TaskId id : t.data) ASSERT_LT(id, t.id);
            for (const TaskId id : t.space) ASSERT_LT(id, t.id);
            order.add(t);
            for (const models::BufferUse& use : t.buffers) {
                const bool known = first_writer.count(use.buffer) > 0;
                ASSERT_TRUE(known || use.writes) << "read before it is written";
                if (!known) first_writer[use.buffer] = t.id;
                const TaskId writer = first_writer[use.buffer];
                ASSERT_TRUE(use.writes || order.holds(writer, t.id)) << "read without waiting";
            }
        }
    }
}

/// Executes the program with durations drawn over four orders of magnitude. Occupancy throws where
/// a memory would hold more than it can, where a buffer is read that is not there, and where
/// something was loaded in vain.
void execute(const std::vector<Segment>& segments, const Capacities& capacity, std::uint32_t seed) {
    std::mt19937 random(seed);
    models::Scoreboard board([](BlockId) {});
    models::Occupancy occupancy(
        {capacity.weight, capacity.activation, capacity.state, capacity.table});
    for (const Segment& s : segments) {
        occupancy.add(s);
        for (const Task& t : s.tasks) board.add(t, 0);
    }
    std::multimap<models::Ticks, TaskId> running;  // by end
    std::set<BlockId> busy;
    models::Ticks now = 0;
    while (true) {
        for (std::size_t b = 0; b < models::kBlockCount; ++b) {
            const Task* t = board.next(static_cast<BlockId>(b));
            if (t == nullptr || busy.count(t->block) > 0 || !board.ready(*t)) continue;
            occupancy.started(*t);
            board.start(*t, now);
            busy.insert(t->block);
            running.emplace(now + 1 + random() % (1U << (random() % 14)), t->id);
        }
        if (running.empty()) break;
        const auto first = running.begin();
        now = first->first;
        const Task& t = board.task(first->second);
        occupancy.retired(t);
        busy.erase(t.block);
        board.retire(first->second, now);
        running.erase(first);
    }
    ASSERT_EQ(board.retired(), board.added()) << "the program hangs";
    occupancy.check_empty();
}

/// Elements of each op's output that the tasks make.
std::map<Op, std::uint64_t> work_done(const std::vector<Segment>& segments) {
    std::map<Op, std::uint64_t> elements;
    for (const Segment& s : segments) {
        for (const Task& t : s.tasks) {
            if (t.block == BlockId::DmaLoad || t.block == BlockId::DmaStore) continue;
            elements[t.op] += t.region.rows() * t.region.channels;
        }
    }
    return elements;
}

void check_work(const Workload& work, const std::vector<Segment>& segments) {
    const traces::Dims& d = work.dims;
    const std::uint64_t rows = work.batch * work.tokens * work.layers;
    std::map<Op, std::uint64_t> expected = {
        {Op::Norm, rows * d.d_model},   {Op::InProj, rows * 2 * d.d_inner},
        {Op::Conv1d, rows * d.d_inner}, {Op::XProj, rows * d.x_proj_width()},
        {Op::DtProj, rows * d.d_inner}, {Op::Scan, rows * d.d_inner},
        {Op::Had, rows * d.d_inner},    {Op::OutProj, rows * d.d_model}};
    std::uint64_t rotated = 0;  // elements of layers that do
    for (std::uint32_t layer = 0; layer < work.layers; ++layer) {
        if (work.x_use(layer).code.rotated()) rotated += rows / work.layers * d.d_inner;
    }
    if (rotated > 0) expected[Op::Rotate] = expected[Op::Unrotate] = rotated;
    if (work.embeds) expected[Op::Embedding] = work.batch * work.tokens * d.d_model;
    if (work.has_head) {
        const std::uint64_t last = work.batch * work.steps();
        expected[Op::NormF] = last * d.d_model;
        expected[Op::LmHead] = last * d.vocab;
    }
    EXPECT_EQ(work_done(segments), expected);
}

class RandomSchedule : public testing::TestWithParam<std::uint32_t> {};

TEST_P(RandomSchedule, IsAProgramThatAnyTimingExecutes) {
    std::uint32_t fitting = 0;
    for (std::uint32_t i = 0; i < 6; ++i) {
        const test::Case c = test::random_case(GetParam() * 100 + i);
        SCOPED_TRACE(c.name());
        const ChipConfig chip = test::chip_of(c.overrides);
        try {
            Schedule schedule(c.work, chip);
            const std::vector<Segment> segments = all_segments(schedule);
            check_order(segments);
            for (std::uint32_t timing = 0; timing < 20; ++timing) {
                execute(segments, capacities_of(schedule.work(), chip), timing);
            }
            check_work(c.work, segments);
            ++fitting;
        } catch (const models::UserError&) {
            continue;  // too small for one task, and said so before anything began
        }
    }
    EXPECT_GE(fitting, 1U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomSchedule, testing::Range(0U, 12U));

std::uint64_t loaded_bytes(const std::vector<Segment>& segments, TrafficKind kind) {
    std::uint64_t bytes = 0;
    for (const Segment& s : segments) {
        for (const Task& t : s.tasks) {
            if (t.block == BlockId::DmaLoad && t.transfer.kind == kind) bytes += t.transfer.bytes;
        }
    }
    return bytes;
}

TEST(Schedule, WeightsThatFitAreLoadedOnce) {
    const Workload work = test::tiny_work(traces::Phase::Prefill, 1, 40, 2);
    Schedule schedule(work, test::chip_of({"weight_sram.capacity_kib=256"}));
    std::uint64_t weights = 0;
    for (const Op op :
         {Op::Norm, Op::InProj, Op::Conv1d, Op::XProj, Op::DtProj, Op::Scan, Op::OutProj}) {
        weights += 2 * weight_bytes(work, op);
    }
    weights += weight_bytes(work, Op::NormF) + weight_bytes(work, Op::LmHead);
    weights += 40 * (work.dims.d_model + 2);  // embedding rows
    const std::vector<Segment> segments = all_segments(schedule);
    EXPECT_EQ(loaded_bytes(segments, TrafficKind::Weights), weights);
    EXPECT_EQ(loaded_bytes(segments, TrafficKind::Tables), 2 * work.scales(0).table_bytes);
}

TEST(Schedule, FusionKeepsActivationsOnChipWhereTheyFit) {
    const Workload work = test::tiny_work(traces::Phase::Prefill, 1, 40, 2);
    Schedule fused(
        work, test::chip_of({"weight_sram.capacity_kib=256", "activation_sram.capacity_kib=256"}));
    EXPECT_EQ(loaded_bytes(all_segments(fused), TrafficKind::Activations), 0U);
    EXPECT_EQ(loaded_bytes(all_segments(fused), TrafficKind::ConvOutput), 0U);
    Schedule unfused(
        work, test::chip_of({"weight_sram.capacity_kib=256", "activation_sram.capacity_kib=256",
                             "schedule.fusion=none"}));
    // ssm.md 6.1: what the ops of a layer read, per token, and the last row for the head.
    const std::uint64_t d = work.dims.d_model;
    const std::uint64_t e = work.dims.d_inner;
    const std::uint64_t n2 = 2 * work.dims.d_state;
    const std::uint64_t token = 2 * d + d + e + e + work.dims.dt_rank + (3 * e + n2) + 2 * e + e;
    const std::uint64_t residuals = 40 * 4 * d;  // read by the second layer
    const std::vector<Segment> segments = all_segments(unfused);
    const std::uint64_t of_conv = 2 * e;  // of those: u, by x_proj and by the scan
    EXPECT_EQ(loaded_bytes(segments, TrafficKind::ConvOutput), 2 * 40 * of_conv);
    EXPECT_EQ(loaded_bytes(segments, TrafficKind::Activations),
              2 * 40 * (token - of_conv) + residuals + 6 * d + d);
}

TEST(Schedule, DecodeStatesStayOnChipOnlyWhereAllLayersFit) {
    const Workload work = test::tiny_work(traces::Phase::Decode, 2, 5, 2);
    const std::uint64_t ssm = 2 * work.dims.d_inner * work.dims.d_state;
    const std::uint64_t conv = 2 * work.dims.d_inner * work.dims.d_conv;
    Schedule large(work, test::chip_of({"ssm.state_store_kib=16"}));
    EXPECT_EQ(loaded_bytes(all_segments(large), TrafficKind::State), 2 * (ssm + conv));
    Schedule small(work, test::chip_of({"ssm.state_store_kib=11"}));
    EXPECT_EQ(loaded_bytes(all_segments(small), TrafficKind::State), 2 * (5 * ssm + conv));
}

}  // namespace
}  // namespace mambasic::sim
