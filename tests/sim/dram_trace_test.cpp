// The stream of DRAM requests in a file: lines as the readers of the other simulators want them.
#include "sim/dram_trace.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "models/common/error.h"

namespace mambasic::sim {
namespace {

namespace fs = std::filesystem;
using Format = DramTrace::Format;

constexpr models::Ticks kPeriod = 1250000;  // 1.25 ns

const DramBurst kRead = {0x1f40, false, 2 * kPeriod};
const DramBurst kWrite = {0x200000000, true, 5 * kPeriod + kPeriod / 2};

class DramTraceFile : public testing::Test {
protected:
    DramTraceFile() { fs::create_directory(folder_); }
    ~DramTraceFile() override { fs::remove_all(folder_); }
    std::string path() const { return folder_ / "stream.trace"; }
    std::string content() const {
        std::ostringstream all;
        all << std::ifstream(path()).rdbuf();
        return all.str();
    }
    bool is_empty() const { return fs::is_empty(folder_); }

private:
    const fs::path folder_ =
        fs::temp_directory_path() /
        ("dram_trace_" +
         std::string(testing::UnitTest::GetInstance()->current_test_info()->name()));
};

TEST_F(DramTraceFile, OfRamulatorHasLoadsAndStores) {
    DramTrace trace(path(), {Format::Ramulator2, 10, kPeriod});
    trace.on_burst(kRead);
    trace.on_burst(kWrite);
    trace.finish();
    EXPECT_EQ(content(), "LD 0x1f40\nST 0x200000000\n");
    EXPECT_EQ(trace.note(), "");
}

TEST_F(DramTraceFile, OfDramsimHasCyclesOfTheMemory) {
    DramTrace trace(path(), {Format::Dramsim3, 10, kPeriod});
    trace.on_burst(kRead);
    trace.on_burst(kWrite);
    trace.finish();
    EXPECT_EQ(content(), "0x1f40 READ 2\n0x200000000 WRITE 5\n");
}

TEST_F(DramTraceFile, EndsAtItsLimitAndSaysSo) {
    DramTrace trace(path(), {Format::Ramulator2, 2, kPeriod});
    for (int i = 0; i < 3; ++i) trace.on_burst(kRead);
    trace.finish();
    EXPECT_EQ(content(), "LD 0x1f40\nLD 0x1f40\n");
    EXPECT_EQ(trace.note(),
              "the DRAM trace holds the first 2 of 3 bursts; --dram-trace-limit 3 keeps them all");
}

TEST_F(DramTraceFile, ThatIsNotFinishedLeavesNothing) {
    { DramTrace(path(), {Format::Ramulator2, 2, kPeriod}).on_burst(kRead); }
    EXPECT_TRUE(is_empty());
}

TEST_F(DramTraceFile, ThatCannotBeWrittenIsTheUsersError) {
    DramTrace trace(path() + "/no/folder", {Format::Ramulator2, 2, kPeriod});
    trace.on_burst(kRead);
    EXPECT_THROW(trace.finish(), models::UserError);
}

}  // namespace
}  // namespace mambasic::sim
