// The paths that a clock must leave time for.
#include "sim/stages.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace mambasic::sim {
namespace {

using P = models::Primitive;

std::vector<Stage> of(const std::vector<std::string>& settings) {
    return stages(ChipConfig::load(MAMBASIC_HW_CONFIG "/chips/tiny.yaml", settings));
}

std::vector<P> series(const std::vector<Stage>& all, const std::string& key,
                      const std::string& what) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const Stage& stage) {
        return stage.key == key && stage.what == what;
    });
    return found == all.end() ? std::vector<P>{} : found->series;
}

TEST(Stages, EveryKeyOfCyclesHasAPathAndItsCycles) {
    std::vector<models::KeyDoc> docs;
    const ChipConfig chip = ChipConfig::load(MAMBASIC_HW_CONFIG "/chips/tiny.yaml", {}, &docs);
    std::map<std::string, std::string> values;
    for (const models::KeyDoc& doc : docs) values[doc.path] = doc.value;
    values.erase("dma.setup_cycles");  // a control program's, no path between two registers
    values.erase("weight_sram.access_cycles");  // memories: sim/clock_check.cpp
    values.erase("activation_sram.access_cycles");
    for (const char* command : {"activate", "column", "precharge"}) {  // of the memory's own clock
        values.erase("dram.commands." + std::string(command) + "_cycles");
    }
    std::map<std::string, int> paths;
    for (const Stage& stage : stages(chip)) {
        EXPECT_FALSE(stage.series.empty()) << stage.key;
        ++paths[stage.key];
        if (values.count(stage.key) == 0) {
            EXPECT_EQ(stage.cycles, 1U) << stage.key;
            continue;
        }
        EXPECT_EQ(std::to_string(stage.cycles), values[stage.key]) << stage.key;
    }
    for (const auto& [key, value] : values) {
        const bool cycles = key.find("_cycles") != std::string::npos;
        EXPECT_EQ(cycles, paths.count(key) == 1) << key;
    }
}

TEST(Stages, AreAsLongAsTheirBlockIsWide) {
    const std::vector<P> four =
        series(of({"ssm.sum=sequential", "ssm.state_lanes=4"}), "ssm.pipeline_cycles", "scan");
    EXPECT_EQ(std::count(four.begin(), four.end(), P::Fp32Fma), 1 + 4) << "states in a chain";
    const std::vector<P> tree =
        series(of({"ssm.sum=tree 4", "ssm.state_lanes=4"}), "ssm.pipeline_cycles", "scan");
    EXPECT_EQ(std::count(tree.begin(), tree.end(), P::Fp32Fma), 1);
    EXPECT_EQ(std::count(tree.begin(), tree.end(), P::Fp32Adder), 2);
    EXPECT_EQ(series(of({"norm.sum=sequential"}), "norm.sum_ii_cycles", "running sum"),
              std::vector<P>{P::Fp32Fma});
    EXPECT_EQ(series(of({"gemm.int4_macs_per_mac=2"}), "gemm", "MAC"),
              std::vector<P>{P::PackedMacPe});
    const std::vector<P> cubic =
        series(of({"nonlinear.exp.kind=polynomial", "nonlinear.exp.polynomial_degree=3"}),
               "nonlinear.exp.latency_cycles", "exp");
    EXPECT_EQ(std::count(cubic.begin(), cubic.end(), P::Fp32Fma), 1 + 3);
}

}  // namespace
}  // namespace mambasic::sim
