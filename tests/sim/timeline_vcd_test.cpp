// A timeline as a value change dump: the text, symbol by symbol.
#include "sim/timeline_vcd.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <set>
#include <sstream>

namespace mambasic::sim {
namespace {

namespace fs = std::filesystem;

class TimelineVcdFile : public testing::Test {
protected:
    TimelineVcdFile() { fs::create_directory(folder_); }
    ~TimelineVcdFile() override { fs::remove_all(folder_); }
    std::string path() const { return folder_ / "timeline.vcd"; }
    bool is_empty() const { return fs::is_empty(folder_); }
    static TimelineHead head(std::uint64_t period_fs) {
        return {"chip",
                period_fs,
                {"gemm", "", "scale_table of conv"},
                {{"dram", "GB/s", {"read", "written"}, 1000, "MB/s", 2}}};
    }
    std::string written(std::uint64_t period_fs, const TimelineTail& tail,
                        const std::function<void(TimelineVcd&)>& events) const {
        TimelineVcd file(path());
        file.begin(head(period_fs));
        events(file);
        file.end(tail);
        EXPECT_TRUE(file.finish());
        std::ostringstream all;
        all << std::ifstream(path()).rdbuf();
        return all.str();
    }
    static std::string values(const std::string& text) {
        const std::string mark = "$enddefinitions $end\n";
        return text.substr(text.find(mark) + mark.size());
    }

private:
    const fs::path folder_ =
        fs::temp_directory_path() /
        ("timeline_vcd_" +
         std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
};

constexpr std::uint64_t kNs = 1000000;

TEST_F(TimelineVcdFile, DeclaresItsWires) {
    const std::string text = written(kNs, {9, 0, 9, 0, 0}, [](TimelineVcd&) {});
    EXPECT_EQ(text.substr(0, text.find("#0")),
              "$comment state: 0 idle, 1 busy, 2 waits for input, 3 waits for room; "
              "0 also outside the layers asked for and after the last event written $end\n"
              "$timescale 1 ns $end\n"
              "$scope module chip $end\n"
              "$scope module gemm $end\n"
              "$var wire 2 ! state [1:0] $end\n"
              "$var string 1 \" work $end\n"
              "$upscope $end\n"
              "$scope module scale_table_of_conv $end\n"
              "$var wire 2 # state [1:0] $end\n"
              "$var string 1 $ work $end\n"
              "$upscope $end\n"
              "$scope module dram_level $end\n"
              "$var wire 64 % read_MB_s [63:0] $end\n"
              "$var wire 64 & written_MB_s [63:0] $end\n"
              "$upscope $end\n"
              "$upscope $end\n"
              "$enddefinitions $end\n");
    EXPECT_EQ(values(text),
              "#0\n$dumpvars\nb0 !\ns- \"\nb0 #\ns- $\nbx %\nbx &\n$end\n"
              "#9\n");
}

TEST_F(TimelineVcdFile, HasChangesInOrderOfTimeWhateverOrderTheyCameIn) {
    const std::string text = written(kNs, {9, 0, 9, 0, 0}, [](TimelineVcd& file) {
        file.slice({2, SliceKind::Lookup, 1, 3, "look up", {}, {}});
        file.slice({0, SliceKind::StalledInput, 0, 2, "waits for x", {}, {}});
        file.slice({0, SliceKind::StalledOutput, 2, 4, "waits for room", {}, {}});
        file.slice({0, SliceKind::Tile, 4, 7, "in_proj L0", {}, {}});
        file.sample({0, 2, {10, 7}});
    });
    EXPECT_EQ(values(text),
              "#0\n$dumpvars\nb0 !\ns- \"\nb0 #\ns- $\nbx %\nbx &\n$end\n"
              "b10 !\nswaits_for_x \"\n"
              "#1\nb1 #\nslook_up $\n"
              "#2\nb11 !\nswaits_for_room \"\nb101 %\nb100 &\n"  // 7 / 2, rounded
              "#3\nb0 #\ns- $\n"
              "#4\nb1 !\nsin_proj_L0 \"\n"
              "#7\nb0 !\ns- \"\n"
              "#9\n");
}

// Two of a kind in a row change nothing, and what takes no time is not there.
TEST_F(TimelineVcdFile, HasOnlyChanges) {
    const std::string text = written(kNs, {7, 3, 7, 0, 0}, [](TimelineVcd& file) {
        file.slice({0, SliceKind::Tile, 4, 5, "a", {}, {}});
        file.slice({0, SliceKind::Tile, 5, 5, "b", {}, {}});
        file.slice({0, SliceKind::Tile, 5, 7, "a", {}, {}});
    });
    EXPECT_EQ(values(text),
              "#3\n$dumpvars\nb0 !\ns- \"\nb0 #\ns- $\nbx %\nbx &\n$end\n"
              "#4\nb1 !\nsa \"\n"
              "#7\nb0 !\ns- \"\n");
}

TEST_F(TimelineVcdFile, KeepsTimeInTheCoarsestUnitThatIsExact) {
    const auto scale = [&](std::uint64_t period_fs) {
        const std::string text = written(period_fs, {3, 0, 3, 0, 0}, [](TimelineVcd&) {});
        const std::size_t from = text.find("$timescale ");
        return text.substr(from, text.find('\n', from) - from) + " " + text.substr(text.rfind('#'));
    };
    EXPECT_EQ(scale(kNs), "$timescale 1 ns $end #3\n");
    EXPECT_EQ(scale(666667), "$timescale 1 fs $end #2000001\n");
    EXPECT_EQ(scale(1250000), "$timescale 10 ps $end #375\n");
    EXPECT_EQ(scale(5 * kNs), "$timescale 1 ns $end #15\n");
}

TEST_F(TimelineVcdFile, GoesWhereItIsNotFinished) {
    {
        TimelineVcd file(path());
        file.begin(head(kNs));
        EXPECT_FALSE(is_empty());
    }
    EXPECT_TRUE(is_empty());
}

// As many as a printable character can name, and more.
TEST_F(TimelineVcdFile, NamesManyWiresApart) {
    TimelineHead many;
    many.period_fs = kNs;
    many.tracks.assign(100, "t");
    std::set<std::string> codes;
    {
        TimelineVcd file(path());
        file.begin(many);
        file.end({});
        ASSERT_TRUE(file.finish());
    }
    std::ifstream in(path());
    for (std::string word; in >> word;) {
        if (word != "$var") continue;
        std::string bits, code;
        in >> word >> bits >> code;
        EXPECT_TRUE(codes.insert(code).second) << code;
    }
    EXPECT_EQ(codes.size(), 200U);
}

}  // namespace
}  // namespace mambasic::sim
