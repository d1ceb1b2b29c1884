// Every block's parser: what it refuses, and with which words. Whole chips are in tests/sim.
#include <gtest/gtest.h>

#include "models/conv/conv_config.h"
#include "models/dma/dma_config.h"
#include "models/dram/dram_config.h"
#include "models/embedding/embedding_config.h"
#include "models/gated_norm/gated_norm_config.h"
#include "models/gemm/gemm_config.h"
#include "models/hadamard/hadamard_config.h"
#include "models/nonlinear/nonlinear_config.h"
#include "models/norm/norm_config.h"
#include "models/rotation/rotation_config.h"
#include "models/scale_table/scale_table_config.h"
#include "models/sram/sram_config.h"
#include "models/ssm/ssm_config.h"
#include "tests/models/user_error.h"

namespace mambasic::models {
namespace {

using Lines = std::vector<std::pair<std::string, std::string>>;

const Lines kGemm = {{"rows", "8"},
                     {"cols", "4"},
                     {"dataflow", "output_stationary"},
                     {"weight_buffer", "single"},
                     {"accumulator_rows", "16"},
                     {"one_row", "systolic"},
                     {"vector_adder_tree_width", "8"},
                     {"epilogue_lanes", "2"},
                     {"epilogue_latency_cycles", "5"},
                     {"int4_weights", "true"},
                     {"int4_macs_per_mac", "2"}};
const Lines kSsm = {{"channel_lanes", "4"},   {"state_lanes", "8"},  {"exp_units", "16"},
                    {"softplus_units", "2"},  {"silu_units", "3"},   {"recurrence_ii_cycles", "4"},
                    {"pipeline_cycles", "9"}, {"sum", "tree 8"},     {"state_residency", "spilled"},
                    {"state_store_kib", "7"}, {"ssd_sum", "tree 32"}};
const Lines kScaleTable = {{"word_bytes", "8"},           {"range_bytes", "2"},
                           {"lookup_cycles", "0"},        {"units", "3"},
                           {"parallel_banks", "5"},       {"parallel_comparators", "6"},
                           {"loop_order", "token_major"}, {"capacity_kib", "7"},
                           {"residency", "all_layers"},   {"largest_bank_kib", "9"}};
const Lines kSram = {{"capacity_kib", "96"},
                     {"banks", "3"},
                     {"word_bytes", "16"},
                     {"ports_per_bank", "2"},
                     {"access_cycles", "1"}};

YamlMap with(const Lines& lines, const std::string& key = "", const std::string& value = "") {
    std::string text;
    for (auto& line : lines) {
        text += line.first + ": " + (line.first == key ? value : line.second) + "\n";
    }
    return map_of(text);
}

Lines with_line(Lines lines, const std::string& key, const std::string& value) {
    for (auto& line : lines) line.second = line.first == key ? value : line.second;
    return lines;
}

// Each key, left out or misspelled, is an error; so the parser reads all of them and nothing else.
template <typename Config>
void expect_every_key_needed(const Lines& lines) {
    EXPECT_NO_THROW(Config::parse(with(lines)));
    for (const auto& line : lines) {
        Lines without = lines;
        without.erase(std::find(without.begin(), without.end(), line));
        EXPECT_NE(user_error([&] { Config::parse(with(without)); }).find("'" + line.first + "'"),
                  std::string::npos)
            << line.first;
        Lines more = lines;
        more.emplace_back(line.first + "_x", "1");
        EXPECT_NE(user_error([&] { Config::parse(with(more)); }).find("unknown key"),
                  std::string::npos);
    }
}

TEST(BlockConfig, EveryKeyIsNeeded) {
    expect_every_key_needed<GemmConfig>(kGemm);
    expect_every_key_needed<SsmConfig>(kSsm);
    expect_every_key_needed<SramConfig>(kSram);
    expect_every_key_needed<ConvConfig>({{"lanes", "2"}, {"pipeline_cycles", "3"}});
    expect_every_key_needed<EmbeddingConfig>({{"lanes", "2"}, {"pipeline_cycles", "3"}});
    expect_every_key_needed<HadamardConfig>(
        {{"lanes", "2"}, {"pipeline_cycles", "3"}, {"buffer_kib", "4"}});
    expect_every_key_needed<RotationConfig>({{"butterfly_lanes", "2"},
                                             {"pipeline_cycles", "3"},
                                             {"buffer_kib", "4"},
                                             {"fma_lanes", "5"},
                                             {"recurrence_ii_cycles", "6"},
                                             {"quantize_lanes", "7"},
                                             {"quantize_cycles", "8"}});
    expect_every_key_needed<NormConfig>(
        {{"lanes", "2"}, {"sum", "tree 8"}, {"sum_ii_cycles", "3"}, {"pipeline_cycles", "3"}});
    expect_every_key_needed<GatedNormConfig>(
        {{"lanes", "2"}, {"sum", "tree 8"}, {"sum_ii_cycles", "3"}, {"pipeline_cycles", "3"}});
    expect_every_key_needed<ScaleTableConfig>(kScaleTable);
    expect_every_key_needed<DmaConfig>(
        {{"bytes_per_cycle", "2"}, {"chunk_bytes", "128"}, {"setup_cycles", "3"}});
    const std::string unit =
        "{kind: table, table_entries: 64, polynomial_degree: 3, latency_cycles: 4}";
    expect_every_key_needed<NonlinearConfig>(
        {{"exp", unit}, {"softplus", unit}, {"silu", unit}, {"rsqrt", unit}});
}

TEST(BlockConfig, ValuesArriveInTheirFields) {
    const GemmConfig g = GemmConfig::parse(with(kGemm));
    EXPECT_EQ(g.rows, 8U);
    EXPECT_EQ(g.cols, 4U);
    EXPECT_EQ(g.dataflow, Dataflow::OutputStationary);
    EXPECT_EQ(g.weight_buffer, WeightBuffer::Single);
    EXPECT_EQ(g.accumulator_rows, 16U);
    EXPECT_EQ(g.one_row, OneRowMode::Systolic);
    EXPECT_EQ(g.vector_adder_tree_width, 8U);
    EXPECT_EQ(g.epilogue_lanes, 2U);
    EXPECT_EQ(g.epilogue_latency_cycles, 5U);
    EXPECT_TRUE(g.int4_weights);
    EXPECT_EQ(g.int4_macs_per_mac, 2U);
    const SsmConfig s = SsmConfig::parse(with(kSsm));
    EXPECT_EQ(s.channel_lanes, 4U);
    EXPECT_EQ(s.state_lanes, 8U);
    EXPECT_EQ(s.exp_units, 16U);
    EXPECT_EQ(s.softplus_units, 2U);
    EXPECT_EQ(s.silu_units, 3U);
    EXPECT_EQ(s.recurrence_ii_cycles, 4U);
    EXPECT_EQ(s.pipeline_cycles, 9U);
    EXPECT_EQ(s.sum.tree_width, 8U);
    EXPECT_EQ(s.ssd_sum.tree_width, 32U);
    EXPECT_EQ(s.state_residency, StateResidency::Spilled);
    EXPECT_EQ(s.state_store_kib, 7U);
    const ScaleTableConfig t = ScaleTableConfig::parse(with(kScaleTable));
    EXPECT_EQ(t.word_bytes, 8U);
    EXPECT_EQ(t.range_bytes, 2U);
    EXPECT_EQ(t.lookup_cycles, 0U);
    EXPECT_EQ(t.units, 3U);
    EXPECT_EQ(t.parallel_banks, 5U);
    EXPECT_EQ(t.parallel_comparators, 6U);
    EXPECT_EQ(t.largest_bank_kib, 9U);
    EXPECT_EQ(t.loop_order, LoopOrder::TokenMajor);
    EXPECT_EQ(t.residency, TableResidency::AllLayers);
    EXPECT_EQ(t.capacity_kib, 7U);
    const SramConfig m = SramConfig::parse(with(kSram));
    EXPECT_EQ(m.capacity_bytes(), 96U * 1024U);
    EXPECT_EQ(m.bytes_per_cycle(), 48U);
}

TEST(BlockConfig, PartsThatCannotFitAreRefused) {
    const auto gemm = [](const char* key, const char* value) {
        return user_error([&] { GemmConfig::parse(with(kGemm, key, value)); });
    };
    EXPECT_EQ(gemm("vector_adder_tree_width", "12"),
              "f.yaml:7:26: vector_adder_tree_width: must be a power of two");
    EXPECT_NE(gemm("vector_adder_tree_width", "64").find("the 32 MACs there are"),
              std::string::npos);
    EXPECT_EQ(gemm("int4_weights", "false"),
              "f.yaml:11:20: int4_macs_per_mac: 2 is of no use where gemm.int4_weights is false; "
              "take 1");
    EXPECT_NE(gemm("int4_macs_per_mac", "3").find("outside 1 to 2"), std::string::npos);
    EXPECT_NE(user_error([] {
                  SsmConfig::parse(with(kSsm, "sum", "tree 16"));
              }).find("must not exceed state_lanes (8)"),
              std::string::npos);
    EXPECT_NE(user_error([] {
                  SsmConfig::parse(with(with_line(kSsm, "state_lanes", "24")));
              }).find("state_lanes (24) must divide W"),
              std::string::npos);
    EXPECT_NE(user_error([] {
                  ScaleTableConfig::parse(with(kScaleTable, "range_bytes", "3"));
              }).find("range_bytes: must be 1, 2 or 4"),
              std::string::npos);
    EXPECT_NE(user_error([] {
                  ScaleTableConfig::parse(with(kScaleTable, "word_bytes", "12"));
              }).find("word_bytes: must be a power of two"),
              std::string::npos);
    EXPECT_NE(user_error([] {
                  SramConfig::parse(with(kSram, "capacity_kib", "97"));
              }).find("multiple of banks (3)"),
              std::string::npos);
    EXPECT_NE(user_error([] {
                  DmaConfig::parse(map_of("bytes_per_cycle: 1\nchunk_bytes: 100\nsetup_cycles: 0"));
              }).find("multiple of 64"),
              std::string::npos);
}

}  // namespace
}  // namespace mambasic::models
