// The table of a comparison and the lines below it.
#include <gtest/gtest.h>

#include "reports/comparison_writer.h"
#include "tests/reports/sample_comparison.h"

namespace mambasic::reports {
namespace {

TEST(ComparisonText, LinesUpWithAUnitInEveryHeader) {
    const std::string title =
        "mambasic 0.1.0  chip tiny, trace t.safetensors, 2 schemes\n"
        "  with --set gemm.rows=8\n\n";
    // clang-format off
    const std::string table =
        "                                exposed          lookup          table\n"
        "                                 lookup  energy  energy  area     area  table       DRAM             change against quamba1\n"
        "  scheme   scales       cycles   cycles      uJ      pJ   mm2      mm2      B          B  check       cycles,  energy, area\n"
        "  -------  --------  ---------  -------  ------  ------  ----  -------  -----  ---------  --------  -----------------------\n"
        "  quamba1  recorded  1,234,567        1    12.5    10.0  3.21  0.00100     23  4,405,079  3 differ                 baseline\n"
        "  quamba2  minmax *  1,358,023        1    12.4    10.0  3.21  0.00100     23  4,405,079  equal     +10.00 %, -0.80 %,  0 %\n";
    const std::string accuracy =
        "\nAccuracy against an FP32 SSM input\n"
        "               SSM    layer  network\n"
        "             input   output   logits              same    KL  saturated  flagged  conv to SSM\n"
        "  scheme   SQNR dB  SQNR dB  SQNR dB   cosine    top-1  nats       of x     of x       DRAM B\n"
        "  -------  -------  -------  -------  -------  -------  ----  ---------  -------  -----------\n"
        "  quamba1        -        -        -        -        -     -          -        -        3,900\n"
        "  quamba2    31.46    28.00    exact  1.00000  100.0 %     0      2.0 %    0.1 %        3,900\n";
    // clang-format on
    const std::string rest =
        "  * calibrated on the inputs that ran, which flatters SQNR: the trace has not "
        "the scales "
        "of every scheme here, and those that it has give other figures\n"
        "  lookup energy is of reads and comparisons: filling the tables and their leakage are in "
        "energy alone\n"
        "  check: every tensor against golden under the same scheme, bit for bit\n"
        "  note: quamba2: a note, \"quoted\"\n";
    const std::string below =
        "  logits: of 8 rows, spread evenly over the tokens; one of them is 12.5 % of same top-1\n";
    const std::string next = "\nNext\n  do this\n";
    EXPECT_EQ(to_text(sample_comparison(), {false, {"do this"}}),
              title + table + rest + accuracy + below + next);
}

TEST(ComparisonText, WhatIsExactSaysSo) {
    Comparison c = sample_comparison();
    c.schemes[1].ssm_input_sqnr_db.reset();
    c.schemes[1].layer_output_sqnr_db.reset();
    c.schemes[1].ssm_input_noiseless = c.schemes[1].layer_output_noiseless = true;
    c.schemes[1].x = CodeCounts{};
    const std::string text = to_text(c, {});
    EXPECT_NE(
        text.find("  quamba2    exact    exact    exact  1.00000  100.0 %     0          -  "),
        std::string::npos)
        << text;
}

TEST(ComparisonText, WhatHasNoRatioIsNotExact) {
    Comparison c = sample_comparison();
    c.schemes[1].ssm_input_sqnr_db.reset();
    c.schemes[1].layer_output_sqnr_db.reset();
    c.schemes[1].network = NetworkFigures{true, 8, {}, {}, 1, {}};
    const std::string text = to_text(c, {});
    EXPECT_NE(text.find("  quamba2  undefined  undefined  undefined       -  100.0 % "),
              std::string::npos)
        << text;
}

TEST(ComparisonText, BytesThatDoNotLeaveTheChipAreExplained) {
    const std::string note = "  conv to SSM, 0 B of DRAM: ";
    Comparison c = sample_comparison();
    EXPECT_EQ(to_text(c, {}).find(note), std::string::npos);
    c.schemes[1].conv_to_ssm_dram_bytes = 0;
    EXPECT_NE(to_text(c, {}).find(note), std::string::npos);
}

TEST(ComparisonText, WithoutAHeadTheLastLayerIsTheNetworksEnd) {
    Comparison c = sample_comparison();
    c.schemes[1].network = NetworkFigures{false, 8, 12.345, 0.987654321, {}, {}};
    const std::string text = to_text(c, {});
    EXPECT_NE(text.find("   output    layer "), std::string::npos) << text;
    EXPECT_NE(text.find("    28.00    12.35  0.98765      -     -  "), std::string::npos) << text;
}

TEST(ComparisonText, WhatWasNotMeasuredHasNoTable) {
    Comparison c = sample_comparison();
    c.schemes[1].x.reset();
    EXPECT_EQ(to_text(c, {}).find("Accuracy"), std::string::npos);
}

TEST(ComparisonText, WhatDidNotRunIsToldBelowTheTable) {
    const std::string plain = to_text(sample_comparison(), {});
    const std::string text = to_text(with_a_refusal(), {});
    const std::string line = "  quamba2-per-channel did not run; stderr tells why\n";
    const std::size_t at = plain.find("  * calibrated");
    EXPECT_EQ(text, plain.substr(0, at) + line + plain.substr(at));
}

TEST(ComparisonText, WhereScalesAreFromStandsInEachRow) {
    Comparison c = sample_comparison();
    c.schemes[0].scales = ScalesFrom::Nowhere;
    c.schemes[1].observer = "mixed";
    const std::string text = to_text(c, {});
    EXPECT_NE(text.find("  quamba1  none ~  "), std::string::npos) << text;
    EXPECT_NE(text.find("  quamba2  mixed *  "), std::string::npos) << text;
    c.schemes[1].lookup = "none";
    EXPECT_EQ(to_text(c, {}).find("lookup energy is of reads"), std::string::npos);
}

TEST(ComparisonText, ANoteThatNamesItsSchemeNamesItOnce) {
    Comparison c = sample_comparison();
    c.schemes[1].notes = {"scheme quamba2: a part of it"};
    const std::string text = to_text(c, {});
    EXPECT_NE(text.find("  note: scheme quamba2: a part of it\n"), std::string::npos) << text;
}

TEST(ComparisonText, ANoteOfAllStandsOnceWithoutNames) {
    Comparison c = sample_comparison();
    for (ComparedScheme& row : c.schemes) row.notes = {"of all"};
    const std::string text = to_text(c, {});
    const std::size_t at = text.find("  note: of all\n");
    ASSERT_NE(at, std::string::npos) << text;
    EXPECT_EQ(text.find("of all", at + 15), std::string::npos);
}

}  // namespace
}  // namespace mambasic::reports
