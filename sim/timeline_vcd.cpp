#include "sim/timeline_vcd.h"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace mambasic::sim {

namespace {

constexpr std::uint64_t kIdle = 0;
constexpr const char* kNothing = "-";
constexpr int kStateBits = 2;
constexpr int kCountBits = 64;

std::uint64_t state_code(SliceKind kind) {
    switch (kind) {
        case SliceKind::StalledInput:
            return 2;
        case SliceKind::StalledOutput:
            return 3;
        default:
            return 1;
    }
}

/// The short name of a wire in the file: digits are the printable characters.
std::string code_of(std::size_t wire) {
    constexpr std::size_t kFirst = 33, kDigits = 94;
    std::string code;
    for (std::size_t rest = wire + 1; rest > 0; rest = (rest - 1) / kDigits) {
        code += static_cast<char>(kFirst + (rest - 1) % kDigits);
    }
    return code;
}

std::string binary(std::uint64_t value) {
    std::string digits;
    for (; value > 0 || digits.empty(); value /= 2) digits += value % 2 == 0 ? '0' : '1';
    std::reverse(digits.begin(), digits.end());
    return digits;
}

/// A word of the format ends at a space.
std::string one_word(std::string text) {
    std::replace(text.begin(), text.end(), ' ', '_');
    std::replace(text.begin(), text.end(), '/', '_');
    return text;
}

/// The coarsest unit that the period is a whole number of.
struct Timescale {
    std::string text;
    std::uint64_t units = 1;  // in the period
};
Timescale timescale(std::uint64_t period_fs) {
    static constexpr std::array<const char*, 10> kUnits = {
        "1 fs", "10 fs", "100 fs", "1 ps", "10 ps", "100 ps", "1 ns", "10 ns", "100 ns", "1 us"};
    std::size_t unit = 0;
    while (unit + 1 < kUnits.size() && period_fs % 10 == 0) {
        period_fs /= 10;
        ++unit;
    }
    return {kUnits[unit], period_fs};
}

}  // namespace

void TimelineVcd::declare(const std::string& scope,
                          const std::vector<std::pair<std::string, Wire>>& wires) {
    file_.out() << "$scope module " << one_word(scope) << " $end\n";
    for (const auto& [name, wire] : wires) {
        const std::string code = code_of(wires_.size());
        file_.out() << "$var ";
        if (wire.kind == WireKind::Words) {
            file_.out() << "string 1 " << code << " " << name;
        } else {
            const int bits = wire.kind == WireKind::State ? kStateBits : kCountBits;
            file_.out() << "wire " << bits << " " << code << " " << name << " [" << bits - 1
                        << ":0]";
        }
        file_.out() << " $end\n";
        wires_.push_back(wire);
    }
    file_.out() << "$upscope $end\n";
}

void TimelineVcd::declare_tracks() {
    for (const std::string& track : head_.tracks) {
        track_wires_.push_back(wires_.size());
        if (track.empty()) continue;
        declare(track, {{"state", {WireKind::State, kIdle}},
                        {"work", {WireKind::Words, place_of(kNothing)}}});
    }
}

void TimelineVcd::declare_counters() {
    for (const TimelineCounter& counter : head_.counters) {
        counter_wires_.push_back(wires_.size());
        std::vector<std::pair<std::string, Wire>> wires;
        for (const std::string& series : counter.series) {
            wires.push_back(
                {one_word(series + "_" + counter.fine_unit), {WireKind::Count, kUnknown}});
        }
        declare(counter.name + "_level", wires);
    }
}

void TimelineVcd::begin(const TimelineHead& head) {
    head_ = head;
    const Timescale scale = timescale(head.period_fs);
    units_ = scale.units;
    file_.out() << "$comment state: 0 idle, 1 busy, 2 waits for input, 3 waits for room; "
                   "0 also outside the layers asked for and after the last event written $end\n"
                << "$timescale " << scale.text << " $end\n$scope module chip $end\n";
    declare_tracks();
    declare_counters();
    file_.out() << "$upscope $end\n$enddefinitions $end\n";
}

std::uint64_t TimelineVcd::place_of(const std::string& words) {
    const auto [place, is_new] = places_.emplace(one_word(words), words_.size());
    if (is_new) words_.push_back(place->first);
    return place->second;
}

void TimelineVcd::slice(const TimelineSlice& slice) {
    const std::size_t state = track_wires_[slice.track];
    changes_.push_back({slice.begin, state, state_code(slice.kind)});
    changes_.push_back({slice.begin, state + 1, place_of(slice.name)});
    changes_.push_back({slice.end, state, kIdle});
    changes_.push_back({slice.end, state + 1, place_of(kNothing)});
}

void TimelineVcd::sample(const TimelineSample& sample) {
    const TimelineCounter& counter = head_.counters[sample.counter];
    for (std::size_t s = 0; s < counter.series.size(); ++s) {
        const double value = static_cast<double>(sample.values[s]) / counter.fine_per_unit;
        changes_.push_back({sample.cycle, counter_wires_[sample.counter] + s,
                            static_cast<std::uint64_t>(std::llround(value))});
    }
}

void TimelineVcd::write_time(std::uint64_t cycle) { file_.out() << '#' << cycle * units_ << '\n'; }

void TimelineVcd::write_value(std::size_t wire) {
    const Wire& w = wires_[wire];
    if (w.kind == WireKind::Words) {
        file_.out() << 's' << words_[w.value];
    } else {
        file_.out() << 'b' << (w.value == kUnknown ? "x" : binary(w.value));
    }
    file_.out() << ' ' << code_of(wire) << '\n';
}

void TimelineVcd::end(const TimelineTail& tail) {
    std::stable_sort(changes_.begin(), changes_.end(), [](const Change& a, const Change& b) {
        return std::tie(a.cycle, a.wire) < std::tie(b.cycle, b.wire);
    });
    std::uint64_t now = tail.begin_cycle;
    write_time(now);
    file_.out() << "$dumpvars\n";
    for (std::size_t w = 0; w < wires_.size(); ++w) write_value(w);
    file_.out() << "$end\n";
    for (std::size_t i = 0; i < changes_.size(); ++i) {
        const Change& change = changes_[i];
        const bool last = i + 1 == changes_.size() || changes_[i + 1].cycle != change.cycle ||
                          changes_[i + 1].wire != change.wire;
        if (!last || wires_[change.wire].value == change.value) continue;
        if (change.cycle != now) write_time(now = change.cycle);
        wires_[change.wire].value = change.value;
        write_value(change.wire);
    }
    if (tail.end_cycle > now) write_time(tail.end_cycle);
}

}  // namespace mambasic::sim
