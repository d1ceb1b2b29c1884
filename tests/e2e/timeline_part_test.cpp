// A timeline of a part of the run, or of more than it may hold, and where it lies.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "tests/e2e/timeline_reader.h"

namespace mambasic::e2e {
namespace {

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
        const bool clipped = s.arguments->contains("whole_cycles");
        EXPECT_EQ(clipped, s.arguments->contains("whole_start_cycle"));
        if (!clipped) continue;
        ++cut;
        EXPECT_GT(s.arguments->at("whole_cycles"), s.end - s.begin);
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
            if (all && s.arguments->value("layer", -1) != 1) continue;
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
