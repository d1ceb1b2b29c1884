// What of a run gets into a timeline: with a writer that keeps it, and a run told event by event.
#include "sim/timeline_recorder.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "models/common/error.h"

namespace mambasic::sim {
namespace {

using models::BlockId;
using models::Memory;
using models::Op;
using models::Ticks;
using models::TimeKind;

struct Kept {
    TimelineHead head;
    std::vector<TimelineSlice> slices;
    std::vector<TimelineSample> samples;
    TimelineTail tail;
};

class KeepingWriter : public TimelineWriter {
public:
    explicit KeepingWriter(Kept& kept) : kept_(kept) {}
    void begin(const TimelineHead& head) override { kept_.head = head; }
    void slice(const TimelineSlice& slice) override { kept_.slices.push_back(slice); }
    void sample(const TimelineSample& sample) override { kept_.samples.push_back(sample); }
    void end(const TimelineTail& tail) override { kept_.tail = tail; }
    bool finish() override { return true; }

private:
    Kept& kept_;
};

class Recorder : public testing::Test {
protected:
    /// The tiny chip's clock ticks every nanosecond.
    static constexpr Ticks kCycle = 1000000;

    TimelineRecorder& record(const TimelineWindow& window, std::uint64_t limit = 1000) {
        work_.first_layer = 10;
        work_.layers = 3;
        work_.batch = 1;
        recorder_.emplace([this] { return std::make_unique<KeepingWriter>(kept_); },
                          TimelineRecorder::Options{window, limit});
        recorder_->begin(work_, chip_);
        return *recorder_;
    }
    static TimelineWindow span(std::uint64_t begin, std::uint64_t end) {
        TimelineWindow window;
        window.begin = begin;
        window.end = end;
        return window;
    }
    static TimelineWindow layer(std::uint32_t first, std::uint32_t last) {
        TimelineWindow window;
        window.layers = {first, last};
        return window;
    }
    static models::Task task_of(BlockId block, Op op) {
        models::Task task;
        task.id = 1;
        task.block = block;
        task.op = op;
        task.region.tokens = 4;
        return task;
    }
    /// A worker's tile, as its block accounts for it.
    void tile(std::int32_t layer, std::uint64_t begin, std::uint64_t end, Op op = Op::Conv1d) {
        const models::Task task = task_of(BlockId::Conv, op);
        models::Work work;
        work.cycles = {end - begin};
        recorder_->started(task, {layer, 0}, {});
        recorder_->spent(task.block, TimeKind::Busy, begin * kCycle, end * kCycle);
        recorder_->retired(task, {layer, 0}, work, end * kCycle);
    }
    /// The text of what was kept, in order: "conv 5-9 name".
    std::vector<std::string> texts() const {
        std::vector<std::string> all;
        for (const TimelineSlice& s : kept_.slices) {
            all.push_back(kept_.head.tracks[s.track] + " " + std::to_string(s.begin) + "-" +
                          std::to_string(s.end) + " " + s.name);
        }
        return all;
    }
    using Texts = std::vector<std::string>;

