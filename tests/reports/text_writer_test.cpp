#include "reports/text_writer.h"

#include <gtest/gtest.h>

#include <sstream>

#include "tests/reports/sample_report.h"

namespace mambasic::reports {
namespace {

std::string line_with(const std::string& text, const std::string& part) {
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        if (line.find(part) != std::string::npos) return line;
    }
    return "(no line with '" + part + "')";
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

TEST(TextWriter, HeadlineHasUnitsBandsAndExactFigures) {
    const std::string text = to_text(sample_report(), {});
    EXPECT_EQ(line_with(text, "  time "),
              "  time          1.23 ms                      1,234,567 cycles");
    EXPECT_EQ(line_with(text, "  energy "),
              "  energy        12.5 uJ (8.00 to 18.0 uJ)    12,500,000 pJ");
    EXPECT_EQ(line_with(text, "  DRAM read "),
              "  DRAM read     4.20 MiB                     4,404,019 B");
}

TEST(TextWriter, TheHeaderTellsWhatWasOverridden) {
    Report report = sample_report();
    EXPECT_EQ(to_text(report, {})
                  .rfind("mambasic 0.1.0  chip tiny, scheme quamba1, trace "
                         "t.safetensors\n  with --set gemm.rows=8 --set ssm.sum=tree "
                         "4\n\n",
                         0),
              0U)
        << to_text(report, {});
    report.provenance.overrides = {"name=\"a\nb\""};
    EXPECT_EQ(overrides_line(report.provenance), "  with --set name=\"a?b\"\n");
    report.provenance.overrides = {};
    EXPECT_FALSE(contains(to_text(report, {}), "--set"));
}

TEST(TextWriter, TheEnergyOfLookupsIsThatOnChip) {
    EXPECT_TRUE(contains(
        line_with(to_text(sample_report(), {}), "  none: 32 lookups"),
        " of them lengthened a tile), 10.0 pJ of reads and comparisons (6.00 pJ of the state "
        "scales), tables 23 B, "));
}

TEST(TextWriter, WithoutBitsNobodyKnowsWhatSaturated) {
    Report report = sample_report();
    EXPECT_TRUE(contains(to_text(report, {}), " elements, 12 saturated ("));
    report.quantization.saturated = report.quantization.flagged = {};
    EXPECT_TRUE(contains(to_text(report, {}), "65,536 elements; no bits were computed"));
    EXPECT_FALSE(contains(to_text(report, {}), "saturated ("));
}

TEST(TextWriter, LayersOfOneLengthHaveNoFastest) {
    Report report = sample_report();
    ASSERT_GE(report.layers.size(), 2U);
    EXPECT_TRUE(contains(to_text(report, {}), " layers: fastest "));
    for (LayerRow& layer : report.layers) layer.cycles = 1200;
    EXPECT_TRUE(contains(to_text(report, {}), " layers of 1,200 cycles each"));
}

TEST(TextWriter, BlockBarShowsWhereTheCyclesWent) {
    const std::string text = to_text(sample_report(), {});
    // Of 1,234,567: 40.5 % busy, 32.4 % waiting for input, 10.9 % to hand on, 16.2 % idle.
    const std::string line = line_with(text, "  gemm   4");
    EXPECT_TRUE(contains(line, "40.5 %")) << line;
    EXPECT_TRUE(contains(line, "10.9 %")) << line;
    EXPECT_TRUE(contains(line, "########<<<<<<>>....")) << line;
}

TEST(TextWriter, EveryLineOfATableIsAsWideAsItsColumns) {
    std::istringstream lines(to_text(sample_report(), {}));
    std::size_t rule = 0;
    std::size_t tables = 0;
    for (std::string line; std::getline(lines, line);) {
        const bool is_rule = line.find_first_not_of("- ") == std::string::npos && !line.empty();
        if (is_rule) {
            rule = line.size();
            ++tables;
        } else if (line.empty()) {
            rule = 0;
        } else if (rule > 0 && line.compare(0, 2, "  ") == 0 && !contains(line, "bandwidth") &&
                   !contains(line, "note") && !contains(line, "layers:")) {
            EXPECT_LE(line.size(), rule) << line;
        }
    }
    EXPECT_EQ(tables, 8U);
}

TEST(TextWriter, ColourOnlyWhenAsked) {
    EXPECT_FALSE(contains(to_text(sample_report(), {}), "\x1b["));
    EXPECT_TRUE(contains(to_text(sample_report(), {true, {}}), "\x1b[1;31mDIFFERENT\x1b[0m"));
}

TEST(TextWriter, EndsWithTheNextStep) {
    const std::string text = to_text(sample_report(), {false, {"mambasic check --trace T"}});
    EXPECT_TRUE(contains(text, "\nNext\n  mambasic check --trace T\n"));
    EXPECT_EQ(text.substr(text.size() - 2), "T\n");
}

TEST(QualityText, TellsTheWholeAndTheWorstLayer) {
    const std::string text = to_text(sample_quality(), false);
    EXPECT_EQ(line_with(text, "  SSM input "),
              "  SSM input              31.5       30.5         5");
    EXPECT_EQ(line_with(text, "  of it x "), "  of it x                30.1       29.1         5");
    EXPECT_EQ(line_with(text, "  layer output "),
              "  layer output           28.6       29.5         4");
}

TEST(QualityText, NothingLostHasNoFigure) {
    QualitySection quality{{}, {{0, {}}}, {}, {}};
    const std::string text = to_text(quality, false);
    EXPECT_EQ(line_with(text, "  SSM input "),
              "  SSM input                 -          -         -");
    EXPECT_FALSE(contains(text, "row"));
    quality.network = NetworkFigures{true, 1, std::nullopt, 1, 1, 0, true};
    EXPECT_TRUE(contains(to_text(quality, false),
                         "  network's logits, 1 row: SQNR exact, cosine 1.00000, same top-1 in "
                         "100.0 % of the rows, KL 0 nats\n"));
}

TEST(QualityText, TellsTheNetworksEnd) {
    QualitySection quality = sample_quality();
    EXPECT_TRUE(contains(to_text(quality, false),
                         "  network's logits, 64 rows: SQNR 27.2 dB, cosine 0.99805, same top-1 in "
                         "96.9 % of the rows, KL 0.00195 nats\n"));
    quality.network->logits = false;
    EXPECT_TRUE(contains(to_text(quality, false),
                         "  last layer's output, 64 rows: SQNR 27.2 dB, cosine 0.99805\n"));
    quality.network->sqnr_db.reset();  // not finite: neither exact nor a figure
    EXPECT_TRUE(contains(to_text(quality, false), "64 rows: SQNR undefined, "));
}

TEST(QualityText, StandsInAReportWhereItWasAskedFor) {
    Report report = sample_report();
    EXPECT_TRUE(contains(to_text(report, {}), to_text(*report.quality, false)));
    EXPECT_TRUE(contains(to_text(report, {true, {}}), to_text(*report.quality, true)));
    report.quality.reset();
    EXPECT_FALSE(contains(to_text(report, {}), "Quality"));
}

TEST(CheckText, NamesTheFirstDifferenceWithBothValues) {
    const std::string text = to_text(sample_check(), {});
    EXPECT_EQ(line_with(text, "layers.1.conv1d.output"),
              "  layers.1.conv1d.output  130 [0,2,2]               5  0x05          7  0x07");
    EXPECT_EQ(line_with(text, "  conv1d.output "),
              "  conv1d.output        2     8,192           3                  1               2"
              "     2.00");
    EXPECT_TRUE(contains(text, "DIFFERENT: 3 of 8,192 elements, in 1 of 2 tensors\n"));
}

TEST(CheckText, SaysEqualOnlyWhenEverythingIs) {
    CheckSection check = sample_check();
    check.tensors.pop_back();
    check.mismatches = 0;
    EXPECT_TRUE(contains(to_text(check, {}), "EQUAL: all 4,096 elements of 1 tensors\n"));
}

TEST(CheckText, AnApproximateChipShowsHowFarOff) {
    CheckSection check = sample_check();
    check.departures = {"exp: table"};
    check.tensors[1].sqnr_db = 41.3;
    check.tensors[0].histogram = {4096};
    check.tensors[1].histogram = {4093, 1, 0, 1, 0, 0, 1};
    const std::string text = to_text(check, {});
    EXPECT_TRUE(contains(text, "bits differ on purpose (exp: table)"));
    EXPECT_EQ(line_with(text, "  conv1d.output     41.3"),
              "  conv1d.output     41.3  8,189  1  0     1       1         0     0");
}

TEST(CheckText, ManyDifferencesAreCutAndCounted) {
    CheckSection check = sample_check();
    const CheckTensor differing = check.tensors[1];
    check.tensors.assign(30, differing);
    EXPECT_TRUE(contains(to_text(check, {}), "and 6 more: report.json has them all\n"));
}

}  // namespace
}  // namespace mambasic::reports
