#include "sim/commands/explain.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "sim/chip_config.h"
#include "tests/models/user_error.h"

namespace mambasic::sim {
namespace {

const std::string kChip = std::string(MAMBASIC_HW_CONFIG) + "/chips/tiny.yaml";

std::string joined(const std::vector<std::string>& lines) {
    std::string text;
    for (const std::string& line : lines) text += line + "\n";
    return text;
}

TEST(Explain, OneKeySaysEverythingAboutIt) {
    const std::vector<std::string> lines = explain("gemm.rows", kChip);
    ASSERT_EQ(lines.size(), 8U);
    EXPECT_EQ(lines[0], "gemm.rows");
    EXPECT_EQ(lines[1], "  MAC rows: k under weight_stationary, m under output_stationary");
    EXPECT_EQ(lines[2], "  value       8");
    EXPECT_NE(lines[3].find("tiny.yaml:"), std::string::npos);  // where it was set, not the base
    EXPECT_EQ(lines[6], "  range       1 to 1024");
    EXPECT_EQ(joined(explain("rows", kChip)), joined(lines));  // its last name is enough
}

TEST(Explain, FiguresShowTheirSource) {
    const std::string text = joined(explain("technology.energy_pj.fp32_add", kChip));
    EXPECT_NE(text.find("0.38 (0.266 to 0.494)"), std::string::npos);
    EXPECT_NE(text.find("Jouppi"), std::string::npos);
    EXPECT_EQ(joined(explain("technology.energy_pj.fp32_add.low", kChip)), text);
}

TEST(Explain, EveryKeyIsExplainedAndChangesSomething) {
    std::vector<models::KeyDoc> docs;
    ChipConfig::load(kChip, {}, &docs);
    ASSERT_GT(docs.size(), 100U);
    for (const models::KeyDoc& doc : docs) {
        const std::string text = joined(explain(doc.path, kChip));
        EXPECT_EQ(text.rfind(doc.path + "\n", 0), 0U) << doc.path;
        EXPECT_NE(text.find("  may change  "), std::string::npos) << doc.path;
        EXPECT_NE(text.find("  set in      "), std::string::npos) << doc.path;
    }
}

TEST(Explain, BlocksAndEverythingAreTables) {
    const std::vector<std::string> gemm = explain("gemm", kChip);
    EXPECT_EQ(gemm.size(), 11U);
    EXPECT_EQ(gemm[0].rfind("gemm.rows ", 0), 0U);
    const std::vector<std::string> lanes =
        explain("lanes", kChip);  // a name that several blocks have
    EXPECT_EQ(lanes.size(), 5U);
    std::vector<models::KeyDoc> docs;
    ChipConfig::load(kChip, {}, &docs);
    EXPECT_EQ(explain("", kChip).size(), docs.size() + 16);  // and the scheme's
}

TEST(Explain, ASchemesKeysAreExplained) {
    for (const char* key :
         {"name", "groups", "lookup", "code", "levels", "flag_rule", "quantile", "factor", "flags",
          "sparse_percent", "rotation", "observer", "alpha", "sigma", "observes", "layers"}) {
        const std::string text = joined(explain("scheme." + std::string(key), kChip));
        EXPECT_EQ(text.rfind("scheme." + std::string(key) + "\n", 0), 0U) << text;
        EXPECT_NE(text.find("  set in      "), std::string::npos) << text;
        EXPECT_EQ(text.find("  may change  what is coded"), std::string::npos) << text;
    }
    EXPECT_EQ(joined(explain("observer", kChip)), joined(explain("scheme.observer", kChip)));
    EXPECT_NE(
        joined(explain("scheme.layers", kChip)).find("  value       0%: quamba1, 50%: quamba2"),
        std::string::npos);
    EXPECT_EQ(explain("scheme", kChip).size(), 16U);
    EXPECT_NE(joined(explain("scheme.code", kChip)).find("  value       int8"), std::string::npos);
    EXPECT_NE(joined(explain("scheme.factor", kChip)).find("w4a5-se-sparse.yaml:"),
              std::string::npos);
    EXPECT_EQ(models::user_error([] {
                  explain("scheme.x", kChip);
              }).rfind("mambasic explain: no key 'scheme.x'; valid are scheme.name, ", 0),
              0U);
}

TEST(Explain, UnknownKeysNameTheNearest) {
    EXPECT_EQ(models::user_error([] { explain("gemm.rowz", kChip); }),
              "mambasic explain: no key 'gemm.rowz', did you mean 'gemm.rows'?");
    EXPECT_NE(models::user_error([] { explain("gemm.rows.low", kChip); }).find("no key"),
              std::string::npos);
    EXPECT_EQ(models::user_error([] { explain("expunits", kChip); }),
              "mambasic explain: no key 'expunits', did you mean 'ssm.exp_units'?");
}

}  // namespace
}  // namespace mambasic::sim
