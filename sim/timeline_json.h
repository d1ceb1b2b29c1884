// A timeline as JSON, in the trace-event format that Perfetto and chrome://tracing open
// ("Trace Event Format", JSON object form). Times are in microseconds, as the format has them;
// exact cycles are among the arguments.
#pragma once

#include "sim/partial_file.h"
#include "sim/timeline_writer.h"

namespace mambasic::sim {

class TimelineJson : public TimelineWriter {
public:
    explicit TimelineJson(std::string path) : file_(std::move(path)) {}

    void begin(const TimelineHead& head) override;
    void slice(const TimelineSlice& slice) override;
    void sample(const TimelineSample& sample) override;
    void end(const TimelineTail& tail) override;
    bool finish() override { return file_.finish(); }

private:
    void name_track(std::size_t track);
    void next_event();
    std::string us(std::uint64_t cycles) const;

    PartialFile file_;
    TimelineHead head_;
    bool first_ = true;
};

}  // namespace mambasic::sim
