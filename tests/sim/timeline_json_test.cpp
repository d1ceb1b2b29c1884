// A timeline as JSON: what a viewer reads back, and what is left where the file is never finished.
#include "sim/timeline_json.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

namespace mambasic::sim {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

class TimelineJsonFile : public testing::Test {
protected:
    TimelineJsonFile() { fs::create_directory(folder_); }
    ~TimelineJsonFile() override { fs::remove_all(folder_); }
    std::string path() const { return folder_ / "timeline.json"; }
    bool is_empty() const { return fs::is_empty(folder_); }
    /// 2 tracks and a counter, on a clock of 2.5 ns.
    static TimelineHead head() {
        return {"chip \"\xff\n",
                2500000,
                {"gemm", "", "conv"},
                {{"dram", "GB/s", {"read", "written"}, 4, "MB/s", 0.004}}};
    }
    Json written(const std::function<void(TimelineJson&)>& events) const {
        TimelineJson file(path());
        file.begin(head());
        events(file);
        file.end({1000, 20, 300, 7, 2});
        EXPECT_TRUE(file.finish());
        return Json::parse(std::ifstream(path()));
    }

private:
    const fs::path folder_ =
        fs::temp_directory_path() /
        ("timeline_json_" +
         std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
};

TEST_F(TimelineJsonFile, NamesItsTracksInOrder) {
    const Json events = written([](TimelineJson&) {})["traceEvents"];
    ASSERT_EQ(events.size(), 5U);
    EXPECT_EQ(events[0]["name"], "process_name");
    EXPECT_EQ(events[0]["args"]["name"], "mambasic: chip \"\xef\xbf\xbd\n");
    EXPECT_EQ(events[1], Json::parse(R"({"ph":"M","pid":1,"tid":1,"name":"thread_name",
                                         "args":{"name":"gemm"}})"));
    EXPECT_EQ(events[2], Json::parse(R"({"ph":"M","pid":1,"tid":1,"name":"thread_sort_index",
                                         "args":{"sort_index":1}})"));
    EXPECT_EQ(events[3]["args"]["name"], "conv");
    EXPECT_EQ(events[3]["tid"], 3);
}

TEST_F(TimelineJsonFile, HasSlicesInMicrosecondsAndCycles) {
    const Json json = written([](TimelineJson& file) {
        file.slice(
            {2, SliceKind::StalledInput, 3, 5, "waits", {{"cycles", 2}}, {{"from", "gemm"}}});
    });
    EXPECT_EQ(json["traceEvents"].back(),
              Json::parse(R"({"ph":"X","pid":1,"tid":3,"ts":0.0075,"dur":0.005,
                              "cat":"stall,stalled_input","name":"waits",
                              "args":{"cycles":2,"from":"gemm"}})"));
    EXPECT_EQ(json["displayTimeUnit"], "ns");
}

TEST_F(TimelineJsonFile, HasCountersInTheirUnit) {
    const Json json = written([](TimelineJson& file) { file.sample({0, 400, {10, 3}}); });
    EXPECT_EQ(json["traceEvents"].back(),
              Json::parse(R"({"ph":"C","pid":1,"ts":1.0,"name":"dram GB/s",
                              "args":{"read":2.5,"written":0.75}})"));
}

TEST_F(TimelineJsonFile, SaysWhatItHolds) {
    const Json other = written([](TimelineJson&) {})["otherData"];
    EXPECT_EQ(other["clock_period_fs"], 2500000);
    EXPECT_EQ(other["run_cycles"], 1000);
    EXPECT_EQ(other["begin_cycle"], 20);
    EXPECT_EQ(other["end_cycle"], 300);
    EXPECT_EQ(other["events"], 7);
    EXPECT_EQ(other["events_left_out"], 2);
}

TEST_F(TimelineJsonFile, ThatIsNotFinishedLeavesNothing) {
    {
        TimelineJson file(path());
        file.begin(head());
        EXPECT_FALSE(is_empty());
    }
    EXPECT_TRUE(is_empty());
}

TEST_F(TimelineJsonFile, GoesWithAProgramThatIsKilled) {
    TimelineJson file(path());
    file.begin(head());
    traces::remove_unfinished_files();
    EXPECT_TRUE(is_empty());
    EXPECT_FALSE(file.finish());
}

TEST_F(TimelineJsonFile, ThatCannotBeWrittenSaysSo) {
    TimelineJson file(path() + "/no/folder");
    file.begin(head());
    EXPECT_FALSE(file.finish());
}

}  // namespace
}  // namespace mambasic::sim
