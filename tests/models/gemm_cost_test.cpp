#include "models/gemm/gemm_cost.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace mambasic::models {
namespace {

GemmConfig array(std::uint32_t rows, std::uint32_t cols, Dataflow dataflow, WeightBuffer buffer) {
    GemmConfig c;
    c.rows = rows;
    c.cols = cols;
    c.dataflow = dataflow;
    c.weight_buffer = buffer;
    c.one_row = OneRowMode::Systolic;
    c.vector_adder_tree_width = 2;
    c.accumulator_rows = 4096;
    c.epilogue_lanes = cols;
    c.epilogue_latency_cycles = 0;
    c.int4_macs_per_mac = 1;
    return c;
}

std::uint64_t cycles(const GemmConfig& c, const GemmShape& s, MacMode mode = MacMode::Int8) {
    return gemm_cycles(c, s, mode).count;
}

// Plays the array pass by pass and row by row: when a block is loaded, when a row enters, when it
// is complete behind the last column, when the epilogue has taken it.
std::uint64_t play_weight_stationary(const GemmConfig& c, const GemmShape& s) {
    const std::uint64_t passes_k = (s.k + c.rows - 1) / c.rows;
    std::uint64_t load_end = 0;
    std::uint64_t start = 0;       // of the pass before
    std::uint64_t array_free = 0;  // when its last row has left the array (single buffer)
    std::uint64_t epilogue = 0;
    for (std::uint64_t n = 0; n < s.n; n += c.cols) {
        const std::uint64_t width = std::min<std::uint64_t>(c.cols, s.n - n);
        const std::uint64_t per_row = (width + c.epilogue_lanes - 1) / c.epilogue_lanes;
        for (std::uint64_t pass = 0; pass < passes_k; ++pass) {
            const bool first = n == 0 && pass == 0;
            if (c.weight_buffer == WeightBuffer::Single) {
                start = array_free + c.rows;
            } else {
                // The shadow block is free from the moment the pass before began to use its own.
                load_end = first ? c.rows : std::max(load_end, start) + c.rows;
                start = first ? load_end : std::max(load_end, start + s.m);
            }
            array_free = start + s.m - 1 + c.rows - 1 + c.cols - 1 + 1;
            if (pass + 1 < passes_k) continue;
            for (std::uint64_t row = 0; row < s.m; ++row) {
                const std::uint64_t complete = start + row + (c.rows - 1) + (c.cols - 1);
                epilogue = std::max(epilogue, complete) + per_row;
            }
        }
    }
    return epilogue;
}

std::uint64_t play_output_stationary(const GemmConfig& c, const GemmShape& s) {
    std::uint64_t start = 0;
    std::uint64_t epilogue = 0;
    for (std::uint64_t m = 0; m < s.m; m += c.rows) {
        for (std::uint64_t n = 0; n < s.n; n += c.cols) {
            const std::uint64_t width = std::min<std::uint64_t>(c.cols, s.n - n);
            const std::uint64_t per_row = (width + c.epilogue_lanes - 1) / c.epilogue_lanes;
            for (std::uint64_t row = 0; row < c.rows; ++row) {
                const std::uint64_t complete = start + (s.k - 1) + row + (c.cols - 1);
                epilogue = std::max(epilogue, complete) + per_row;
            }
            start += c.weight_buffer == WeightBuffer::Double ? s.k : s.k + c.rows + c.cols - 2;
        }
    }
    return epilogue;
}

TEST(GemmCost, OneWeightStationaryPassByHand) {
    // 8 cycles to load, then 16 rows skewed over 8 rows and 4 columns: 16 + 7 + 3.
    const GemmConfig c = array(8, 4, Dataflow::WeightStationary, WeightBuffer::Double);
    EXPECT_EQ(cycles(c, {16, 4, 8}), 8U + 16U + 7U + 3U);
    // A second pass over k follows directly behind the 16 rows of the first.
    EXPECT_EQ(cycles(c, {16, 4, 9}), 8U + 16U + 16U + 7U + 3U);
    // Four rows are fewer than the 8 cycles that the next load needs.
    EXPECT_EQ(cycles(c, {4, 4, 16}), 8U + 8U + 4U + 7U + 3U);
}

TEST(GemmCost, PartialBlocksCostFullOnes) {
    for (const Dataflow dataflow : {Dataflow::WeightStationary, Dataflow::OutputStationary}) {
        const GemmConfig c = array(8, 4, dataflow, WeightBuffer::Single);
        EXPECT_EQ(cycles(c, {16, 5, 8}), cycles(c, {16, 8, 8}));
    }
    const GemmConfig ws = array(8, 4, Dataflow::WeightStationary, WeightBuffer::Double);
    EXPECT_EQ(cycles(ws, {16, 4, 9}), cycles(ws, {16, 4, 16}));
}

TEST(GemmCost, ClosedFormsAgreeWithPlayingThePasses) {
    std::mt19937 random(11);
    const auto pick = [&](std::uint32_t high) {
        return static_cast<std::uint32_t>(1 + random() % high);
    };
    int epilogue_bound = 0;
    for (int round = 0; round < 3000; ++round) {
        const auto buffer = round % 2 == 0 ? WeightBuffer::Single : WeightBuffer::Double;
        GemmConfig ws = array(pick(12), pick(12), Dataflow::WeightStationary, buffer);
        ws.epilogue_lanes = pick(ws.cols);
        const GemmShape s{pick(40), pick(60), pick(60)};
        ASSERT_EQ(cycles(ws, s), play_weight_stationary(ws, s))
            << ws.rows << "x" << ws.cols << " m " << s.m << " n " << s.n << " k " << s.k;
        GemmConfig os = ws;
        os.dataflow = Dataflow::OutputStationary;
        // Columns that divide n: with a smaller last group in every row of groups the closed form
        // may miss less than one group's epilogue.
        const GemmShape whole{s.m, os.cols * pick(5), s.k};
        ASSERT_EQ(cycles(os, whole), play_output_stationary(os, whole));
        GemmConfig wide = ws;
        wide.epilogue_lanes = ws.cols;
        epilogue_bound += cycles(ws, s) > cycles(wide, s) + s.m * ws.cols ? 1 : 0;
    }
    EXPECT_GT(epilogue_bound, 100);  // the sample has both regimes
}

TEST(GemmCost, OutputStationaryStaysWithinOneGroupOfThePlay) {
    std::mt19937 random(12);
    const auto pick = [&](std::uint32_t high) {
        return static_cast<std::uint32_t>(1 + random() % high);
    };
    for (int round = 0; round < 1000; ++round) {
        GemmConfig c = array(pick(12), pick(12), Dataflow::OutputStationary, WeightBuffer::Double);
        c.epilogue_lanes = pick(c.cols);
        const GemmShape s{pick(40), pick(60), pick(60)};
        const std::uint64_t played = play_output_stationary(c, s);
        ASSERT_LE(cycles(c, s), played);
        ASSERT_LE(played,
                  cycles(c, s) + c.rows * ((c.cols + c.epilogue_lanes - 1) / c.epilogue_lanes));
    }
}

TEST(GemmCost, NeverBeatsThePeak) {
    std::mt19937 random(13);
    const auto pick = [&](std::uint32_t high) {
        return static_cast<std::uint32_t>(1 + random() % high);
    };
    for (int round = 0; round < 3000; ++round) {
        const auto dataflow =
            round % 2 == 0 ? Dataflow::WeightStationary : Dataflow::OutputStationary;
        GemmConfig c = array(2 + pick(16), 2 + pick(16), dataflow, WeightBuffer::Double);
        c.one_row = OneRowMode::Vector;
        c.vector_adder_tree_width = 4;
        c.int4_macs_per_mac = pick(2);
        const MacMode mode = round % 3 == 0 ? MacMode::Int4 : MacMode::Int8;
        const std::uint64_t peak =
            std::uint64_t{c.rows} * c.cols * (mode == MacMode::Int4 ? c.int4_macs_per_mac : 1);
        const GemmShape s{pick(3) == 1 ? 1U : pick(50), pick(90), pick(90)};
        ASSERT_GE(cycles(c, s, mode) * peak, s.m * s.n * s.k);
        GemmConfig slower = c;
        slower.epilogue_lanes = pick(c.cols);
        ASSERT_GE(cycles(slower, s, mode), cycles(c, s, mode));
    }
}

TEST(GemmCost, ComesCloseToThePeakWhenItShould) {
    const GemmConfig c = array(32, 32, Dataflow::WeightStationary, WeightBuffer::Double);
    const double ideal = 512.0 * 3072 * 768 / (32 * 32);
    EXPECT_LT(static_cast<double>(cycles(c, {512, 3072, 768})), 1.001 * ideal);
}

TEST(GemmCost, FewAccumulatorsCutTheRowsIntoChunks) {
    GemmConfig c = array(8, 4, Dataflow::WeightStationary, WeightBuffer::Double);
    const GemmShape s{40, 12, 20};
    c.accumulator_rows = 16;
    EXPECT_EQ(cycles(c, s), 2 * cycles(c, {16, 12, 20}) + cycles(c, {8, 12, 20}));
    const SramTraffic traffic = gemm_traffic(c, s, MacMode::Int8, Epilogue::Int8WeightFirst);
    EXPECT_EQ(traffic.weight_read_bytes, 3U * 12U * 20U);
    c.accumulator_rows = 40;
    EXPECT_EQ(gemm_traffic(c, s, MacMode::Int8, Epilogue::Int8WeightFirst).weight_read_bytes,
              12U * 20U);
}

TEST(GemmCost, VectorModeByHand) {
    GemmConfig c = array(8, 4, Dataflow::WeightStationary, WeightBuffer::Double);
    c.one_row = OneRowMode::Vector;
    c.vector_adder_tree_width = 8;  // 4 lanes
    c.epilogue_lanes = 4;
    c.epilogue_latency_cycles = 10;
    // k = 20 takes 3 cycles for 4 outputs; n = 9 is 3 groups; 3 levels of tree.
    EXPECT_EQ(cycles(c, {1, 9, 20}), 3U * 3U + 3U + 10U);
    EXPECT_EQ(cycles(c, {1, 8, 20}), 2U * 3U + 3U + 10U);
    // One epilogue lane: 4 cycles a group of 4 are slower than its 3, the last group has one
    // output.
    c.epilogue_lanes = 1;
    EXPECT_EQ(cycles(c, {1, 9, 20}), 3U + 3U - 1U + 4U + 4U + 1U + 10U);
    EXPECT_TRUE(gemm_uses_vector_mode(c, {1, 9, 20}));
    EXPECT_FALSE(gemm_uses_vector_mode(c, {2, 9, 20}));
    EXPECT_EQ(gemm_accumulator_traffic(c, {1, 9, 20}, MacMode::Int8).read_bytes, 0U);
}

TEST(GemmCost, Int4HalvesWhatItCan) {
    GemmConfig c = array(8, 4, Dataflow::WeightStationary, WeightBuffer::Double);
    const GemmShape s{16, 4, 32};
    EXPECT_EQ(cycles(c, s, MacMode::Int4), cycles(c, s, MacMode::Int8));
    c.int4_macs_per_mac = 2;
    EXPECT_EQ(cycles(c, s, MacMode::Int4), cycles(c, {16, 4, 16}, MacMode::Int8));
    // 128 codes, and an FP16 scale for each of 4 columns.
    EXPECT_EQ(gemm_traffic(c, s, MacMode::Int4, Epilogue::Int8WeightFirst).weight_read_bytes,
              64U + 8U);
}

TEST(GemmCost, TrafficByHand) {
    GemmConfig c = array(8, 4, Dataflow::WeightStationary, WeightBuffer::Double);
    const GemmShape s{16, 9, 20};  // 3 column groups, 3 passes over k
    const SramTraffic ws = gemm_traffic(c, s, MacMode::Int8, Epilogue::HalfWeightFirst);
    EXPECT_EQ(ws.weight_read_bytes, 180U);
    EXPECT_EQ(ws.activation_read_bytes, 3U * 16U * 20U);
    EXPECT_EQ(ws.activation_write_bytes, 2U * 16U * 9U);
    EXPECT_EQ(gemm_accumulator_traffic(c, s, MacMode::Int8).write_bytes, 3U * 4U * 16U * 9U);
    c.dataflow = Dataflow::OutputStationary;
    const SramTraffic os = gemm_traffic(c, s, MacMode::Int8, Epilogue::Int8WeightFirst);
    EXPECT_EQ(os.weight_read_bytes, 2U * 180U);  // once for each 8 of the 16 rows
    EXPECT_EQ(os.activation_write_bytes, 16U * 9U);
    EXPECT_EQ(gemm_accumulator_traffic(c, s, MacMode::Int8).write_bytes, 0U);
}

TEST(GemmCost, WeightBytesByHand) {
    // 9 columns of 200: two groups of k each.
    const GemmShape s{16, 9, 200};
    EXPECT_EQ(gemm_weight_bytes(s, MacMode::Int8, Epilogue::Int8WeightFirst), 1800U);
    EXPECT_EQ(gemm_weight_bytes(s, MacMode::Int8, Epilogue::Int8Columns), 1800U + 36U);
    EXPECT_EQ(gemm_weight_bytes(s, MacMode::Int4, Epilogue::HalfColumns), 900U + 36U + 36U);
    GemmConfig c = array(8, 4, Dataflow::WeightStationary, WeightBuffer::Double);
    c.accumulator_rows = 6;  // three chunks of the 16 rows
    const SramTraffic traffic = gemm_traffic(c, s, MacMode::Int4, Epilogue::HalfColumns);
    EXPECT_EQ(traffic.weight_read_bytes, 3U * 972U);
    EXPECT_EQ(traffic.activation_write_bytes, 2U * 16U * 9U);
    c.one_row = OneRowMode::Vector;
    EXPECT_EQ(gemm_traffic(c, {1, 9, 200}, MacMode::Int4, Epilogue::Int8Columns).weight_read_bytes,
              972U);
}

TEST(GemmCost, Int4InVectorModeByHand) {
    GemmConfig c = array(8, 4, Dataflow::WeightStationary, WeightBuffer::Double);
    c.one_row = OneRowMode::Vector;
    c.vector_adder_tree_width = 8;  // 4 lanes
    // Expanded weights are int8: 3 cycles for 4 outputs of k = 20, as VectorModeByHand.
    EXPECT_EQ(cycles(c, {1, 9, 20}, MacMode::Int4), 3U * 3U + 3U);
    // Packed: 16 products a lane, so 2 cycles for 4 outputs, and a level of tree more.
    c.int4_macs_per_mac = 2;
    EXPECT_EQ(cycles(c, {1, 9, 20}, MacMode::Int4), 3U * 2U + 4U);
    EXPECT_EQ(cycles(c, {1, 9, 20}, MacMode::Int8), 3U * 3U + 3U);
}

TEST(GemmCost, AreaNamesItsParts) {
    GemmConfig c = array(8, 4, Dataflow::WeightStationary, WeightBuffer::Double);
    c.one_row = OneRowMode::Vector;
    c.vector_adder_tree_width = 8;
    const auto count = [&](const std::string& name) {
        for (const LogicPart& part : gemm_area(c).logic) {
            if (part.name == name) return part.count;
        }
        return 0.0;
    };
    EXPECT_EQ(count("expander multipliers"), 0);  // int8 weights alone
    EXPECT_EQ(count("group scale converters"), 0);
    c.int4_weights = true;
    EXPECT_EQ(count("MACs"), 32);
    EXPECT_EQ(count("adder trees"), 4 * 7);
    EXPECT_EQ(count("second buffers"), 8 * 32);
    // 4 columns and as many lanes: a multiplier of 4 bits and two tables of 8 bytes each.
    EXPECT_EQ(count("expander multipliers"), 4 * 4);
    EXPECT_EQ(count("expander tables"), 4 * 2 * 64);
    EXPECT_EQ(count("group scale converters"), 4);
    c.vector_adder_tree_width = 32;  // one lane uses up a group in 4 cycles: two products a cycle
    EXPECT_EQ(count("expander multipliers"), 4 * 4);
    c.cols = 32;
    c.rows = 32;  // 32 lanes of 32
    EXPECT_EQ(count("expander multipliers"), 4 * 64);
    EXPECT_EQ(count("expander tables"), 32 * 2 * 64);
    c.int4_macs_per_mac = 2;
    EXPECT_EQ(count("expander multipliers"), 0);
    EXPECT_EQ(count("group scale fma"), 32);
    c = array(8, 4, Dataflow::WeightStationary, WeightBuffer::Double);
    EXPECT_EQ(gemm_accumulators(c).banks, 4);
    EXPECT_EQ(gemm_accumulators(c).kib_per_bank, 32);  // 4096 rows of 4 bytes, twice
    c.weight_buffer = WeightBuffer::Single;
    EXPECT_EQ(count("second buffers"), 0);
}

}  // namespace
}  // namespace mambasic::models
