// mambasic experiment four-modes.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "tests/e2e/codes_case.h"
#include "tests/e2e/compare_case.h"

namespace mambasic::e2e {
namespace {

TEST(FourModes, HoldOnEveryKindOfTrace) {
    for (const std::string& trace :
         {tiny_prefill(), tiny_decode(), grouped_prefill(), grouped_decode()}) {
        const Folder folder;
        const Outcome outcome = mambasic(
            {"experiment", "four-modes", "tiny", "--trace", trace, "--out", folder.path("out")});
        EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
        const Words lines = lines_of(outcome.out);
        EXPECT_EQ(std::count_if(lines.begin(), lines.end(),
                                [](const std::string& l) { return l.rfind("  PASS  ", 0) == 0; }),
                  3)
            << outcome.out;
        EXPECT_TRUE(has(outcome.out,
                        "\n  by definition: the others are measured against fp32-ssm-input: SSM "
                        "input exact\n"))
            << outcome.out;
        EXPECT_EQ(read_file(folder.path("out/four-modes.txt")), outcome.out);
        const Json verdict = Json::parse(read_file(folder.path("out/four-modes.json")));
        EXPECT_TRUE(verdict["all_hold"].get<bool>());
        ASSERT_EQ(verdict["verdicts"].size(), 3U);
        for (const Json& line : verdict["verdicts"]) {
            EXPECT_TRUE(line["holds"].get<bool>());
            EXPECT_TRUE(has(outcome.out, "  PASS  " + line["what"].get<std::string>() + "\n"));
        }
        const Json rows = Json::parse(read_file(folder.path("out/compare.json")))["schemes"];
        ASSERT_EQ(rows.size(), 4U);
        for (const Json& row : rows) EXPECT_EQ(row["trace_sha256"], rows[0]["trace_sha256"]);
        for (const char* same : {"ssm_input_sqnr_db", "layer_output_sqnr_db", "network"}) {
            EXPECT_EQ(rows[0][same], rows[1][same]);
        }
    }
}

// A factor so large that flagged codes are 0 loses to the baseline, and the experiment says so.
TEST(FourModes, WhatDoesNotHoldFails) {
    const Folder folder;
    const std::string home = MAMBASIC_SOURCE;
    std::filesystem::create_directories(folder.path("hw_config"));
    for (const char* part : {"chips", "dram", "tech", "schemes"}) {
        std::filesystem::copy(home + "/hw_config/" + part, folder.path("hw_config/") + part,
                              std::filesystem::copy_options::recursive);
    }
    std::filesystem::copy(home + "/hw_config/base.yaml", folder.path("hw_config/base.yaml"));
    std::string se8 = read_file(folder.path("hw_config/schemes/se8.yaml"));
    se8.replace(se8.find("factor: 4"), 9, "factor: 2025");
    folder.add("hw_config/schemes/se8.yaml", se8);
    const Outcome outcome = mambasic({"experiment", "four-modes", "tiny", "--trace", tiny_prefill(),
                                      "--out", folder.path("out")},
                                     {{"MAMBASIC_HOME", folder.path("")}});
    EXPECT_EQ(outcome.status, 1) << outcome.out << outcome.err;
    const Json verdict = Json::parse(read_file(folder.path("out/four-modes.json")));
    EXPECT_FALSE(verdict["all_hold"].get<bool>());
    EXPECT_TRUE(verdict["verdicts"][1]["holds"].get<bool>());
    EXPECT_FALSE(verdict["verdicts"][2]["holds"].get<bool>());
    EXPECT_TRUE(has(outcome.out, "  FAIL  the second scale of se8 does not lose")) << outcome.out;
    EXPECT_TRUE(has(outcome.out, "  PASS  int8-sim is quamba1")) << outcome.out;
}

}  // namespace
}  // namespace mambasic::e2e
