// The words of a timeline: what a tile, a transfer or a wait is called.
#pragma once

#include <string>

#include "models/common/scoreboard.h"
#include "sim/timeline_writer.h"
#include "sim/watcher.h"

namespace mambasic::sim {

class TimelineNames {
public:
    explicit TimelineNames(const Workload& work)
        : first_layer_(work.first_layer), batch_(work.batch), decode_(work.decode()) {}

    /// "in_proj L3 tokens 0-63", "load weights of in_proj L3", "scan L3 step 2".
    std::string task(const models::Task& task, const TaskPlace& place) const;
    /// "waits for weights of in_proj", "waits for conv1d", "waits for room behind scan".
    static std::string wait(SliceKind kind, const models::Cause& cause);
    /// Exact figures of what the name says.
    void describe(const models::Task& task, const TaskPlace& place, TimelineSlice& slice) const;

private:
    std::string where(const TaskPlace& place) const;

    std::uint32_t first_layer_;
    std::uint64_t batch_;
    bool decode_;
};

}  // namespace mambasic::sim
