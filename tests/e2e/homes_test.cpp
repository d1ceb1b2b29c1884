// Short names ("edge-32x32", "mamba-130m") work wherever the checkout and the program are now, not
// only where they were built.
#include <gtest/gtest.h>

#include "tests/e2e/program.h"

namespace mambasic::e2e {
namespace {

namespace fs = std::filesystem;
using Words = std::vector<std::string>;

// A chip and a network that no other checkout has.
void add_moved_checkout(const Folder& folder, const std::string& name) {
    const fs::path home = folder.path(name);
    fs::create_directories(home / "traces");
    fs::copy(MAMBASIC_SOURCE "/hw_config", home / "hw_config", fs::copy_options::recursive);
    fs::copy(MAMBASIC_SOURCE "/traces/networks", home / "traces/networks");
    folder.add(name + "/hw_config/chips/" + name + "-chip.yaml",
               "extends: ../base.yaml\nname: " + name + "-chip\n");
    fs::copy(home / "traces/networks/tiny.yaml", home / ("traces/networks/" + name + "-net.yaml"));
}

class Homes : public testing::Test {
protected:
    void SetUp() override {
        add_moved_checkout(folder_, "moved");
        fs::create_directories(folder_.path("moved/build/release"));
        fs::copy(MAMBASIC_BINARY, moved_binary_);
        fs::create_directories(folder_.path("elsewhere"));
    }
    Start in_the_moved_checkout() const { return {MAMBASIC_BINARY, folder_.path("moved"), {}}; }
    Start moved_program() const { return {moved_binary_, "/", {}}; }

    static void expect_finds(const Start& start, const std::string& name) {
        const Outcome chip = mambasic_from(start, {"explain", "name", "--chip", name + "-chip"});
        EXPECT_EQ(chip.status, 0) << chip.err;
        EXPECT_NE(chip.out.find(name + "-chip"), std::string::npos) << chip.out;
        const Folder out;
        const Words synth = {"trace",    "synth",  "--model",      name + "-net",
                             "--phase",  "decode", "--out",        out.path("t"),
                             "--tokens", "2",      "--shapes-only"};
        const Outcome trace = mambasic_from(start, synth);
        EXPECT_EQ(trace.status, 0) << trace.err;
        const Words run = {"run", name + "-chip", "--trace", out.path("t"), "--timing-only"};
        EXPECT_EQ(mambasic_from(start, run).status, 0) << mambasic_from(start, run).err;
    }

    const Folder folder_;
    const std::string moved_binary_ = folder_.path("moved/build/release/mambasic");
};

TEST_F(Homes, TheCurrentFolderOrOneAbove) {
    Start start = in_the_moved_checkout();
    expect_finds(start, "moved");
    start.folder += "/build/release";
    expect_finds(start, "moved");
}

TEST_F(Homes, TheProgramsOwnCheckout) { expect_finds(moved_program(), "moved"); }

TEST_F(Homes, ALinkToTheProgramCountsAsTheProgram) {
    Start start = moved_program();
    start.binary = folder_.path("elsewhere/mambasic");
    fs::create_symlink(moved_binary_, start.binary);
    expect_finds(start, "moved");
}

TEST_F(Homes, TheVariableWinsAndIsTheOnlyOne) {
    add_moved_checkout(folder_, "other");
    Start start = moved_program();
    start.extra = {{"MAMBASIC_HOME", folder_.path("other")}};
    expect_finds(start, "other");
    start.folder = folder_.path("moved");
    expect_finds(start, "other");
    const Outcome refused = mambasic_from(start, {"explain", "--chip", "moved-chip"});
    EXPECT_EQ(refused.status, 2) << refused.out;
    EXPECT_EQ(refused.err.rfind("moved-chip: no such chip file or name", 0), 0U) << refused.err;
    EXPECT_NE(refused.err.find("(searched " + folder_.path("other/hw_config/chips") + ")"),
              std::string::npos)
        << refused.err;
}

TEST_F(Homes, ACopyOfAChipWorksAnywhere) {
    const std::string chip = folder_.add(
        "elsewhere/copy.yaml", read_file(MAMBASIC_SOURCE "/hw_config/chips/server-128x128.yaml"));
    const Outcome copy = mambasic({"explain", "gemm.rows", "--chip", chip});
    EXPECT_EQ(copy.status, 0) << copy.err;
    EXPECT_NE(copy.out.find("value       128"), std::string::npos) << copy.out;
}

TEST_F(Homes, AVariableThatLeadsNowhereIsNamed) {
    Start start = moved_program();
    start.extra = {{"MAMBASIC_HOME", folder_.path("elsewhere")}};
    const Outcome refused = mambasic_from(start, {"explain", "--chip", "edge-32x32"});
    EXPECT_EQ(refused.status, 2) << refused.out;
    EXPECT_NE(refused.err.find("there is no hw_config/chips in " + folder_.path("elsewhere") +
                               ", which MAMBASIC_HOME names"),
              std::string::npos)
        << refused.err;
}

TEST_F(Homes, AnUnknownNameSaysWhereItWasLookedFor) {
    const Outcome chip =
        mambasic_from(in_the_moved_checkout(), {"explain", "--chip", "moved-chop"});
    EXPECT_EQ(chip.status, 2) << chip.out;
    EXPECT_NE(chip.err.find("did you mean 'moved-chip'? (searched hw_config/chips, "),
              std::string::npos)
        << chip.err;
    const Outcome net = mambasic_from(
        moved_program(), {"trace", "synth", "--model", "zzzz", "--phase", "decode", "--tokens", "1",
                          "--shapes-only", "--out", folder_.path("t")});
    EXPECT_EQ(net.status, 2) << net.out;
    EXPECT_NE(net.err.find("valid are mamba-1.4b, mamba-130m, "), std::string::npos) << net.err;
    EXPECT_NE(net.err.find("(searched " + folder_.path("moved/traces/networks")), std::string::npos)
        << net.err;
}

}  // namespace
}  // namespace mambasic::e2e
