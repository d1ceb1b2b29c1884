// What run --dram-trace writes is what the report says was moved, in both formats.
#include <gtest/gtest.h>

#include <cstdint>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "tests/e2e/program.h"

namespace mambasic::e2e {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kBurst = 64;  // bytes, of the memory that tiny has

struct Stream {
    std::uint64_t read = 0;  // bytes
    std::uint64_t written = 0;
    std::uint64_t last_cycle = 0;
};

void count(Stream& stream, const std::string& address, bool write) {
    EXPECT_EQ(std::stoull(address, nullptr, 16) % kBurst, 0U) << address;
    (write ? stream.written : stream.read) += kBurst;
}

/// As Ramulator 2's LoadStoreTrace reads: an operation and an address, separated by one space.
Stream ramulator_reads(const std::string& text) {
    Stream stream;
    for (const std::string& line : lines_of(text)) {
        std::istringstream words(line);
        std::string operation, address, rest;
        words >> operation >> address;
        EXPECT_FALSE(words >> rest) << line;
        EXPECT_TRUE(operation == "LD" || operation == "ST") << line;
        EXPECT_EQ(address.substr(0, 2), "0x") << line;
        count(stream, address, operation == "ST");
    }
    return stream;
}

/// As DRAMsim3 does: a hexadecimal address, an operation and the first cycle it may come in.
Stream dramsim_reads(const std::string& text) {
    Stream stream;
    for (const std::string& line : lines_of(text)) {
        std::istringstream words(line);
        std::string address, operation;
        std::uint64_t cycle = 0;
        EXPECT_TRUE(words >> address >> operation >> cycle) << line;
        EXPECT_TRUE(operation == "READ" || operation == "WRITE") << line;
        EXPECT_GE(cycle, stream.last_cycle) << line;  // its reader waits for each in turn
        stream.last_cycle = cycle;
        count(stream, address, operation == "WRITE");
    }
    return stream;
}

Json moved_by(const Folder& folder) {
    return Json::parse(read_file(folder.path("out/report.json")))["dram"]["moved"];
}

void expect_moved(const Stream& stream, const Json& moved) {
    EXPECT_GT(stream.read, 0U);
    EXPECT_GT(stream.written, 0U);
    EXPECT_EQ(stream.read, moved["read_bytes"].get<std::uint64_t>());
    EXPECT_EQ(stream.written, moved["written_bytes"].get<std::uint64_t>());
}

std::vector<std::string> run_with(const Folder& folder, const std::vector<std::string>& options) {
    std::vector<std::string> words = {
        "run", "tiny", "--trace", tiny_decode(), "--out", folder.path("out"), "--quiet"};
    words.insert(words.end(), options.begin(), options.end());
    return words;
}

TEST(DramTrace, HoldsEveryBurstForRamulator) {
    const Folder folder;
    const std::string file = folder.path("stream");
    ASSERT_EQ(mambasic(run_with(folder, {"--dram-trace", file})).status, 0);
    expect_moved(ramulator_reads(read_file(file)), moved_by(folder));
}

TEST(DramTrace, HoldsEveryBurstAndItsTimeForDramsim) {
    const Folder folder;
    const std::string file = folder.path("stream");
    const std::vector<std::string> options = {"--dram-trace", file, "--dram-trace-format",
                                              "dramsim3"};
    ASSERT_EQ(mambasic(run_with(folder, options)).status, 0);
    const Stream stream = dramsim_reads(read_file(file));
    expect_moved(stream, moved_by(folder));
    EXPECT_GT(stream.last_cycle, 0U);
}

TEST(DramTrace, ChangesNothingElse) {
    const Folder with, without;
    ASSERT_EQ(mambasic(run_with(with, {"--dram-trace", with.path("stream")})).status, 0);
    ASSERT_EQ(mambasic(run_with(without, {})).status, 0);
    EXPECT_EQ(read_file(with.path("out/report.json")), read_file(without.path("out/report.json")));
}

TEST(DramTrace, CutShortIsNoted) {
    const Folder folder;
    const std::string file = folder.path("stream");
    const std::vector<std::string> options = {"--dram-trace", file, "--dram-trace-limit", "5"};
    ASSERT_EQ(mambasic(run_with(folder, options)).status, 0);
    EXPECT_EQ(lines_of(read_file(file)).size(), 5U);
    const Json notes = Json::parse(read_file(folder.path("out/report.json")))["notes"];
    EXPECT_NE(notes.dump().find("the DRAM trace holds the first 5 of "), std::string::npos);
}

}  // namespace
}  // namespace mambasic::e2e
