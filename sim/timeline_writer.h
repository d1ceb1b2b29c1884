// What a timeline is made of, and whoever writes it down in some format.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace mambasic::sim {

enum class SliceKind : std::uint8_t { Tile, Lookup, StalledInput, StalledOutput };

/// A piece of a block's time. Slices of a track do not overlap.
struct TimelineSlice {
    std::size_t track = 0;
    SliceKind kind = SliceKind::Tile;
    std::uint64_t begin = 0;  // cycles
    std::uint64_t end = 0;
    std::string name;
    std::vector<std::pair<const char*, std::uint64_t>> numbers;
    std::vector<std::pair<const char*, std::string>> words;
};

/// What a counter has from a cycle on.
struct TimelineSample {
    std::size_t counter = 0;
    std::uint64_t cycle = 0;
    std::array<std::uint64_t, 2> values{};  // of each of its series
};

struct TimelineCounter {
    std::string name;  // of what is counted
    std::string unit;  // "GB/s"
    std::vector<std::string> series;
    double per_unit = 1;    // a sample's value for each
    std::string fine_unit;  // where only integers can be shown
    double fine_per_unit = 1;
};

/// What is known before time begins.
struct TimelineHead {
    std::string chip;
    std::uint64_t period_fs = 0;  // of the clock
    std::vector<std::string> tracks;
    std::vector<TimelineCounter> counters;
};

struct TimelineTail {
    std::uint64_t cycles = 0;       // of the run
    std::uint64_t begin_cycle = 0;  // of the part that is shown
    std::uint64_t end_cycle = 0;
    std::uint64_t events = 0;  // written
    std::uint64_t left_out = 0;
};

class TimelineWriter {
public:
    virtual ~TimelineWriter() = default;
    virtual void begin(const TimelineHead& head) = 0;
    virtual void slice(const TimelineSlice& slice) = 0;
    virtual void sample(const TimelineSample& sample) = 0;
    virtual void end(const TimelineTail& tail) = 0;
    /// The file appears under its name; false where it could not be written.
    virtual bool finish() = 0;
};

}  // namespace mambasic::sim
