#include "sim/chip_config.h"

#include <gtest/gtest.h>

#include <set>

#include "tests/models/user_error.h"
#include "tests/sim/config_folder.h"

namespace mambasic::sim {
namespace {

using models::user_error;

const std::string kHome = MAMBASIC_HW_CONFIG;
const std::string kTiny = kHome + "/chips/tiny.yaml";

std::string refused(const std::vector<std::string>& sets) {
    return user_error([&] { ChipConfig::load(kTiny, sets); });
}

TEST(ChipConfig, ShippedChipsLoad) {
    EXPECT_EQ(ChipConfig::load(kHome + "/base.yaml", {}).name, "base");
    const ChipConfig edge = ChipConfig::load("edge-32x32", {});
    EXPECT_EQ(edge.gemm.rows, 32U);
    EXPECT_EQ(edge.schedule.fusion, Fusion::Layer);
    EXPECT_DOUBLE_EQ(edge.dram.peak_gb_per_s(), 51.2);
    EXPECT_EQ(edge.technology.name, "tsmc7-class");
    const ChipConfig server = ChipConfig::load("server-128x128", {});
    EXPECT_EQ(server.gemm.cols, 128U);
    EXPECT_EQ(server.gemm.dataflow, models::Dataflow::WeightStationary);  // from base.yaml
    EXPECT_EQ(server.norm.sum.tree_width, 32U);
    EXPECT_DOUBLE_EQ(server.dram.peak_gb_per_s(), 256);
    EXPECT_EQ(ChipConfig::load(kTiny, {}).gemm.rows, 8U);
}

TEST(ChipConfig, EveryMemoryLoads) {
    for (const char* name : {"ddr4-3200", "lpddr4x-4266-x64", "lpddr5-6400-x64", "hbm2"}) {
        const std::string set = std::string("dram=dram/") + name + ".yaml";
        EXPECT_GT(ChipConfig::load(kTiny, {set}).dram.peak_gb_per_s(), 1) << name;
    }
}

TEST(ChipConfig, EveryFigureOfTheCardIsOrderedAndPositive) {
    const models::Technology t = ChipConfig::load(kTiny, {}).technology;
    for (const models::Banded& area : t.area_um2) {
        EXPECT_GT(area.low, 0);
        EXPECT_LE(area.low, area.value);
        EXPECT_LE(area.value, area.high);
    }
    EXPECT_GT(t.energy_pj[static_cast<std::size_t>(models::Event::ScaleLookup)].low, 0);
    EXPECT_EQ(t.energy_pj[static_cast<std::size_t>(models::Event::DramReadBytes)].value, 0);
}

TEST(ChipConfig, OverridesComeLastAndInOrder) {
    EXPECT_EQ(ChipConfig::load(kTiny, {"gemm.rows=16"}).gemm.rows, 16U);
    EXPECT_EQ(ChipConfig::load(kTiny, {"gemm.rows=16", "gemm.rows=4"}).gemm.rows, 4U);
    const ChipConfig c = ChipConfig::load(
        kTiny, {"dram=dram/hbm2.yaml", "dram.stream.efficiency=0.5",
                "technology.energy_pj.exp.high=99", "arithmetic.quirks=quamba",
                "arithmetic.softplus=log_exp_plus_1", "schedule.fusion=none", "ssm.sum=tree 2"});
    EXPECT_DOUBLE_EQ(c.dram.peak_gb_per_s(), 256);
    EXPECT_DOUBLE_EQ(c.dram.stream.efficiency, 0.5);
    EXPECT_DOUBLE_EQ(c.technology.energy_pj[static_cast<std::size_t>(models::Event::Exp)].high, 99);
    EXPECT_TRUE(c.arithmetic.quamba_quirks);
    EXPECT_EQ(c.arithmetic.softplus, arith::Softplus::LogExpPlus1);
    EXPECT_EQ(c.schedule.fusion, Fusion::None);
    EXPECT_EQ(c.ssm.sum.tree_width, 2U);
}

TEST(ChipConfig, ErrorsPointIntoTheFileThatWroteTheValue) {
    const ConfigFolder folder;
    const std::string base = kHome + "/base.yaml";
    const std::string bad =
        folder.write("bad.yaml", "extends: " + base + "\ngemm:\n  rows: 4\n  colz: 8\n");
    EXPECT_EQ(user_error([&] { ChipConfig::load(bad, {}); }),
              bad + ":4:3: unknown key 'colz', did you mean 'cols'?");
    const std::string zero = folder.write("zero.yaml", "extends: " + base + "\nclock_ghz: 0\n");
    EXPECT_EQ(user_error([&] {
                  ChipConfig::load(zero, {});
              }).rfind(zero + ":2:12: clock_ghz: '0' is outside 0.001 to 10", 0),
              0U);
    EXPECT_EQ(refused({"gemm.rows=0"}).rfind("--set gemm.rows=0: gemm.rows: '0' is outside", 0),
              0U);
    for (const char* setting : {"scheme.groups=4x4", "scheme={}", "scheme.x.y=1"}) {
        EXPECT_EQ(refused({setting}),
                  "--set " + std::string(setting) +
                      ": a scheme is a file, no part of the chip; copy one of hw_config/schemes, "
                      "change the key there and give the file to --scheme (to --schemes of "
                      "compare)");
    }
    EXPECT_EQ(refused({"gemm.row=8"}),
              "--set gemm.row=8: unknown key 'gemm.row', did you mean 'gemm.rows'?");
    EXPECT_EQ(refused({"technology.energy_pj.exp.low=8"}),
              "--set technology.energy_pj.exp.low=8: technology.energy_pj.exp.low: must not be "
              "above value");
}

TEST(ChipConfig, PartsMustFitTogether) {
    EXPECT_EQ(refused({"weight_sram={capacity_kib: 1024, banks: 8}"}),
              "--set weight_sram={capacity_kib: 1024, banks: 8}: weight_sram.banks: 128 KiB a "
              "bank, but the energy curve of tsmc7-class holds up to 64; take 16 banks or more");
    EXPECT_NE(refused({"dma.chunk_bytes=65536"}).find("smaller scratchpad, 32768 bytes"),
              std::string::npos);
    EXPECT_NE(refused({"arithmetic.softplus=log_exp_plus_1", "nonlinear.softplus.kind=table"})
                  .find("arithmetic.softplus: log_exp_plus_1 is a form of the exact unit"),
              std::string::npos);
    EXPECT_NE(refused({"ssm.sum=tree 4"}).find("must not exceed state_lanes (2)"),
              std::string::npos);
}

TEST(ChipConfig, TheHashIsOfWhatWasUnderstood) {
    const std::string hash = ChipConfig::load(kTiny, {}).sha256;
    EXPECT_EQ(hash.size(), 64U);
    EXPECT_EQ(ChipConfig::load(kTiny, {"clock_ghz=1.00", "gemm.rows=8"}).sha256, hash);
    EXPECT_NE(ChipConfig::load(kTiny, {"clock_ghz=1.01"}).sha256, hash);
    EXPECT_NE(ChipConfig::load(kTiny, {"technology.energy_pj.exp.high=15"}).sha256, hash);
    // Another file with the same content, and another citation, are the same chip.
    const ConfigFolder folder;
    const std::string copy = folder.write("copy.yaml", "# mine\nextends: " + kTiny + "\n");
    EXPECT_EQ(ChipConfig::load(copy, {}).sha256, hash);
    EXPECT_EQ(ChipConfig::load(kTiny, {"technology.energy_pj.exp.source=elsewhere"}).sha256, hash);
}

// Every leaf of a tree as a path; {value, low, high} is one leaf.
void leaves(const models::YamlNodePtr& node, const std::string& path, std::set<std::string>& out) {
    const bool band = node->find("source") != nullptr;
    if (node->kind != models::YamlNode::Kind::Map || band) {
        out.insert(path);
        return;
    }
    for (const auto& entry : node->entries) {
        leaves(entry.value, path.empty() ? entry.key : path + "." + entry.key, out);
    }
}

TEST(ChipConfig, EveryKeyOfEveryFileIsTakenAndDocumented) {
    std::set<std::string> expected;
    leaves(models::load_yaml(kHome + "/base.yaml"), "", expected);
    ASSERT_EQ(expected.erase("technology"), 1U);
    ASSERT_EQ(expected.erase("dram"), 1U);
    leaves(models::load_yaml(kHome + "/tech/tsmc7-class.yaml"), "technology", expected);
    leaves(models::load_yaml(kHome + "/dram/lpddr5-6400-x64.yaml"), "dram", expected);
    std::vector<models::KeyDoc> docs;
    ChipConfig::load(kHome + "/base.yaml", {}, &docs);
    std::set<std::string> documented;
    for (const models::KeyDoc& doc : docs) {
        EXPECT_TRUE(documented.insert(doc.path).second) << doc.path << " is taken twice";
        EXPECT_FALSE(doc.what.empty()) << doc.path;
        EXPECT_FALSE(doc.type.empty()) << doc.path;
        EXPECT_FALSE(doc.value.empty()) << doc.path;
        EXPECT_NE(doc.where.find(".yaml:"), std::string::npos) << doc.path;
        const bool number = doc.type == "integer" || doc.type == "number";
        EXPECT_EQ(number, !doc.range.empty()) << doc.path;
        EXPECT_TRUE(!number || !doc.unit.empty()) << doc.path << " has no unit";
    }
    EXPECT_EQ(documented, expected);
}

}  // namespace
}  // namespace mambasic::sim
