// mambasic scales.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "tests/e2e/codes_case.h"
#include "tests/e2e/compare_case.h"

namespace mambasic::e2e {
namespace {

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

TEST(Scales, RefusesASettingWithoutItsScheme) {
    for (const char* setting : {"scheme.factor=2", "gemm.rows=2"}) {
        const Outcome outcome = mambasic({"scales", "--trace", tiny_prefill(), "--set", setting});
        EXPECT_EQ(outcome.status, 2);
        EXPECT_EQ(lines_of(outcome.err).size(), 1U) << outcome.err;
        EXPECT_TRUE(has(outcome.err, "mambasic scales: --set: ")) << outcome.err;
    }
}

}  // namespace
}  // namespace mambasic::e2e
