// The chip: SystemC blocks wired together, fed by the schedule, written down in the ledger. Time
// passes only here. One chip for each process: SystemC allows one elaboration.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "models/common/jobs.h"
#include "models/common/ledger.h"
#include "models/common/occupancy.h"
#include "models/common/stats.h"
#include "models/dram/dram_counts.h"
#include "sim/dram_burst.h"
#include "sim/schedule.h"
#include "sim/tile_binding.h"
#include "sim/watcher.h"

namespace mambasic::sim {

/// When an op of a segment began and ended, in ticks.
struct OpSpan {
    models::Ticks first_start = models::kNone;
    models::Ticks last_end = 0;
};

/// A segment that is done.
struct SegmentRecord {
    std::uint32_t index = 0;
    std::int32_t layer = 0;
    std::uint32_t step = 0;
    models::Ticks end = 0;  // of its last task, or of an earlier segment's if that was later
    std::array<OpSpan, models::kOpCount> ops{};
};

/// What a run leaves behind, in cycles.
struct BlockCycles {
    std::uint64_t busy = 0;
    std::uint64_t stalled_input = 0;
    std::uint64_t stalled_output = 0;
    std::uint64_t idle = 0;
};

struct ChipResult {
    std::uint64_t cycles = 0;
    std::array<BlockCycles, models::kBlockCount> blocks{};
    models::DramActivity dram;
    std::uint64_t dram_bytes = 0;  // that were asked for
    std::array<std::uint64_t, models::kMemoryCount> peak_bytes{};
};

/// The clock's period, rounded to 1 fs.
models::Ticks chip_period(const ChipConfig& config);

class Chip {
public:
    struct Listener {
        std::function<void(const SegmentRecord&)> segment_done;  // in program order
        std::function<void(const models::Task&)> task_done;
        std::function<void(const DramBurst&)> burst;  // may be empty: asked of the DRAM
        std::vector<Watcher*> watchers{};
    };
    Chip(const ChipConfig& config, Schedule& schedule, TileBinding& binding, bool numerics,
         Listener listener);
    ~Chip();

    /// Lets time pass until the program is over. Throws what a block threw, or
    /// models::InternalError when the machine did not finish or a conservation law broke.
    ChipResult run();
    const models::Ledger& ledger() const { return ledger_; }

private:
    struct Blocks;
    struct OpenSegment {
        SegmentRecord record;
        std::uint64_t left = 0;
    };
    void bind_dram(std::uint32_t burst_bytes);
    void watch();
    void tell_started(const models::Task& task, const SegmentRecord& segment);
    void tell_retired(const models::Task& task, const SegmentRecord& segment,
                      const models::Work& work);
    bool refill(models::Ticks now);
    void started(const models::Task& task);
    void finish_jobs(const SegmentRecord& record);
    void retired(const models::Task& task, const models::Work& work, models::Ticks now);
    void close_segments();
    void check_finished() const;
    void check_dram(ChipResult& result, models::Ticks end) const;
    ChipResult collect(models::Ticks end);

    Schedule& schedule_;
    TileBinding& binding_;
    Listener listener_;
    models::Ticks period_;
    models::Ledger ledger_;
    models::Occupancy occupancy_;
    models::Dispatch dispatch_;
    std::unique_ptr<Blocks> blocks_;
    std::deque<OpenSegment> open_;  // not yet closed, in program order
    std::uint32_t first_open_ = 0;
    models::Ticks last_retired_ = 0;
    std::optional<models::Jobs> jobs_;  // with numerics; the last member: it uses the others
};

}  // namespace mambasic::sim
