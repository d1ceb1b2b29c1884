// A timeline as a value change dump (IEEE 1364-2005, 18), as GTKWave opens it. Of each track a
// state of two bits and what it is about, in words (GTKWave's extension to the format); of the
// counters integers. Changes must come in order of time and a wait is known only when it is over,
// so all are kept until the end: --timeline-limit bounds them.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "sim/partial_file.h"
#include "sim/timeline_writer.h"

namespace mambasic::sim {

class TimelineVcd : public TimelineWriter {
public:
    explicit TimelineVcd(std::string path) : file_(std::move(path)) {}

    void begin(const TimelineHead& head) override;
    void slice(const TimelineSlice& slice) override;
    void sample(const TimelineSample& sample) override;
    void end(const TimelineTail& tail) override;
    bool finish() override { return file_.finish(); }

private:
    enum class WireKind : std::uint8_t { State, Words, Count };
    struct Wire {
        WireKind kind = WireKind::State;
        std::uint64_t value = kUnknown;
    };
    struct Change {
        std::uint64_t cycle = 0;
        std::size_t wire = 0;
        std::uint64_t value = 0;  // of words, their place
    };
    static constexpr std::uint64_t kUnknown = ~std::uint64_t{0};

    void declare(const std::string& scope, const std::vector<std::pair<std::string, Wire>>& wires);
    void declare_tracks();
    void declare_counters();
    std::uint64_t place_of(const std::string& words);
    void write_time(std::uint64_t cycle);
    void write_value(std::size_t wire);

    PartialFile file_;
    TimelineHead head_;
    std::vector<std::size_t> track_wires_;    // the first of each
    std::vector<std::size_t> counter_wires_;  // likewise
    std::vector<Wire> wires_;
    std::vector<Change> changes_;  // of each wire in order of time
    std::vector<std::string> words_;
    std::unordered_map<std::string, std::uint64_t> places_;
    std::uint64_t units_ = 1;  // of the file's time, in a cycle
};

}  // namespace mambasic::sim
