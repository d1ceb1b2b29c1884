#include "sim/key_names.h"

#include <gtest/gtest.h>

namespace mambasic::sim {
namespace {

const std::vector<std::string> kKeys = {"name",          "gemm.rows",          "gemm.cols",
                                        "gemm.one_row",  "ssm.exp_units",      "ssm.silu_units",
                                        "ssm.sum",       "norm.sum",           "norm.sum_ii_cycles",
                                        "conv.lanes",    "nonlinear.exp.kind", "weight_sram.banks",
                                        "act_sram.banks"};

std::string meant_by(const std::string& word) { return key_suggestion(word, kKeys); }

TEST(KeyNames, SeparatorsAndCaseDoNotCount) {
    for (const char* word : {"expunits", "exp-units", "ExpUnits", "SSM.ExpUnits", "ssm_exp_units",
                             "exp units", "ssm/exp/units"}) {
        EXPECT_EQ(meant_by(word), ", did you mean 'ssm.exp_units'?") << word;
    }
}

TEST(KeyNames, APartIsEnough) {
    EXPECT_EQ(meant_by("units"), ", did you mean 'ssm.exp_units' or 'ssm.silu_units'?");
    EXPECT_EQ(meant_by("unitsexp"), meant_by("zzzzzzzzzzzzz"));
    EXPECT_EQ(meant_by("units exp"), ", did you mean 'ssm.exp_units'?");
    EXPECT_EQ(meant_by("sram"), ", did you mean 'weight_sram.banks' or 'act_sram.banks'?");
    EXPECT_EQ(meant_by("nonlinear.kind"), ", did you mean 'nonlinear.exp.kind'?");
}

TEST(KeyNames, AWholeNameComesBeforeAPart) {
    EXPECT_EQ(meant_by("SUM"), ", did you mean 'ssm.sum' or 'norm.sum'?");  // not sum_ii_cycles
}

TEST(KeyNames, MisspelledLettersAreFound) {
    EXPECT_EQ(meant_by("gemm.rowz"), ", did you mean 'gemm.rows'?");
    EXPECT_EQ(meant_by("silu_unitz"), ", did you mean 'ssm.silu_units'?");
    EXPECT_EQ(meant_by("gemm.exp_units"), ", did you mean 'ssm.exp_units'?");
}

TEST(KeyNames, ManyAreCut) {
    std::vector<std::string> keys;
    for (char c = 'a'; c < 'k'; ++c) keys.push_back(std::string("block_") + c + ".lanes");
    EXPECT_EQ(key_suggestion("lanes", {keys.begin(), keys.begin() + 3}),
              ", did you mean 'block_a.lanes', 'block_b.lanes' or 'block_c.lanes'?");
    EXPECT_EQ(key_suggestion("lanes", keys),
              ", did you mean 'block_a.lanes', 'block_b.lanes', 'block_c.lanes', 'block_d.lanes', "
              "'block_e.lanes', 'block_f.lanes', ...?");
}

TEST(KeyNames, OfManyKeysTheBlockIsNamed) {
    std::vector<std::string> keys = {"gemm.rows"};
    for (char c = 'a'; c < 'k'; ++c) keys.push_back(std::string("tech.energy_pj.") + c);
    keys.emplace_back("dram.energy_per_bit");
    EXPECT_EQ(key_suggestion("energy", keys),
              ", did you mean 'tech.energy_pj' or 'dram.energy_per_bit'?");
}

TEST(KeyNames, WhereNothingIsNearTheKeysOfTheBlockAreListed) {
    EXPECT_EQ(meant_by("gemm.zzzzzzzz"), "; valid are gemm.rows, gemm.cols, gemm.one_row");
    EXPECT_EQ(meant_by("gemm.zz.zzzzzz"), "; valid are gemm.rows, gemm.cols, gemm.one_row");
    EXPECT_EQ(meant_by("nonlinear.zzzzz"), "; valid are nonlinear.exp");
    EXPECT_EQ(meant_by(".zzzzzzzz"), meant_by("zzzzzzzz"));
}

TEST(KeyNames, WhereNothingIsNearTheBlocksAreListed) {
    const std::string blocks =
        "; valid are name, gemm, ssm, norm, conv, nonlinear, weight_sram, act_sram";
    EXPECT_EQ(meant_by("zzzzzzzzzzzzz"), blocks);
    EXPECT_EQ(meant_by(""), blocks);
    EXPECT_EQ(meant_by("..."), blocks);
    EXPECT_EQ(meant_by("q"), blocks);
    EXPECT_EQ(meant_by(std::string(100000, 'x')), blocks);
}

}  // namespace
}  // namespace mambasic::sim
