// Who hears of everything that takes time on the chip, as it happens. It changes nothing.
#pragma once

#include "models/common/ledger.h"
#include "models/common/occupancy.h"
#include "models/common/stats.h"
#include "sim/workload.h"

namespace mambasic::sim {

/// Where in the network a task belongs.
struct TaskPlace {
    std::int32_t layer = 0;  // of the run, or one of models::Segment's two ends
    std::uint32_t step = 0;
};

class Watcher {
public:
    virtual ~Watcher() = default;

    /// Before time begins.
    virtual void begin(const Workload& work, const ChipConfig& chip) = 0;
    /// A block's time was accounted: of each block in order and without gaps.
    virtual void spent(models::BlockId block, models::TimeKind kind, models::Ticks from,
                       models::Ticks until) = 0;
    /// A task starts now; the time that its block waited for it has been accounted.
    virtual void started(const models::Task& task, const TaskPlace& place,
                         const models::Readiness& readiness) = 0;
    virtual void retired(const models::Task& task, const TaskPlace& place, const models::Work& work,
                         models::Ticks now) = 0;
    /// Buffers came or went.
    virtual void held(const models::Occupancy& occupancy, models::Ticks now) = 0;
    /// Bursts are over: read data are on the chip, or the memory has taken what is written.
    virtual void moved(bool write, std::uint64_t bytes, models::Ticks now) = 0;
    /// All time is accounted.
    virtual void ended(models::Ticks end) = 0;
};

}  // namespace mambasic::sim
