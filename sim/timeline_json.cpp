#include "sim/timeline_json.h"

#include <charconv>
#include <nlohmann/json.hpp>

namespace mambasic::sim {

namespace {

/// The shortest text that reads back as the same number, in any locale.
std::string number(double value) {
    std::array<char, 32> text;
    return {text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr};
}

/// Words of ours, which need no escapes.
std::string quoted(const std::string& word) { return '"' + word + '"'; }

/// Words of the user's.
std::string escaped(const std::string& text) {
    return nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
}

const char* category(SliceKind kind) {
    switch (kind) {
        case SliceKind::Tile:
            return "busy";
        case SliceKind::Lookup:
            return "lookup";
        case SliceKind::StalledInput:
            return "stall,stalled_input";
        case SliceKind::StalledOutput:
            return "stall,stalled_output";
    }
    return "";
}

std::string arguments(const TimelineSlice& slice) {
    std::string out = "{";
    const auto add = [&](const char* key, const std::string& value) {
        out += (out.size() > 1 ? "," : "") + quoted(key) + ":" + value;
    };
    for (const auto& [key, value] : slice.numbers) add(key, std::to_string(value));
    for (const auto& [key, value] : slice.words) add(key, quoted(value));
    return out + "}";
}

}  // namespace

std::string TimelineJson::us(std::uint64_t cycles) const {
    constexpr double kTicksPerUs = 1e9;  // 1 fs
    return number(static_cast<double>(cycles * head_.period_fs) / kTicksPerUs);
}

void TimelineJson::next_event() {
    file_.out() << (first_ ? "\n" : ",\n");
    first_ = false;
}

void TimelineJson::name_track(std::size_t track) {
    const std::string tid = std::to_string(track + 1);
    next_event();
    file_.out() << R"({"ph":"M","pid":1,"tid":)" << tid
                << R"(,"name":"thread_name","args":{"name":)" << quoted(head_.tracks[track])
                << "}}";
    next_event();
    file_.out() << R"({"ph":"M","pid":1,"tid":)" << tid
                << R"(,"name":"thread_sort_index","args":{"sort_index":)" << tid << "}}";
}

void TimelineJson::begin(const TimelineHead& head) {
    head_ = head;
    file_.out() << R"({"displayTimeUnit":"ns","traceEvents":[)";
    next_event();
    file_.out() << R"({"ph":"M","pid":1,"name":"process_name","args":{"name":)"
                << escaped("mambasic: " + head.chip) << "}}";
    for (std::size_t t = 0; t < head.tracks.size(); ++t) {
        if (!head.tracks[t].empty()) name_track(t);
    }
}

void TimelineJson::slice(const TimelineSlice& slice) {
    next_event();
    file_.out() << R"({"ph":"X","pid":1,"tid":)" << slice.track + 1 << R"(,"ts":)"
                << us(slice.begin) << R"(,"dur":)" << us(slice.end - slice.begin) << R"(,"cat":")"
                << category(slice.kind) << R"(","name":)" << quoted(slice.name) << R"(,"args":)"
                << arguments(slice) << "}";
}

void TimelineJson::sample(const TimelineSample& sample) {
    const TimelineCounter& counter = head_.counters[sample.counter];
    next_event();
    file_.out() << R"({"ph":"C","pid":1,"ts":)" << us(sample.cycle) << R"(,"name":)"
                << quoted(counter.name + " " + counter.unit) << R"(,"args":{)";
    for (std::size_t s = 0; s < counter.series.size(); ++s) {
        const double value = static_cast<double>(sample.values[s]) / counter.per_unit;
        file_.out() << (s == 0 ? "" : ",") << quoted(counter.series[s]) << ":" << number(value);
    }
    file_.out() << "}}";
}

void TimelineJson::end(const TimelineTail& tail) {
    file_.out() << "\n],\"otherData\":{\"chip\":" << escaped(head_.chip)
                << ",\"clock_period_fs\":" << head_.period_fs << ",\"run_cycles\":" << tail.cycles
                << ",\"begin_cycle\":" << tail.begin_cycle << ",\"end_cycle\":" << tail.end_cycle
                << ",\"events\":" << tail.events << ",\"events_left_out\":" << tail.left_out
                << "}}\n";
}

}  // namespace mambasic::sim
