// The SSD core and the scale table in simulated time: a tile is done when its cycles and its
// exposed lookups are over, and its bits are the function's.
#include "models/ssm/ssd.h"

#include <gtest/gtest.h>

#include "models/dma/dma.h"
#include "models/scale_table/scale_table_cost.h"
#include "models/ssm/ssd_cost.h"
#include "tests/models/bench_of_blocks.h"
#include "tests/models/ssm/ssd_problem.h"

namespace mambasic::models {
namespace {

using test::kPeriod;
using test::Program;

SsmConfig core() {
    SsmConfig c;
    c.channel_lanes = 4;
    c.state_lanes = 4;
    c.exp_units = 1;
    c.softplus_units = 1;
    c.recurrence_ii_cycles = 4;
    c.pipeline_cycles = 40;
    c.ssd_sum.tree_width = 16;
    c.state_store_kib = 16;
    return c;
}

ScaleTableConfig tables() {
    ScaleTableConfig c;
    c.word_bytes = 4;
    c.range_bytes = 4;
    c.lookup_cycles = 1;
    c.units = 1;
    return c;
}

SramConfig wide_sram() {
    SramConfig c;
    c.capacity_kib = 64;
    c.banks = 64;
    c.word_bytes = 16;
    c.ports_per_bank = 2;
    return c;
}

struct Chip {
    Program& program;
    Sram weights{"weights", wide_sram()};
    Sram activations{"activations", wide_sram()};
    DramConfig dram_config{"test", 32, 1.0, 10, 10, {}};
    Dram dram{"dram", dram_config, kPeriod};
    Dma load{"load", Dma::Direction::Load, {32, 256, 0}, program.dispatch};
    WorkerPorts ports{program.dispatch, weights, activations};

    explicit Chip(Program& p) : program(p) { load.dram(dram); }
};

TEST(Ssd, WaitsForExposedLookupsAndComputesTheFunctionsBits) {
    const test::SsdCase shape{1, 4, 2, 16, 32};
    test::SsdProblem problem(shape, 1);
    test::SsdProblem want(shape, 1);
    const SsmConfig config = core();
    const NonlinearConfig units;
    const SsdTile tile = problem.tile(false, true);
    // Eight groups of four rows, 8 steps a token: the first waits for 14 words, 14 more stick out.
    const LookupDemand demand{{4, 14, 0, 8}, {32, 28 + 7 * 32, 96, 64}, 8, 32};
    Program program({test::compute(0, BlockId::Ssm)});
    Chip chip(program);
    ScaleTable scales("scale_table", tables(), {LookupKind::Sequential, 1, 4, 4, 2, 16});
    Ssd ssd("ssm", {config, units, scales}, chip.ports, true, [&](const Task&) {
        return SsdBound{{tile, {}}, demand};
    });
    sc_core::sc_start();
    program.dispatch.rethrow();
    const std::uint64_t alone = ssd_cycles(config, units, tile.shape).total().count;
    EXPECT_EQ(alone, 4U * 8U * 8U + 40U);
    EXPECT_EQ(program.end.at(0), alone + 14U + 14U);
    const Work& work = program.work.at(0);
    EXPECT_EQ(work.table_cycles, 28U);
    EXPECT_EQ(work.exposed_table_cycles, 28U);
    EXPECT_EQ(work.hidden_table_cycles, 7U * 32U);
    EXPECT_EQ(work.counts[Event::ScaleLookup], 32U);
    EXPECT_EQ(work.counts[Event::TableReadBytes], 4U * 252U);
    EXPECT_EQ(work.counts[Event::TableStateBytes], 4U * 96U);
    EXPECT_EQ(work.counts[Event::TableCompare], 64U);
    EXPECT_EQ(work.store.write_bytes, 2U * 16U * 32U) << "codes after the last token";
    EXPECT_EQ(scales.lookups(), 32U);
    const Counts counts = ssd_compute(config, units, want.tile(false, true));
    EXPECT_EQ(problem.y, want.y);
    EXPECT_EQ(problem.state, want.state);
    EXPECT_EQ(program.data.at(0)[Event::Saturated], counts[Event::Saturated]);
}

TEST(Ssd, WithoutNumericsTakesTheSameTimeAndTouchesNothing) {
    const SsmConfig config = core();
    const NonlinearConfig units;
    SsdTile tile;
    tile.shape = {1, 1, 2, 16, 32, 2};
    tile.decode = true;
    Program program({test::compute(0, BlockId::Ssm)});
    Chip chip(program);
    ScaleTable scales("scale_table", tables());
    const LookupDemand one{{1, 0, 0, 0}, {1, 0, 0, 0}, 1, 1};
    Ssd ssd("ssm", {config, units, scales}, chip.ports, false, [&](const Task&) {
        return SsdBound{{tile, {}}, one};
    });
    sc_core::sc_start();
    program.dispatch.rethrow();
    EXPECT_EQ(program.end.at(0), 64U + 40U + 1U) << "a register is read in front";
    EXPECT_EQ(program.work.at(0).store.read_bytes, 1024U);
    EXPECT_TRUE(program.data.empty());
}

}  // namespace
}  // namespace mambasic::models
