// The SSM core of Mamba2 and the scale table in simulated time: a tile is done when its cycles and
// its exposed lookups are over, and the scales that it works with are those that the table gave.
#include <gtest/gtest.h>

#include "models/dma/dma.h"
#include "models/ssm/ssd_cost.h"
#include "models/ssm/ssm.h"
#include "tests/models/bench_of_blocks.h"
#include "tests/models/dram/stream_memory.h"
#include "tests/models/scale_table/random_table.h"
#include "tests/models/ssm/small_core.h"
#include "tests/models/ssm/ssd_problem.h"

namespace mambasic::models {
namespace {

using test::kPeriod;
using test::Program;
using test::wide_sram;

SsmConfig core() {
    SsmConfig c = test::small_core();
    c.ssd_sum.tree_width = 16;
    return c;
}

constexpr test::SsdCase kShape{1, 4, 2, 16, 32};
// Two heads of 16 rows in 2 x 4 cells, B and C with one scale each, 32 states.
constexpr ScaleTableShape kTable{LookupKind::Sequential, 1, 2, 4, 2, 16, 1, 32, 32};
constexpr std::uint64_t kCodes = 2 * 16 * 32;  // of a decode step, and of a prompt's end

struct Bench {
    explicit Bench(bool decode, const ScaleTableShape& shape = kTable)
        : table(shape, 7),
          image(std::make_shared<ScaleTableImage>(
              scale_table_build(test::base_table(), shape, table.source()))) {
        load.dram(dram);
        tile = problem.tile(decode, !decode);
        tile.scales = {};  // the table gives them
    }
    void run(bool numerics) {
        const WorkerPorts ports{program.dispatch, weights, activations};
        Ssm ssm("ssm", {config, units, dequant}, scales, ports, numerics,
                Ssm::BindSsd([this](const Task&) {
                    return BoundWithTable<SsdTile>{{tile, {}}, image};
                }));
        sc_core::sc_start();
        program.dispatch.rethrow();
    }
    LookupCycles lookup_cycles() const {
        const LookupRun run{0, 32, true, true, true};
        const LookupPace pace{ssd_group_steps(config, tile.shape, kCodes), config.channel_lanes};
        return scale_table_cycles(test::base_table(), kTable,
                                  scale_table_demand(test::base_table(), *image, run, pace));
    }

    Program program{{test::compute(0, BlockId::Ssm)}};
    Sram weights{"weights", wide_sram()};
    Sram activations{"activations", wide_sram()};
    StreamDram dram{"dram", test::stream_memory({32, 1.0, 10, 10}), kPeriod};
    Dma load{"load", Dma::Direction::Load, {32, 256, 0}, program.dispatch};
    const SsmConfig config = core();
    const NonlinearConfig units;
    const DequantMuxConfig dequant{traces::XProjInput::Copy, 7, 5};
    test::RandomTable table;
    ScaleTable scales{"scale_table", test::base_table()};
    test::SsdProblem problem{kShape, 1};
    std::shared_ptr<const ScaleTableImage> image;
    SsdTile tile;
};

TEST(SsdBlock, WorksWithTheScalesOfItsTable) {
    Bench bench(false);
    test::SsdProblem want(kShape, 1);
    std::vector<float> x;
    std::vector<std::uint32_t> cells;
    for (std::uint32_t c = 0; c < kTable.x_channels(); ++c) {
        x.push_back(bench.table.scale(c));
        cells.push_back(bench.table.cell(c));
    }
    SsdTile tile = want.tile(false, true);
    tile.scales = {
        x.data(),     bench.table.b.data(), bench.table.c.data(), bench.table.state.data(),
        cells.data(), kTable.state_columns};
    bench.run(true);
    const Counts counts = ssd_compute(bench.config, bench.units, tile);
    EXPECT_EQ(bench.problem.y, want.y);
    EXPECT_EQ(bench.problem.state, want.state);
    EXPECT_EQ(bench.program.data.at(0)[Event::Saturated], counts[Event::Saturated]);
}

TEST(SsdBlock, WaitsForExposedLookupsOnly) {
    Bench bench(false);
    bench.run(true);
    const std::uint64_t alone =
        ssd_cycles(bench.config, bench.units, bench.tile.shape, kCodes).total().count;
    EXPECT_EQ(alone, 4U * 8U * 8U + 40U);
    const LookupCycles lookups = bench.lookup_cycles();
    EXPECT_GT(lookups.exposed, 0U);
    EXPECT_GT(lookups.hidden, 0U);
    EXPECT_EQ(bench.program.end.at(0), alone + lookups.exposed);
    const Work& work = bench.program.work.at(0);
    EXPECT_EQ(work.table_cycles, lookups.exposed);
    EXPECT_EQ(work.hidden_table_cycles, lookups.hidden);
    EXPECT_EQ(work.counts[Event::ScaleLookup], 32U + 2U) << "x by channel, B and C once";
    EXPECT_EQ(work.store.write_bytes, 2U * 16U * 32U) << "codes after the last token";
}

TEST(SsdBlock, WaitsForBAndCBeforeTheFirstChannels) {
    ScaleTableShape direct = kTable;
    direct.kind = LookupKind::Direct;
    Bench bench(false, direct);
    bench.tile.last_tile = false;
    bench.run(false);
    // A word a cycle: B, C and the four lanes' channels; the other 28 come behind the updates.
    EXPECT_EQ(bench.program.work.at(0).table_cycles, 6U);
    EXPECT_EQ(bench.program.work.at(0).hidden_table_cycles, 28U);
}

TEST(SsdBlock, LooksUpBAndCOfItsOwnSsdGroups) {
    // Two SSD groups of two heads; the tile is the second group's.
    Bench bench(false, {LookupKind::Sequential, 2, 2, 4, 2, 16, 2, 64, 32});
    bench.tile.shape.heads_per_group = 2;
    bench.tile.shape.first_head = 2;
    bench.run(false);
    EXPECT_EQ(bench.program.work.at(0).counts[Event::ScaleLookup], 32U + 2U);
}

TEST(SsdBlock, ReadsARegisterOnceATileAndNoTable) {
    // The same network with one scale each for x, B, C and the states; a decode step of all heads.
    Bench bench(true, {LookupKind::Register, 1, 1, 1, 4, 16, 1, 64, 1});
    bench.tile.shape.heads = 4;
    bench.tile.shape.heads_per_group = 2;
    bench.run(false);
    const Counts& counts = bench.program.work.at(0).counts;
    EXPECT_EQ(counts[Event::ScaleLookup], 3U);
    EXPECT_EQ(counts[Event::TableReadBytes], 0U);
    EXPECT_EQ(counts[Event::TableStateBytes], 0U);
}

TEST(SsdBlock, WithoutNumericsTakesTheSameTimeAndTouchesNothing) {
    Bench bench(true);
    const std::vector<std::int8_t> before = bench.problem.state;
    bench.run(false);
    EXPECT_EQ(bench.program.end.at(0),
              ssd_cycles(bench.config, bench.units, bench.tile.shape, kCodes).total().count +
                  bench.lookup_cycles().exposed);
    EXPECT_EQ(bench.program.work.at(0).store.read_bytes, 2U * 16U * 32U) << "codes";
    EXPECT_TRUE(bench.program.data.empty());
    EXPECT_EQ(bench.problem.state, before);
}

}  // namespace
}  // namespace mambasic::models
