// What --timeline writes is in the trace-event format and is the run that the report tells of:
// every cycle that a block was busy or stalled, every byte of DRAM, every lookup.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <string>

#include "tests/e2e/program.h"

namespace mambasic::e2e {
namespace {

using Json = nlohmann::json;
using Words = std::vector<std::string>;

struct Timed {
    Json timeline;
    Json report;
};

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

struct Slice {
    std::string track, category, name;
    std::uint64_t begin = 0;  // cycles
    std::uint64_t end = 0;
    Json arguments;
};

std::map<int, std::string> track_names(const Json& timeline) {
    std::map<int, std::string> names;
    for (const Json& event : timeline["traceEvents"]) {
        if (event["name"] == "thread_name") {
            names[event["tid"].get<int>()] = event["args"]["name"].get<std::string>();
        }
    }
    return names;
}

std::uint64_t cycle_of(const Json& timeline, const Json& microseconds) {
    const double period_us = timeline["otherData"]["clock_period_fs"].get<double>() / 1e9;
    const double cycle = microseconds.get<double>() / period_us;
    EXPECT_NEAR(cycle, std::round(cycle), 1e-3);
    return static_cast<std::uint64_t>(std::llround(cycle));
}

/// As a viewer reads them, in order of time; their times must be those of their arguments.
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
        slice.arguments = event["args"];
        EXPECT_EQ(slice.begin, slice.arguments["start_cycle"].get<std::uint64_t>());
        EXPECT_EQ(slice.end - slice.begin, slice.arguments["cycles"].get<std::uint64_t>());
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

void expect_no_overlap(const std::vector<Slice>& slices) {
    std::map<std::string, std::uint64_t> ends;
    for (const Slice& s : slices) {
        EXPECT_GE(s.begin, ends[s.track]) << s.track << ": " << s.name;
        ends[s.track] = s.end;
    }
}

void expect_reported_times(const Timed& run) {
    const std::vector<Slice> slices = slices_of(run.timeline);
    expect_no_overlap(slices);
    std::size_t compared = 0;
    for (const Json& block : run.report["blocks"]) {
        const auto name = block["name"].get<std::string>();
        // Not blocks that execute tasks: these are counters, or tracks of those who ask them.
        const bool passive = name == "scale_table" || name == "dram" || name == "weight_sram" ||
                             name == "activation_sram";
        if (passive) continue;
        ++compared;
        EXPECT_EQ(cycles_of(slices, name, "busy"), block["busy_cycles"]) << name;
        EXPECT_EQ(cycles_of(slices, name, "stall,stalled_input"), block["stalled_input_cycles"])
            << name;
        EXPECT_EQ(cycles_of(slices, name, "stall,stalled_output"), block["stalled_output_cycles"])
            << name;
    }
    EXPECT_GE(compared, 8U);
}

void expect_reported_lookups(const Timed& run) {
    std::uint64_t cycles = 0, exposed = 0, lookups = 0;
    for (const Slice& s : slices_of(run.timeline)) {
        if (s.category != "lookup") continue;
        cycles += s.end - s.begin;
        exposed += s.arguments["exposed_cycles"].get<std::uint64_t>();
        lookups += s.arguments["scale_lookup"].get<std::uint64_t>();
        EXPECT_GE(s.arguments["groups"], 1) << s.name;
    }
    EXPECT_GT(lookups, 0U);
    EXPECT_EQ(cycles, run.report["lookup"]["cycles"]);
    EXPECT_EQ(exposed, run.report["lookup"]["exposed_cycles"]);
    EXPECT_EQ(lookups, run.report["lookup"]["lookups"]);
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

void expect_reported_memory(const Timed& run) {
    const double bucket_ns =
        std::floor(1e9 / run.timeline["otherData"]["clock_period_fs"].get<double>()) *
        run.timeline["otherData"]["clock_period_fs"].get<double>() / 1e6;
    double read = 0, written = 0;
    for (const Json& sample : counter(run.timeline, "dram GB/s")) {
        read += sample["args"]["read"].get<double>() * bucket_ns;
        written += sample["args"]["written"].get<double>() * bucket_ns;
    }
    const Json& moved = run.report["dram"]["moved"];
    EXPECT_EQ(std::llround(read), moved["read_bytes"].get<std::int64_t>());
    EXPECT_EQ(std::llround(written), moved["written_bytes"].get<std::int64_t>());
    for (const Json& block : run.report["blocks"]) {
        const auto name = block["name"].get<std::string>();
        if (name != "weight_sram" && name != "activation_sram") continue;
        double peak = 0;
        for (const Json& sample : counter(run.timeline, name + " KiB")) {
            peak = std::max(peak, sample["args"]["held"].get<double>());
        }
        EXPECT_EQ(std::llround(peak * 1024), block["counts"]["peak_bytes"].get<std::int64_t>());
    }
}

/// Who waits for another one goes on when that one's work ends.
void expect_causes(const Timed& run) {
    const std::vector<Slice> slices = slices_of(run.timeline);
    std::set<std::pair<std::string, std::uint64_t>> ends;
    for (const Slice& s : slices) {
        if (s.category == "busy") ends.insert({s.track, s.end});
    }
    std::size_t waits = 0;
    for (const Slice& s : slices) {
        if (s.category.rfind("stall", 0) != 0) continue;
        ++waits;
        const auto from = s.arguments["from"].get<std::string>();
        EXPECT_TRUE(ends.count({from, s.end})) << s.track << " " << s.name << " at " << s.end;
        EXPECT_EQ(s.name.rfind("waits for ", 0), 0U) << s.name;
    }
    EXPECT_GT(waits, 10U);
}

void expect_the_whole_run(const Timed& run, std::uint64_t left_out = 0) {
    expect_reported_times(run);
    expect_reported_lookups(run);
    expect_reported_memory(run);
    expect_causes(run);
    EXPECT_EQ(run.timeline["otherData"]["run_cycles"], run.report["totals"]["cycles"]);
    EXPECT_EQ(run.timeline["otherData"]["events_left_out"], left_out);
}

TEST(Timeline, IsTheReportedRunOfMamba1) {
    const Folder folder;
    expect_the_whole_run(
        time_with(folder, {"tiny", "--trace", tiny_prefill()}, {"--timeline", "all"}));
}

TEST(Timeline, IsTheReportedRunOfMamba2WithTables) {
    const Folder folder;
    expect_the_whole_run(time_with(folder, {"edge-32x32", "--trace", sample("tiny2-prefill")},
                                   {"--timeline", "all"}));
}

TEST(Timeline, IsTheReportedRunOfDecodeOnAnOddClock) {
    const Folder folder;
    expect_the_whole_run(time_with(folder,
                                   {"edge-32x32", "--trace", sample("tiny2-decode-w4a8"), "--set",
                                    "clock_ghz=0.7", "--set", "dram.model=stream"},
                                   {"--timeline", "all"}));
}

// Tables that x_proj reads as well, sweep by sweep.
TEST(Timeline, IsTheReportedRunOfACodeOfX) {
    const Folder folder;
    expect_the_whole_run(time_with(folder,
                                   {"tiny", "--trace", tiny_prefill(), "--scheme", "w4a5-se-4x4"},
                                   {"--timeline", "all"}));
}

TEST(Timeline, NamesTilesByOpLayerAndTokens) {
    const Folder folder;
    const Timed run = time_with(folder, {"tiny", "--trace", tiny_prefill()}, {"--timeline", "all"});
    std::set<std::string> names;
    for (const Slice& s : slices_of(run.timeline)) names.insert(s.track + ": " + s.name);
    // The chip's tiles are of 8 tokens, of one sequence each.
    for (const char* name :
         {"gemm: in_proj L1 tokens 8-15 of sequence 0", "ssm: scan L0 tokens 16-20 of sequence 1",
          "dma_load: load weights of in_proj L1",
          "scale_table of conv: lookups of conv1d L0 tokens 0-7 of sequence 0"}) {
        EXPECT_TRUE(names.count(name)) << name;
    }
}

TEST(Timeline, ChangesNothingElse) {
    const Folder with, without;
    const Words run = {"run", "tiny", "--trace", tiny_prefill(), "--timing-only", "--out", "OUT"};
    const auto words = [&](const Folder& folder) {
        Words w = run;
        w.back() = folder.path("out");
        return w;
    };
    Words timed = words(with);
    timed.insert(timed.end(), {"--timeline", "all"});
    const Outcome outcome = mambasic(timed);
    ASSERT_EQ(outcome.status, 0);
    EXPECT_NE(outcome.out.find(with.path("out/timeline.json") + "   opens at"), std::string::npos);
    ASSERT_EQ(mambasic(words(without)).status, 0);
    EXPECT_EQ(read_file(with.path("out/report.json")), read_file(without.path("out/report.json")));
    EXPECT_EQ(with.entries(), Words{"out"});
}

TEST(Timeline, OfASpanIsThatPartOfTheWhole) {
    const Folder one, two;
    const Words run = {"tiny", "--trace", tiny_prefill()};
    const Timed whole = time_with(one, run, {"--timeline", "all"});
    const Timed part = time_with(two, run, {"--timeline", "20us:31us"});
    std::vector<Slice> expected;
    for (Slice s : slices_of(whole.timeline)) {
        if (s.begin >= 31000 || s.end <= 20000) continue;
        s.begin = std::max<std::uint64_t>(s.begin, 20000);
        s.end = std::min<std::uint64_t>(s.end, 31000);
        expected.push_back(s);
    }
    const std::vector<Slice> got = slices_of(part.timeline);
    ASSERT_EQ(got.size(), expected.size());
    const auto text = [](const std::vector<Slice>& slices) {
        std::multiset<std::string> all;
        for (const Slice& s : slices) {
            all.insert(s.track + " " + s.name + " " + std::to_string(s.begin) + " " +
                       std::to_string(s.end));
        }
        return all;
    };
    EXPECT_EQ(text(got), text(expected));
    std::size_t cut = 0;
    for (const Slice& s : got) {
        const bool clipped = s.arguments.contains("whole_cycles");
        EXPECT_EQ(clipped, s.arguments.contains("whole_start_cycle"));
        if (!clipped) continue;
        ++cut;
        EXPECT_GT(s.arguments["whole_cycles"], s.end - s.begin);
    }
    EXPECT_GT(cut, 2U);
    // What memories hold when the window opens is told there.
    const std::vector<Json> held = counter(part.timeline, "activation_sram KiB");
    ASSERT_FALSE(held.empty());
    EXPECT_EQ(held.front()["ts"].get<double>(), 20.0);
    double before = -1;
    for (const Json& sample : counter(whole.timeline, "activation_sram KiB")) {
        if (sample["ts"].get<double>() <= 20.0) before = sample["args"]["held"].get<double>();
    }
    EXPECT_EQ(held.front()["args"]["held"].get<double>(), before);
}

TEST(Timeline, OfALayerIsThatLayersWork) {
    const Folder one, two;
    const Words run = {"edge-32x32", "--trace", sample("tiny2-decode")};
    const Timed whole = time_with(one, run, {"--timeline", "all"});
    const Timed part = time_with(two, run, {"--timeline", "layer:1"});
    const auto tiles = [](const Timed& r, bool all) {
        std::multiset<std::string> found;
        for (const Slice& s : slices_of(r.timeline)) {
            if (s.category != "busy") continue;
            if (all && s.arguments.value("layer", -1) != 1) continue;
            found.insert(s.track + " " + s.name + " " + std::to_string(s.begin));
        }
        return found;
    };
    EXPECT_GT(tiles(part, false).size(), 20U);
    EXPECT_EQ(tiles(part, false), tiles(whole, true));
    EXPECT_FALSE(counter(part.timeline, "activation_sram KiB").empty());
    EXPECT_LT(counter(part.timeline, "activation_sram KiB").size(),
              counter(whole.timeline, "activation_sram KiB").size());
}

TEST(Timeline, EndsAtItsLimitAndSaysSo) {
    const Folder one, two;
    const Words run = {"tiny", "--trace", tiny_prefill()};
    const Timed whole = time_with(one, run, {"--timeline", "all"});
    const Timed part = time_with(two, run, {"--timeline", "all", "--timeline-limit", "50"});
    const auto events = whole.timeline["otherData"]["events"].get<std::uint64_t>();
    EXPECT_EQ(part.timeline["otherData"]["events"], 50);
    EXPECT_EQ(part.timeline["otherData"]["events_left_out"], events - 50);
    std::size_t written = 0;
    for (const Json& event : part.timeline["traceEvents"]) written += event["ph"] != "M" ? 1 : 0;
    EXPECT_EQ(written, 50U);
    const std::string note = "timeline.json holds the first 50 of " + std::to_string(events) +
                             " events; --timeline-limit " + std::to_string(events);
    EXPECT_NE(part.report["notes"].dump().find(note), std::string::npos);
}

TEST(Timeline, BehindTheEndIsEmptyAndSaysSo) {
    const Folder folder;
    const Timed run =
        time_with(folder, {"tiny", "--trace", tiny_prefill()}, {"--timeline", "5ms:6ms"});
    EXPECT_TRUE(slices_of(run.timeline).empty());
    EXPECT_NE(run.report["notes"].dump().find("timeline.json is empty: nothing is in its window"),
              std::string::npos);
}

// Without --out it lies where the program was started; numbers change no time.
TEST(Timeline, OfACheckIsTheOneOfItsRun) {
    const Folder one, two;
    const Timed timing = time_with(one, {"tiny", "--trace", tiny_decode()}, {"--timeline", "all"});
    const Outcome outcome =
        mambasic_from({MAMBASIC_BINARY, two.path("."), {}},
                      {"check", "--chip", "tiny", "--trace", tiny_decode(), "--timeline", "all"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_NE(outcome.out.find("timeline.json   opens at"), std::string::npos) << outcome.out;
    EXPECT_EQ(two.entries(), Words{"timeline.json"});
    EXPECT_EQ(Json::parse(read_file(two.path("timeline.json"))), timing.timeline);
}

}  // namespace
}  // namespace mambasic::e2e
