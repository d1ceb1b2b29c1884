// The gated norm in simulated time: its cycles, its ports, and its function as a job.
#include "models/gated_norm/gated_norm.h"

#include <gtest/gtest.h>

#include "models/dma/dma.h"
#include "tests/models/bench_of_blocks.h"
#include "tests/models/dram/stream_memory.h"

namespace mambasic::models {
namespace {

SramConfig sram_of(std::uint32_t bytes_per_cycle) {
    SramConfig c;
    c.capacity_kib = 64;
    c.banks = 1;
    c.word_bytes = bytes_per_cycle;
    c.ports_per_bank = 2;
    return c;
}

struct Bench {
    explicit Bench(std::uint32_t bytes_per_cycle)
        : weights("weights", sram_of(bytes_per_cycle)),
          activations("activations", sram_of(bytes_per_cycle)) {
        load.dram(dram);
        config.lanes = 4;
        config.sum.tree_width = 8;
        config.sum_ii_cycles = 1;
        config.pipeline_cycles = 5;
        nonlinear.silu.latency_cycles = 3;
        nonlinear.rsqrt.latency_cycles = 2;
        tile = {{2, 16, 2}, y.data(), z.data(), 16, 0.03F, weight.data(), 1e-5F, output.data()};
    }
    void run(bool numerics) {
        const WorkerPorts ports{program.dispatch, weights, activations};
        GatedNorm norm("gated_norm", config, nonlinear, ports, numerics,
                       [this](const Task&) { return tile; });
        sc_core::sc_start();
        program.dispatch.rethrow();
    }

    test::Program program{{test::compute(0, BlockId::GatedNorm)}};
    Sram weights;
    Sram activations;
    StreamDram dram{"dram", test::stream_memory({32, 1.0, 10, 10}), test::kPeriod};
    Dma load{"load", Dma::Direction::Load, {32, 256, 0}, program.dispatch};
    GatedNormConfig config;
    NonlinearConfig nonlinear;
    std::vector<arith::Half> y = std::vector<arith::Half>(32, arith::to_half(1.0F));
    std::vector<std::int8_t> z = std::vector<std::int8_t>(32, 100);
    std::vector<arith::Half> weight = std::vector<arith::Half>(16, arith::to_half(1.0F));
    std::vector<arith::Half> output = std::vector<arith::Half>(32);
    GatedNormTile tile;
};

TEST(GatedNormBlock, TakesItsCyclesAndMakesItsBits) {
    Bench bench(64);
    bench.run(true);
    // Four groups of 8 elements: 2 cycles each, 2 more for the last, 5 + 3 + 2 + 5 of latency.
    EXPECT_EQ(bench.program.end.at(0), 4U * 2U + 2U + 15U);
    EXPECT_TRUE(bench.program.data.at(0) == Counts{});  // its counts are those of its shape
    EXPECT_TRUE(bench.program.work.at(0).counts == gated_norm_count(bench.tile.shape));
    // Equal values have the root of their mean square; epsilon takes less than half an FP16 ulp.
    for (const arith::Half h : bench.output) EXPECT_EQ(arith::from_half(h), 1.0F);
}

TEST(GatedNormBlock, WaitsForItsPortsAndLeavesDataAloneWithoutNumerics) {
    Bench bench(4);
    bench.run(false);
    EXPECT_EQ(bench.program.end.at(0), 32U * 7U / 4U);  // FP16, int8 and FP32 are read
    EXPECT_EQ(bench.program.data.count(0), 0U);
    EXPECT_EQ(bench.output, std::vector<arith::Half>(32));
}

}  // namespace
}  // namespace mambasic::models
