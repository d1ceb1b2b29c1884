// The verbs about codes of the SSM input: calibrate, scales, experiment four-modes.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

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

/// A CSV file, row by row, by the names of its columns.
std::vector<std::map<std::string, std::string>> table_of(const std::string& file) {
    const Words lines = lines_of(read_file(file));
    const Words names = cells_of(lines.at(0));
    std::vector<std::map<std::string, std::string>> rows;
    for (std::size_t i = 1; i < lines.size(); ++i) {
        const Words cells = cells_of(lines[i]);
        EXPECT_EQ(cells.size(), names.size()) << lines[i];
        rows.emplace_back();
        for (std::size_t c = 0; c < names.size(); ++c) rows.back()[names[c]] = cells.at(c);
    }
    return rows;
}

TEST(Scales, TheCsvHoldsEveryCellAndAddsUpToTheRun) {
    const Folder folder;
    const std::string file =
        calibrated(folder, "made", {"--trace", grouped_prefill(), "--scheme", "w4a5-se-4x4"});
    const std::string csv = folder.path("scales.csv");
    const Outcome outcome = mambasic({"scales", "--trace", file, "--csv", csv});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_EQ(outcome.err, "");
    ASSERT_EQ(mambasic({"check", "--chip", "tiny", "--trace", file, "--quality", "--out",
                        folder.path("out")})
                  .status,
              0);
    std::map<std::string, std::size_t> rows;
    double coded = 0;
    double clipped = 0;
    double flagged = 0;
    for (const auto& row : table_of(csv)) {
        const std::string& kind = row.at("scale_of");
        ++rows[kind];
        EXPECT_GT(std::stod(row.at("lowest_value_per_code")), 0);
        if (kind[0] != 'x') continue;
        coded += std::stod(row.at("coded_count"));
        clipped +=
            std::stod(row.at("clipped_below_count")) + std::stod(row.at("clipped_above_count"));
        if (kind == "x high") flagged += std::stod(row.at("coded_count"));
    }
    // 2 layers of 2 SSD groups of 4 x 4 cells; of states and other streams all together.
    std::map<std::string, std::size_t> expected = {{"x low", 64}, {"x high", 64}, {"x int8", 64}};
    for (const char* whole : {"state", "norm", "z", "conv input x", "conv input B", "conv input C",
                              "dt", "B", "C", "hadamard"}) {
        expected[whole] = 2;
    }
    EXPECT_EQ(rows, expected);
    const Json x = Json::parse(read_file(folder.path("out/report.json")))["quality"]["x"];
    EXPECT_EQ(coded, x["elements"].get<double>());
    EXPECT_EQ(clipped, x["saturated"].get<double>());
    EXPECT_EQ(flagged, x["flagged"].get<double>());
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

/// "layer  code of x  scale of ... made of" of the table's row for a kind of scale of layer 0.
std::string row_of(const std::string& out, const std::string& kind) {
    for (const std::string& line : lines_of(out)) {
        if (line.rfind("      0  ", 0) == 0 && has(line, "  " + kind + "  ")) return line;
    }
    return "no row for " + kind + " in\n" + out;
}

TEST(Scales, AllShowsTheOtherStreams) {
    const std::string some = mambasic({"scales", "--trace", tiny_prefill()}).out;
    EXPECT_TRUE(has(row_of(some, "B"), "no row")) << some;
    const std::string all = mambasic({"scales", "--trace", tiny_prefill(), "--all"}).out;
    for (const char* stream :
         {"norm", "conv input x", "z", "dt_proj input", "B", "C", "dt", "hadamard"}) {
        EXPECT_TRUE(has(row_of(all, stream), " -128 to 127 ")) << all;
    }
}

bool ends_in(const std::string& text, const std::string& end) {
    return text.size() > end.size() && text.substr(text.size() - end.size()) == end;
}

TEST(Scales, EveryScaleSaysWhatItWasMadeOf) {
    const std::string recorded = mambasic({"scales", "--trace", tiny_prefill()}).out;
    EXPECT_TRUE(has(recorded, ", scheme quamba1, scales as mambasic ")) << recorded;
    EXPECT_TRUE(ends_in(row_of(recorded, "x"), "  recorded")) << recorded;
    const Folder folder;
    const std::string made =
        calibrated(folder, "made",
                   {"--trace", tiny_prefill(), "--scheme", "w4a5-se-threshold", "--set",
                    "scheme.factor=8", "--set", "scheme.alpha=0.99", "--set", "scheme.sigma=0.5",
                    "--set", "scheme.quantile=0.9"});
    const std::string out = mambasic({"scales", "--trace", made}).out;
    EXPECT_TRUE(has(out,
                    ", scheme w4a5-se-threshold but for what makes its scales, scales as the "
                    "trace holds them, calibrated\n"))
        << out;
    const std::string of_int8 = "  percentile alpha 0.99 sigma 0.5 in codes";
    EXPECT_TRUE(ends_in(row_of(out, "x low"), "  quantile 0.9 in codes")) << out;
    EXPECT_TRUE(ends_in(row_of(out, "x threshold"), "  quantile 0.9 in codes")) << out;
    EXPECT_TRUE(ends_in(row_of(out, "x high"), "  low scale x factor 8")) << out;
    EXPECT_TRUE(ends_in(row_of(out, "x int8"), of_int8)) << out;
    EXPECT_TRUE(ends_in(row_of(out, "state"), of_int8)) << out;
    EXPECT_TRUE(has(row_of(out, "x low"), " -1 to 14 ")) << "the range of skewed codes" << out;
    EXPECT_TRUE(has(row_of(out, "state"), " -128 to 127 ")) << out;
}

TEST(Scales, ASchemeIsShownWithoutATraceOfItsOwn) {
    const Folder folder;
    const std::string csv = folder.path("scales.csv");
    const Outcome se8 = mambasic({"scales", "--trace", tiny_prefill(), "--scheme", "se8", "--set",
                                  "scheme.factor=2", "--csv", csv});
    ASSERT_EQ(se8.status, 0) << se8.err;
    EXPECT_TRUE(has(se8.out, ", scheme se8, scales as mambasic ")) << se8.out;
    EXPECT_TRUE(ends_in(row_of(se8.out, "x high"), "  int8's scale x factor 2")) << se8.out;
    const auto rows = table_of(csv);
    EXPECT_EQ(std::stof(rows.at(1).at("lowest_value_per_code")),
              2 * std::stof(rows.at(0).at("lowest_value_per_code")));

    const Outcome shown = mambasic({"scales", "--trace", tiny_prefill(), "--scheme", "w4a5-se"});
    ASSERT_EQ(shown.status, 0) << shown.err;
    EXPECT_TRUE(has(shown.out, ", scheme w4a5-se, scales calibrated on it for this table\n"));
    const std::string made =
        calibrated(folder, "made", {"--trace", tiny_prefill(), "--scheme", "w4a5-se"});
    const std::string held = mambasic({"scales", "--trace", made}).out;
    EXPECT_TRUE(has(held, ", scheme w4a5-se, scales as the trace holds them")) << held;
    EXPECT_EQ(held.substr(held.find('\n')), shown.out.substr(shown.out.find('\n')));
    EXPECT_TRUE(
        has(mambasic({"trace", "info", made}).out, "  w4a5-se (the file's word is quamba1)\n"));
    EXPECT_TRUE(has(mambasic({"trace", "info", tiny_prefill()}).out, "  quamba1\n"));
}

std::string only_line(const Words& words) {
    const Outcome outcome = mambasic(words);
    EXPECT_EQ(outcome.status, 2);
    EXPECT_EQ(lines_of(outcome.err).size(), 1U) << outcome.err;
    return outcome.err;
}

std::string tiny_sample(const Folder& folder, const std::string& name, Words more) {
    const std::string file = folder.path(name);
    more.insert(more.begin(), {"trace", "synth", "--model", "tiny", "--phase", "prefill",
                               "--tokens", "12", "--out", file});
    EXPECT_EQ(mambasic(more).status, 0);
    return file;
}

TEST(Calibrate, TakesSamplesAndTellsWhyATraceIsNone) {
    const Folder folder;
    const std::string first = tiny_sample(folder, "first", {});
    const std::string made = folder.path("made");
    const auto with = [&](const std::string& other) {
        return Words{"calibrate", "--trace", first,   "--trace", other,
                     "--scheme",  "int5",    "--out", made};
    };
    const Outcome both = mambasic(with(tiny_sample(folder, "second", {"--sample", "1"})));
    EXPECT_EQ(both.status, 0) << both.err;
    EXPECT_TRUE(has(both.out, " on 2 sequences\n")) << both.out;
    const std::string seed = only_line(with(tiny_sample(folder, "seed", {"--seed", "5"})));
    EXPECT_TRUE(has(seed, "synth.seed is 5, not 0: another seed makes another model")) << seed;
    const std::string batch = only_line(with(tiny_sample(folder, "batch", {"--batch", "2"})));
    EXPECT_TRUE(has(batch, "synthetic ones with all options but --sample alike")) << batch;
}

TEST(Calibrate, AShareOfLessThanOneValueIsRefused) {
    const Folder folder;
    const std::string out = folder.path("made");
    const auto with = [&](const std::string& scheme, const std::string& setting) {
        return Words{"calibrate", "--trace", tiny_prefill(), "--scheme", scheme,
                     "--set",     setting,   "--out",        out};
    };
    // 2 sequences of 21 tokens of 192 channels; alpha is taken of each sequence.
    EXPECT_TRUE(has(only_line(with("w4a5-se", "scheme.quantile=0.0001")), " of 8,064 values "));
    EXPECT_TRUE(has(only_line(with("quamba1", "scheme.alpha=1e-44")), " of 4,032 values "));
    EXPECT_TRUE(folder.entries().empty());
    EXPECT_EQ(mambasic(with("w4a5-se", "scheme.quantile=0.0003")).status, 0);
    const Outcome all = mambasic(with("w4a5-se", "scheme.quantile=0.999999999"));
    EXPECT_TRUE(has(all.out, "note: scheme w4a5-se: quantile 1 is the largest value")) << all.out;
}

TEST(TraceSynth, RefusalsNameWhatWasGiven) {
    const Folder folder;
    const std::string out = folder.path("made");
    std::string wrong = read_file(std::string(MAMBASIC_SOURCE) + "/traces/networks/tiny.yaml");
    wrong.replace(wrong.find("d_inner: 192"), 12, "d_inner: 100");
    const std::string network = folder.add("wrong.yaml", wrong);
    const auto with = [&](const std::string& model, const Words& more) {
        Words words = {"trace", "synth", "--model", model, "--phase", "prefill", "--out", out};
        words.insert(words.end(), more.begin(), more.end());
        return only_line(words);
    };
    EXPECT_TRUE(has(with("tiny", {"--tokens", "16777217"}),
                    "--tokens: '16777217' must be an integer from 1 to 16777216"));
    EXPECT_TRUE(has(with("tiny", {"--tokens", "16777216", "--batch", "5"}),
                    "--tokens: batch * tokens exceeds 2^26"));
    const std::string d_inner = with(network, {"--tokens", "4"});
    EXPECT_EQ(d_inner.rfind(network + ":", 0), 0U) << d_inner;
    EXPECT_TRUE(has(d_inner, ": d_inner: 100 is not 2 * d_model = 192\n")) << d_inner;
    EXPECT_TRUE(has(with("tiny", {"--tokens", "4", "--precision", "w4a8"}),
                    "--model: 'tiny': d_model 96 is not a multiple of 128"));
    EXPECT_TRUE(has(with("tiny", {"--tokens", "4", "--scheme", "w4a5-se"}),
                    "not with 'w4a5-se'; mambasic calibrate --scheme then gives it"));
}

TEST(Scales, RefusesASettingWithoutItsScheme) {
    for (const char* setting : {"scheme.factor=2", "gemm.rows=2"}) {
        const Outcome outcome = mambasic({"scales", "--trace", tiny_prefill(), "--set", setting});
        EXPECT_EQ(outcome.status, 2);
        EXPECT_EQ(lines_of(outcome.err).size(), 1U) << outcome.err;
        EXPECT_TRUE(has(outcome.err, "mambasic scales: --set: ")) << outcome.err;
    }
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
