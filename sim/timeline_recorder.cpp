#include "sim/timeline_recorder.h"

#include <algorithm>
#include <utility>

#include "models/common/error.h"
#include "sim/chip.h"

namespace mambasic::sim {

using models::BlockId;
using models::Event;
using models::Task;
using models::Ticks;
using models::TimeKind;

namespace {

/// Behind the tracks of the blocks, those of their lookups.
std::vector<std::string> track_names() {
    std::vector<std::string> names(2 * models::kBlockCount);
    for (std::size_t b = 0; b < models::kBlockCount; ++b) {
        names[b] = models::name_of(static_cast<BlockId>(b));
    }
    for (const BlockId b : {BlockId::Gemm, BlockId::Conv, BlockId::Ssm}) {
        const auto track = static_cast<std::size_t>(b);
        names[models::kBlockCount + track] = "scale_table of " + names[track];
    }
    return names;
}

}  // namespace

TimelineRecorder::TimelineRecorder(Open open, const Options& options)
    : open_(std::move(open)), options_(options) {}

void TimelineRecorder::begin(const Workload& work, const ChipConfig& chip) {
    period_ = chip_period(chip);
    work_ = work;
    names_.emplace(work);
    counters_.emplace(options_.window, period_, [this](const TimelineSample& sample) {
        if (++events_ <= options_.limit) writer_->sample(sample);
    });
    writer_ = open_();
    writer_->begin({chip.name, period_, track_names(), counters_->list()});
}

bool TimelineRecorder::selects(const TaskPlace& place) const {
    const std::optional<TimelineWindow::Layers>& layers = options_.window.layers;
    if (!layers || place.layer < 0) return !layers;
    const std::uint32_t layer = work_->first_layer + static_cast<std::uint32_t>(place.layer);
    return layer >= layers->first && layer <= layers->last;
}

/// Nothing where the span is not in the window or one too many.
std::optional<TimelineSlice> TimelineRecorder::slice(const TaskPlace& place, SliceKind kind,
                                                     const Span& span) {
    const std::uint64_t from = span.from / period_;
    const std::uint64_t until = span.until / period_;
    TimelineSlice slice;
    slice.kind = kind;
    slice.begin = std::max(from, options_.window.begin);
    slice.end = std::min(until, options_.window.end);
    const bool outside = slice.begin >= options_.window.end || slice.end < slice.begin ||
                         (slice.end == slice.begin && from != until);
    if (outside || !selects(place) || ++events_ > options_.limit) return std::nullopt;
    slice.numbers.emplace_back("start_cycle", slice.begin);
    slice.numbers.emplace_back("cycles", slice.end - slice.begin);
    if (slice.begin != from || slice.end != until) {
        slice.numbers.emplace_back("whole_start_cycle", from);
        slice.numbers.emplace_back("whole_cycles", until - from);
    }
    return slice;
}

void TimelineRecorder::spent(BlockId block, TimeKind kind, Ticks from, Ticks until) {
    BlockState& s = state(block);
    s.accounted[static_cast<std::size_t>(kind)] += until - from;
    s.last[static_cast<std::size_t>(kind)] = {from, until};
}

void TimelineRecorder::draw_wait(const Task& task, const TaskPlace& place, TimeKind kind,
                                 const models::Cause& cause) {
    BlockState& s = state(task.block);
    const Span span = std::exchange(s.last[static_cast<std::size_t>(kind)], {});
    if (span.from == span.until) return;
    s.drawn[static_cast<std::size_t>(kind)] += span.until - span.from;
    const bool input = kind == TimeKind::StalledInput;
    auto drawn = slice(place, input ? SliceKind::StalledInput : SliceKind::StalledOutput, span);
    if (!drawn) return;
    drawn->track = static_cast<std::size_t>(task.block);
    drawn->name = TimelineNames::wait(drawn->kind, cause);
    drawn->words.emplace_back("waits_for", input ? "input" : "room");
    drawn->words.emplace_back("from", models::name_of(cause.block));
    drawn->words.emplace_back("next", names_->task(task, place));
    writer_->slice(*drawn);
}

void TimelineRecorder::started(const Task& task, const TaskPlace& place,
                               const models::Readiness& readiness) {
    draw_wait(task, place, TimeKind::StalledInput, readiness.last_input);
    draw_wait(task, place, TimeKind::StalledOutput, readiness.last_space);
    if (selects(place)) ++selected_;
}

void TimelineRecorder::retired(const Task& task, const TaskPlace& place, const models::Work& work,
                               Ticks now) {
    if (selects(place)) --selected_;
    BlockState& s = state(task.block);
    const Span whole{now - work.cycles.count * period_, now};
    const Span own{std::max(whole.from, s.last_end), now};
    s.last_end = now;
    s.drawn[static_cast<std::size_t>(TimeKind::Busy)] += own.until - own.from;
    if (auto drawn = slice(place, SliceKind::Tile, own)) {
        drawn->track = static_cast<std::size_t>(task.block);
        drawn->name = names_->task(task, place);
        names_->describe(task, place, *drawn);
        if (own.from != whole.from) {
            drawn->numbers.emplace_back("asked_cycle", whole.from / period_);
        }
        writer_->slice(*drawn);
    }
    draw_lookups(task, place, work, whole);
}

// In front of the tile what it waits for, beside its pipeline the rest: never longer than the tile.
void TimelineRecorder::draw_lookups(const Task& task, const TaskPlace& place,
                                    const models::Work& work, const Span& tile) {
    const std::uint64_t cycles = work.table_cycles + work.hidden_table_cycles;
    if (cycles == 0) return;
    auto drawn = slice(place, SliceKind::Lookup, {tile.from, tile.from + cycles * period_});
    if (!drawn) return;
    const ScaleGroups& groups = work_->scales(static_cast<std::uint32_t>(place.layer)).groups;
    drawn->track = models::kBlockCount + static_cast<std::size_t>(task.block);
    drawn->name = "lookups of " + names_->task(task, place);
    drawn->words.emplace_back("lookup", models::name_of(groups.lookup));
    drawn->numbers.emplace_back("groups", groups.shape.cells());
    drawn->numbers.emplace_back("exposed_cycles", work.exposed_table_cycles);
    for (const Event e :
         {Event::ScaleLookup, Event::TableReadBytes, Event::TableStateBytes, Event::TableCompare}) {
        drawn->numbers.emplace_back(models::name_of(e), work.counts[e]);
    }
    writer_->slice(*drawn);
}

void TimelineRecorder::held(const models::Occupancy& occupancy, Ticks now) {
    counters_->held(occupancy, now, selected_ > 0);
}

void TimelineRecorder::moved(bool write, std::uint64_t bytes, Ticks now) {
    counters_->moved(write, bytes, now, selected_ > 0);
}

void TimelineRecorder::check_drawn() const {
    for (std::size_t b = 0; b < models::kBlockCount; ++b) {
        for (const TimeKind kind :
             {TimeKind::Busy, TimeKind::StalledInput, TimeKind::StalledOutput}) {
            const auto k = static_cast<std::size_t>(kind);
            MAMBASIC_CHECK(blocks_[b].drawn[k] == blocks_[b].accounted[k],
                           std::string(models::name_of(static_cast<BlockId>(b))) +
                               ": the timeline has other cycles than the report");
        }
    }
}

void TimelineRecorder::ended(Ticks end) {
    counters_->ended(end);
    check_drawn();
    const std::uint64_t written = std::min(events_, options_.limit);
    const std::uint64_t cycles = end / period_;
    writer_->end({cycles, std::min(options_.window.begin, cycles),
                  std::min(options_.window.end, cycles), written, events_ - written});
}

}  // namespace mambasic::sim
