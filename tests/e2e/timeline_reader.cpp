#include "tests/e2e/timeline_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace mambasic::e2e {

Timed time_with(const Folder& folder, const Words& run, const Words& options) {
    Words words = {"run"};
    words.insert(words.end(), run.begin(), run.end());
    words.insert(words.end(), {"--timing-only", "--quiet", "--out", folder.path("out")});
    words.insert(words.end(), options.begin(), options.end());
    const Outcome outcome = mambasic(words);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return {Json::parse(read_file(folder.path("out/timeline.json"))),
            Json::parse(read_file(folder.path("out/report.json")))};
}

std::string sample(const std::string& name) {
    return std::string(MAMBASIC_SOURCE) + "/traces/samples/" + name + ".safetensors";
}

std::map<int, std::string> track_names(const Json& timeline) {
    std::map<int, std::string> names;
    for (const Json& event : timeline["traceEvents"]) {
        if (event["name"] == "thread_name") {
            names[event["tid"].get<int>()] = event["args"]["name"].get<std::string>();
        }
    }
    return names;
}

namespace {

std::uint64_t cycle_of(const Json& timeline, const Json& microseconds) {
    const double period_us = timeline["otherData"]["clock_period_fs"].get<double>() / 1e9;
    const double cycle = microseconds.get<double>() / period_us;
    EXPECT_NEAR(cycle, std::round(cycle), 1e-3);
    return static_cast<std::uint64_t>(std::llround(cycle));
}

}  // namespace

std::vector<Slice> slices_of(const Json& timeline) {
    const std::map<int, std::string> names = track_names(timeline);
    std::vector<Slice> slices;
    for (const Json& event : timeline["traceEvents"]) {
        if (event["ph"] != "X") continue;
        Slice slice;
        slice.track = names.at(event["tid"].get<int>());
        slice.category = event["cat"].get<std::string>();
        slice.name = event["name"].get<std::string>();
        slice.begin = cycle_of(timeline, event["ts"]);
        slice.end = slice.begin + cycle_of(timeline, event["dur"]);
        slice.arguments = &event["args"];
        EXPECT_EQ(slice.begin, slice.arguments->at("start_cycle").get<std::uint64_t>());
        EXPECT_EQ(slice.end - slice.begin, slice.arguments->at("cycles").get<std::uint64_t>());
        slices.push_back(std::move(slice));
    }
    std::stable_sort(slices.begin(), slices.end(),
                     [](const Slice& a, const Slice& b) { return a.begin < b.begin; });
    return slices;
}

std::uint64_t cycles_of(const std::vector<Slice>& slices, const std::string& track,
                        const std::string& category) {
    std::uint64_t cycles = 0;
    for (const Slice& s : slices) {
        if (s.track == track && s.category == category) cycles += s.end - s.begin;
    }
    return cycles;
}

std::vector<Json> counter(const Json& timeline, const std::string& name) {
    std::vector<Json> samples;
    double last = -1;
    for (const Json& event : timeline["traceEvents"]) {
        if (event["ph"] != "C" || event["name"] != name) continue;
        EXPECT_GT(event["ts"].get<double>(), last) << name;
        last = event["ts"].get<double>();
        samples.push_back(event);
    }
    return samples;
}

}  // namespace mambasic::e2e
