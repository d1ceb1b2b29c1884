// The verbs about codes of the SSM input: calibrate, scales, experiment four-modes.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/e2e/compare_case.h"

namespace mambasic::e2e {
namespace {

bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

std::string calibrated(const Folder& folder, const std::string& name, Words more) {
    const std::string file = folder.path(name);
    more.insert(more.begin(), "calibrate");
    more.insert(more.end(), {"--out", file});
    const Outcome outcome = mambasic(more);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.err, "");
    return file;
}

TEST(Calibrate, OfOneTraceIsTraceGroup) {
    const Folder folder;
    const std::string one =
        calibrated(folder, "one", {"--trace", grouped_prefill(), "--scheme", "quamba2"});
    const std::string grouped = folder.path("grouped");
    ASSERT_EQ(
        mambasic({"trace", "group", grouped_prefill(), "--scheme", "quamba2", "--out", grouped})
            .status,
        0);
    EXPECT_TRUE(read_file(one) == read_file(grouped));
}

TEST(Calibrate, EndsWithCommandsThatRun) {
    const Folder folder;
    const std::string file = folder.path("made");
    const Outcome made = mambasic({"calibrate", "--trace", tiny_prefill(), "--scheme", "w4a5-se",
                                   "--set", "scheme.factor=8", "--out", file});
    ASSERT_EQ(made.status, 0) << made.err;
    EXPECT_TRUE(has(made.out,
                    "x as dual4-skewed-overflow, scales of percentile-codes-q0.99-x8 on "
                    "2 sequences\n"))
        << made.out;
    std::size_t commands = 0;
    for (const std::string& line : lines_of(made.out)) {
        if (line.rfind("  mambasic ", 0) != 0) continue;
        const std::string command = line.substr(11, line.find("   ", 11) - 11);
        Words words(1);
        for (const char c : command)
            c == ' ' ? void(words.emplace_back()) : void(words.back() += c);
        const Outcome outcome = mambasic(words);
        EXPECT_EQ(outcome.status, 0) << line << outcome.err;
        EXPECT_FALSE(has(outcome.out, "note: scheme")) << "not the scales that were asked for";
        ++commands;
    }
    EXPECT_EQ(commands, 3U);
}

TEST(Calibrate, ASettingIsNeededWhereTheScalesAreUsed) {
    const Folder folder;
    const std::string eight = calibrated(
        folder, "eight",
        {"--trace", tiny_prefill(), "--scheme", "w4a5-se", "--set", "scheme.levels=signed"});
    const Outcome without = mambasic({"run", "tiny", "--trace", eight, "--scheme", "w4a5-se"});
    EXPECT_EQ(without.status, 2);
    EXPECT_TRUE(has(without.err, "dual4-signed-overflow")) << without.err;
    const Outcome with = mambasic({"check", "--chip", "tiny", "--trace", eight, "--scheme",
                                   "w4a5-se", "--set", "scheme.levels=signed"});
    EXPECT_EQ(with.status, 0) << with.err;
    EXPECT_TRUE(has(with.out, "with --set scheme.levels=signed\n")) << with.out;
}

// What no shipped scheme codes so would run as something that it is not.
TEST(Calibrate, ATraceOfNoShippedSchemeIsRunByItsOwnOnly) {
    const Folder folder;
    const Words scheme = {"--scheme", "w4a5-se-sparse", "--set", "scheme.sparse_percent=7"};
    Words calibration = {"--trace", tiny_prefill()};
    calibration.insert(calibration.end(), scheme.begin(), scheme.end());
    const std::string made = calibrated(folder, "sparse", calibration);
    for (Words words : {Words{"run", "tiny", "--trace", made}, Words{"check", "--trace", made}}) {
        const Outcome without = mambasic(words);
        EXPECT_EQ(without.status, 2);
        EXPECT_TRUE(has(without.err, "name the one that it was made for with --scheme"))
            << without.err;
        words.insert(words.end(), scheme.begin(), scheme.end());
        EXPECT_EQ(mambasic(words).status, 0) << words.front();
    }
}

// Another prompt of the same network is another sample; another network is none.
TEST(Calibrate, TakesSeveralTracesOfOneNetwork) {
    const Folder folder;
    const auto sliced = [&](const std::string& name, const std::string& layers) {
        const std::string file = folder.path(name);
        EXPECT_EQ(
            mambasic({"trace", "slice", tiny_prefill(), "--layers", layers, "--out", file}).status,
            0);
        return file;
    };
    const std::string twice = calibrated(
        folder, "twice",
        {"--trace", tiny_prefill(), "--trace", sliced("same", "0:2"), "--scheme", "int5"});
    const std::string once =
        calibrated(folder, "once", {"--trace", tiny_prefill(), "--scheme", "int5"});
    EXPECT_FALSE(read_file(twice) == read_file(once)) << "the percentile's moving average";
    const std::string part = sliced("part", "1:2");
    const Outcome refused = mambasic({"calibrate", "--trace", tiny_prefill(), "--trace", part,
                                      "--scheme", "int5", "--out", folder.path("no")});
    EXPECT_EQ(refused.status, 2);
    EXPECT_EQ(lines_of(refused.err).size(), 1U) << refused.err;
    EXPECT_TRUE(has(refused.err, part)) << refused.err;
    const Words entries = folder.entries();
    EXPECT_EQ(std::count(entries.begin(), entries.end(), "no"), 0);
}

Words cells_of(const std::string& line) {
    Words all(1);
    for (const char c : line) c == ',' ? void(all.emplace_back()) : void(all.back() += c);
    return all;
}

/// A column of a CSV file as numbers.
std::vector<double> column(const Words& lines, const std::string& name) {
    const Words names = cells_of(lines[0]);
    const auto at = std::find(names.begin(), names.end(), name) - names.begin();
    std::vector<double> values;
    for (std::size_t i = 1; i < lines.size(); ++i) {
        values.push_back(std::stod(cells_of(lines[i]).at(static_cast<std::size_t>(at))));
    }
    return values;
}

TEST(Scales, TheCsvHoldsEveryCellAndAddsUpToTheRun) {
    const Folder folder;
    const std::string file =
        calibrated(folder, "made", {"--trace", grouped_prefill(), "--scheme", "w4a5-se-4x4"});
    const Outcome outcome =
        mambasic({"scales", "--trace", file, "--csv", folder.path("scales.csv")});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.err, "");
    const Words lines = lines_of(read_file(folder.path("scales.csv")));
    ASSERT_EQ(lines.size(), 1U + 2 * 2 * 16);  // 2 layers of 2 SSD groups of 4 x 4 cells
    ASSERT_EQ(mambasic({"check", "--chip", "tiny", "--trace", file, "--quality", "--out",
                        folder.path("out")})
                  .status,
              0);
    const Json x = Json::parse(read_file(folder.path("out/report.json")))["quality"]["x"];
    for (const std::string name : {"elements", "saturated", "flagged"}) {
        double sum = 0;
        for (const double value : column(lines, name)) sum += value;
        EXPECT_EQ(sum, x[name].get<double>()) << name;
    }
    for (const double scale : column(lines, "low_scale")) EXPECT_GT(scale, 0);
}

