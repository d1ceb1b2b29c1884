// SCALE-Sim's published cycles (v3 1d62b68, v2 22f88b1; 1-byte words, no stalls), which its
// formulas folds * (2R + C + M - 2) - 1 and folds * (K + R + C - 2) - 1 give exactly. Ours must
// come out the same under its assumptions: no overlap between folds, one output path a column,
// nothing behind it. SCALE-Sim prints the index of the last cycle, counted from 0: a run of n
// cycles ends in cycle n - 1, hence one less than our count.
#include <gtest/gtest.h>

#include "models/gemm/gemm_cost.h"

namespace mambasic::models {
namespace {

GemmConfig scale_sim_array(std::uint32_t size, Dataflow dataflow) {
    GemmConfig c;
    c.rows = size;
    c.cols = size;
    c.dataflow = dataflow;
    c.weight_buffer = WeightBuffer::Single;
    c.one_row = OneRowMode::Systolic;
    c.vector_adder_tree_width = 2;
    c.accumulator_rows = 65536;
    c.epilogue_lanes = size;
    c.epilogue_latency_cycles = 0;
    c.int4_macs_per_mac = 1;
    return c;
}

std::uint64_t last_cycle(std::uint32_t size, Dataflow dataflow, const GemmShape& shape) {
    return gemm_cycles(scale_sim_array(size, dataflow), shape, MacMode::Int8).count - 1;
}

struct Row {
    GemmShape shape;
    std::uint64_t ws32, os32, ws64, os64;
};

constexpr Row kPublished[] = {{{512, 3072, 768}, 1396223, 1274879, 404351, 343295},
                              {{512, 1536, 48}, 58175, 84479, 16847, 33407},
                              {{1, 3072, 768}, 218879, 79679, 110015, 42911},
                              {{1, 80, 1536}, 13679, 4793, 9167, 3323}};

TEST(ScaleSim, PublishedCyclesComeOut) {
    for (const Row& row : kPublished) {
        EXPECT_EQ(last_cycle(32, Dataflow::WeightStationary, row.shape), row.ws32);
        EXPECT_EQ(last_cycle(32, Dataflow::OutputStationary, row.shape), row.os32);
        EXPECT_EQ(last_cycle(64, Dataflow::WeightStationary, row.shape), row.ws64);
        EXPECT_EQ(last_cycle(64, Dataflow::OutputStationary, row.shape), row.os64);
    }
}

TEST(ScaleSim, DoubleBufferingComesWithinOnePercentOfTheIdeal) {
    // ONNXim, which overlaps loading too, reports 1.008 of the ideal for this product (with DRAM).
    GemmConfig c = scale_sim_array(32, Dataflow::WeightStationary);
    c.weight_buffer = WeightBuffer::Double;
    const double ideal = 512.0 * 3072 * 768 / (32 * 32);
    const auto cycles = static_cast<double>(gemm_cycles(c, {512, 3072, 768}, MacMode::Int8).count);
    EXPECT_GE(cycles, ideal);
    EXPECT_LT(cycles, 1.008 * ideal);
}

TEST(ScaleSim, OneRowOnASystolicArrayIsOneOverRowsUtilized) {
    GemmConfig c = scale_sim_array(32, Dataflow::WeightStationary);
    c.weight_buffer = WeightBuffer::Double;
    const GemmShape decode{1, 3072, 768};
    const double ideal = 3072.0 * 768 / (32 * 32);
    const auto systolic = static_cast<double>(gemm_cycles(c, decode, MacMode::Int8).count);
    EXPECT_NEAR(ideal / systolic, 1.0 / 32, 0.001);
    c.one_row = OneRowMode::Vector;
    c.vector_adder_tree_width = 16;
    c.epilogue_lanes = 32;
    const auto vector = static_cast<double>(gemm_cycles(c, decode, MacMode::Int8).count);
    EXPECT_GE(vector, ideal);
    EXPECT_LT(vector, 1.01 * ideal);
}

}  // namespace
}  // namespace mambasic::models
