// Turns what happens on the chip into the slices and samples of a timeline, as far as they are in
// its window and below its limit. Slices are the very spans that the blocks' times are made of, so
// they sum to the report's; a run where they do not is refused.
// A DMA engine has several transfers under way: each is shown from where the one before it ended.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "sim/timeline_counters.h"
#include "sim/timeline_names.h"
#include "sim/watcher.h"

namespace mambasic::sim {

class TimelineRecorder : public Watcher {
public:
    struct Options {
        TimelineWindow window;
        std::uint64_t limit = 0;  // events; what comes after them is counted, not written
    };
    /// `open` is called when the run begins, which nothing refuses any more.
    using Open = std::function<std::unique_ptr<TimelineWriter>()>;
    TimelineRecorder(Open open, const Options& options);

    void begin(const Workload& work, const ChipConfig& chip) override;
    void spent(models::BlockId block, models::TimeKind kind, models::Ticks from,
               models::Ticks until) override;
    void started(const models::Task& task, const TaskPlace& place,
                 const models::Readiness& readiness) override;
    void retired(const models::Task& task, const TaskPlace& place, const models::Work& work,
                 models::Ticks now) override;
    void held(const models::Occupancy& occupancy, models::Ticks now) override;
    void moved(bool write, std::uint64_t bytes, models::Ticks now) override;
    void ended(models::Ticks end) override;

    /// The file appears under its name; false where it could not be written.
    bool finish() { return writer_->finish(); }
    std::uint64_t events() const { return events_; }  // in the window, written or not
    std::uint64_t limit() const { return options_.limit; }

private:
    struct Span {
        models::Ticks from = 0;
        models::Ticks until = 0;
    };
    struct BlockState {
        std::array<Span, models::kTimeKindCount> last{};  // waits that no task has claimed yet
        std::array<models::Ticks, models::kTimeKindCount> accounted{};
        std::array<models::Ticks, models::kTimeKindCount> drawn{};
        models::Ticks last_end = 0;
    };
    BlockState& state(models::BlockId block) { return blocks_[static_cast<std::size_t>(block)]; }
    bool selects(const TaskPlace& place) const;
    std::optional<TimelineSlice> slice(const TaskPlace& place, SliceKind kind, const Span& span);
    void draw_wait(const models::Task& task, const TaskPlace& place, models::TimeKind kind,
                   const models::Cause& cause);
    void draw_lookups(const models::Task& task, const TaskPlace& place, const models::Work& work,
                      const Span& tile);
    void check_drawn() const;

    const Open open_;
    std::unique_ptr<TimelineWriter> writer_;
    const Options options_;
    models::Ticks period_ = 1;
    std::optional<Workload> work_;
    std::optional<TimelineNames> names_;
    std::optional<TimelineCounters> counters_;
    std::array<BlockState, models::kBlockCount> blocks_;
    std::uint64_t selected_ = 0;  // tasks under way that the window's layers have
    std::uint64_t events_ = 0;    // in the window
};

}  // namespace mambasic::sim