TEST(Scales, APipeSeesAsciiAndOnlyTheLayersAskedFor) {
    const Outcome outcome = mambasic({"scales", "--trace", tiny_prefill(), "--layers", "1:2"});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_TRUE(std::all_of(outcome.out.begin(), outcome.out.end(), [](char c) {
        return c == '\n' || (c >= ' ' && c <= '~');
    })) << outcome.out;
    EXPECT_TRUE(has(outcome.out, "\n      1  int8  ")) << outcome.out;
    EXPECT_FALSE(has(outcome.out, "\n      0  int8  "));
    EXPECT_TRUE(has(outcome.out, "\n  layer   1  "));
    EXPECT_FALSE(has(outcome.out, "\n  layer   0  "));
}

TEST(Scales, AStatisticThatTheTraceDoesNotNameIsMarked) {
    const Outcome assumed = mambasic({"scales", "--trace", tiny_prefill()});
    EXPECT_TRUE(has(assumed.out, "  int8       percentile ?  ")) << assumed.out;
    const Folder folder;
    const std::string made = folder.path("se8.safetensors");
    const Outcome calibrated =
        mambasic({"calibrate", "--trace", tiny_prefill(), "--scheme", "se8", "--out", made});
    EXPECT_TRUE(has(calibrated.out, "scales of percentile (int8's scales, which se8 uses) on "))
        << calibrated.out;
    EXPECT_FALSE(has(mambasic({"scales", "--trace", made}).out, "?"));
}

TEST(Calibrate, ASettingThatLeavesAKeyWithoutAReaderIsNamed) {
    const Folder folder;
    const std::string made = folder.path("made.safetensors");
    const Outcome outcome = mambasic({"calibrate", "--trace", tiny_prefill(), "--scheme", "w4a5-se",
                                      "--set", "scheme.observer=mse", "--out", made});
    EXPECT_EQ(outcome.status, 0);
    EXPECT_TRUE(has(outcome.err, "leaves out: alpha, sigma, quantile, factor\n")) << outcome.err;
    EXPECT_TRUE(has(outcome.out, "scales of mse-codes on ")) << outcome.out;
}

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
