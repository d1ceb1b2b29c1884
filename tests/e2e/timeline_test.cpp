// What --timeline writes is in the trace-event format and is the run that the report tells of:
// every cycle that a block was busy or stalled, every byte of DRAM, every lookup.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>

#include "tests/e2e/timeline_reader.h"

namespace mambasic::e2e {
namespace {

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
        exposed += s.arguments->at("exposed_cycles").get<std::uint64_t>();
        lookups += s.arguments->at("scale_lookup").get<std::uint64_t>();
        EXPECT_GE(s.arguments->at("groups"), 1) << s.name;
    }
    EXPECT_GT(lookups, 0U);
    EXPECT_EQ(cycles, run.report["lookup"]["cycles"]);
    EXPECT_EQ(exposed, run.report["lookup"]["exposed_cycles"]);
    EXPECT_EQ(lookups, run.report["lookup"]["lookups"]);
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
        double held = -1;
        for (const Json& sample : counter(run.timeline, name + " KiB")) {
            held = sample["args"]["held"].get<double>();
            peak = std::max(peak, held);
        }
        EXPECT_EQ(held, 0) << name;  // the last task leaves nothing
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
        const auto from = s.arguments->at("from").get<std::string>();
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
                                   {"tiny", "--trace", tiny_prefill(), "--scheme", "w4a5-se-4x4",
                                    "--set", "dequant_mux.x_proj_input=requantized"},
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

}  // namespace
}  // namespace mambasic::e2e