    const ChipConfig chip_ = ChipConfig::load(MAMBASIC_HW_CONFIG "/chips/tiny.yaml", {});
    Workload work_;
    Kept kept_;
    std::optional<TimelineRecorder> recorder_;
};

TEST_F(Recorder, DrawsWaitsInFrontOfTheirTile) {
    TimelineRecorder& recorder = record(span(0, TimelineWindow::kOpen));
    models::Readiness ready;
    ready.last_input = {BlockId::DmaLoad, Op::Conv1d, models::TrafficKind::Weights};
    ready.last_space = {BlockId::Ssm, Op::Scan, {}};
    const models::Task task = task_of(BlockId::Conv, Op::Conv1d);
    recorder.spent(BlockId::Conv, TimeKind::Idle, 0, 2 * kCycle);
    recorder.spent(BlockId::Conv, TimeKind::StalledInput, 2 * kCycle, 5 * kCycle);
    recorder.spent(BlockId::Conv, TimeKind::StalledOutput, 5 * kCycle, 6 * kCycle);
    recorder.started(task, {1, 0}, ready);
    models::Work work;
    work.cycles = {3};
    work.table_cycles = 1;
    work.hidden_table_cycles = 1;
    recorder.spent(BlockId::Conv, TimeKind::Busy, 6 * kCycle, 9 * kCycle);
    recorder.retired(task, {1, 0}, work, 9 * kCycle);
    recorder.ended(12 * kCycle);
    EXPECT_EQ(texts(),
              (Texts{"conv 2-5 waits for weights of conv1d", "conv 5-6 waits for room behind scan",
                     "conv 6-9 conv1d L11 tokens 0-3",
                     "scale_table of conv 6-8 lookups of conv1d L11 tokens 0-3"}));
    EXPECT_EQ(kept_.slices[0].kind, SliceKind::StalledInput);
    EXPECT_EQ(kept_.slices[1].kind, SliceKind::StalledOutput);
    EXPECT_EQ(kept_.tail.cycles, 12U);
    EXPECT_EQ(kept_.tail.left_out, 0U);
}

// Two transfers under way: what the report calls busy is their union, cut where the first ends.
TEST_F(Recorder, CutsTransfersThatOverlap) {
    TimelineRecorder& recorder = record(span(0, TimelineWindow::kOpen));
    const models::Task task = task_of(BlockId::DmaLoad, Op::InProj);
    models::Work first, second;
    first.cycles = {10};
    second.cycles = {9};
    recorder.started(task, {0, 0}, {});
    recorder.spent(BlockId::DmaLoad, TimeKind::Busy, 0, 4 * kCycle);
    recorder.started(task, {0, 0}, {});
    recorder.retired(task, {0, 0}, first, 10 * kCycle);
    recorder.retired(task, {0, 0}, second, 13 * kCycle);
    recorder.spent(BlockId::DmaLoad, TimeKind::Busy, 4 * kCycle, 13 * kCycle);
    recorder.ended(20 * kCycle);
    EXPECT_EQ(texts(), (Texts{"dma_load 0-10 load weights of in_proj L10",
                              "dma_load 10-13 load weights of in_proj L10"}));
}

TEST_F(Recorder, RefusesARunThatItDrawsOtherwise) {
    record(span(0, TimelineWindow::kOpen));
    tile(0, 0, 5);
    recorder_->spent(BlockId::Conv, TimeKind::Busy, 5 * kCycle, 6 * kCycle);
    EXPECT_THROW(recorder_->ended(6 * kCycle), models::InternalError);
}

TEST_F(Recorder, ClipsAtTheWindow) {
    record(span(10, 20));
    tile(0, 0, 10);
    tile(0, 10, 11);
    tile(0, 11, 30);
    tile(0, 30, 31);
    recorder_->ended(40 * kCycle);
    EXPECT_EQ(texts(),
              (Texts{"conv 10-11 conv1d L10 tokens 0-3", "conv 11-20 conv1d L10 tokens 0-3"}));
    const auto& numbers = kept_.slices[1].numbers;
    using Number = std::pair<const char*, std::uint64_t>;
    const auto has = [&](const std::string& key, std::uint64_t value) {
        return std::any_of(numbers.begin(), numbers.end(),
                           [&](const Number& n) { return n.first == key && n.second == value; });
    };
    EXPECT_TRUE(has("cycles", 9) && has("whole_cycles", 19) && has("whole_start_cycle", 11));
    EXPECT_EQ(kept_.tail.begin_cycle, 10U);
    EXPECT_EQ(kept_.tail.end_cycle, 20U);
}

TEST_F(Recorder, KeepsTheLayersOfTheWindow) {
    record(layer(11, 12));
    tile(0, 0, 1);
    tile(1, 1, 2);
    tile(2, 2, 3);
    tile(models::Segment::kHead, 3, 4);
    recorder_->ended(4 * kCycle);
    EXPECT_EQ(texts(), (Texts{"conv 1-2 conv1d L11 tokens 0-3", "conv 2-3 conv1d L12 tokens 0-3"}));
}

TEST_F(Recorder, CountsWhatIsBeyondTheLimit) {
    record(span(0, 100), 2);
    for (std::uint64_t i = 0; i < 200; ++i) tile(0, i, i + 1);
    recorder_->ended(200 * kCycle);
    EXPECT_EQ(kept_.slices.size(), 2U);
    EXPECT_EQ(kept_.tail.events, 2U);
    EXPECT_EQ(recorder_->events(), kept_.tail.left_out + 2);
    EXPECT_GE(recorder_->events(), 100U);
    EXPECT_LE(recorder_->events(), 100U + models::kMemoryCount + 2);  // counters begin, too
}

class Counters : public Recorder {
protected:
    static constexpr std::size_t kDram = models::kMemoryCount;
    /// "cycle: values".
    Texts samples_of(std::size_t counter) const {
        Texts found;
        for (const TimelineSample& s : kept_.samples) {
            if (s.counter != counter) continue;
            found.push_back(std::to_string(s.cycle) + ": " + std::to_string(s.values[0]) + " " +
                            std::to_string(s.values[1]));
        }
        return found;
    }
};

// Buckets are of 1000 cycles here; what lands as one ends was moved in it.
TEST_F(Counters, GiveTheBytesOfEachBucket) {
    record(span(0, TimelineWindow::kOpen));
    recorder_->moved(false, 64, 1);
    recorder_->moved(true, 32, 1000 * kCycle);
    recorder_->moved(false, 128, 1000 * kCycle + 1);
    recorder_->moved(false, 256, 4500 * kCycle);
    recorder_->ended(4700 * kCycle);
    EXPECT_EQ(samples_of(kDram),
              (Texts{"0: 64 32", "1000: 128 0", "2000: 0 0", "4000: 256 0", "4700: 0 0"}));
    const TimelineCounter& dram = kept_.head.counters[kDram];
    EXPECT_EQ(dram.unit, "GB/s");
    EXPECT_EQ(dram.per_unit, 1000);  // bytes in 1 us
    EXPECT_EQ(dram.fine_per_unit, 1);
}

/// A memory that holds so many bytes, whatever was there before.
class Held {
public:
    models::Occupancy& of(std::uint64_t bytes) {
        occupancy_.emplace(std::array<std::uint64_t, models::kMemoryCount>{4096, 4096, 4096, 4096});
        models::Segment segment;
        segment.buffers = {{1, Memory::Activation, bytes, false}};
        models::Task task;
        task.block = BlockId::Conv;
        task.buffers = {{1, true}};
        segment.tasks = {task};
        occupancy_->add(segment);
        if (bytes > 0) occupancy_->started(task);
        return *occupancy_;
    }

private:
    std::optional<models::Occupancy> occupancy_;
};

constexpr auto kActivation = static_cast<std::size_t>(Memory::Activation);

TEST_F(Counters, FollowWhatAMemoryHolds) {
    record(span(0, TimelineWindow::kOpen));
    Held held;
    recorder_->held(held.of(0), 0);
    recorder_->held(held.of(100), 5 * kCycle);
    recorder_->held(held.of(70), 5 * kCycle);  // the same instant: only this one lasts
    recorder_->held(held.of(70), 8 * kCycle);
    recorder_->held(held.of(0), 9 * kCycle);
    recorder_->ended(9 * kCycle);
    EXPECT_EQ(samples_of(kActivation), (Texts{"0: 0 0", "5: 70 0", "9: 0 0"}));
    EXPECT_EQ(kept_.head.counters[kActivation].per_unit, 1024);
}

TEST_F(Counters, BeginWithTheWindow) {
    record(span(10, 20));
    Held held;
    recorder_->held(held.of(30), 2 * kCycle);
    recorder_->held(held.of(40), 4 * kCycle);
    recorder_->held(held.of(50), 15 * kCycle);
    recorder_->held(held.of(60), 20 * kCycle);
    recorder_->ended(30 * kCycle);
    EXPECT_EQ(samples_of(kActivation), (Texts{"10: 40 0", "15: 50 0"}));
}

// Of a layer, while it is at work: from its first task's start to its last one's end.
TEST_F(Counters, AreThoseOfTheLayersTime) {
    record(layer(11, 11));
    Held held;
    const models::Task task = task_of(BlockId::Conv, Op::Conv1d);
    models::Work work;
    work.cycles = {4};
    recorder_->held(held.of(30), 2 * kCycle);
    recorder_->started(task, {1, 0}, {});
    recorder_->held(held.of(30), 5 * kCycle);
    recorder_->held(held.of(40), 6 * kCycle);
    recorder_->held(held.of(50), 9 * kCycle);
    recorder_->spent(BlockId::Conv, TimeKind::Busy, 5 * kCycle, 9 * kCycle);
    recorder_->retired(task, {1, 0}, work, 9 * kCycle);
    recorder_->held(held.of(60), 12 * kCycle);
    recorder_->ended(13 * kCycle);
    EXPECT_EQ(samples_of(kActivation), (Texts{"5: 30 0", "6: 40 0", "9: 50 0"}));
}

}  // namespace
}  // namespace mambasic::sim
