// The SSM core of Mamba1 and the scale table in simulated time: where there is a table, a tile is
// done when its cycles and its exposed lookups are over, and works with the scales that it gave.
#include <gtest/gtest.h>

#include "models/dma/dma.h"
#include "models/ssm/ssm.h"
#include "models/ssm/ssm_cost.h"
#include "tests/models/bench_of_blocks.h"
#include "tests/models/dram/stream_memory.h"
#include "tests/models/function_test_support.h"
#include "tests/models/scale_table/random_table.h"
#include "tests/models/ssm/small_core.h"

namespace mambasic::models {
namespace {

using test::Program;
using test::wide_sram;

SsmConfig core() {
    SsmConfig c = test::small_core();
    c.exp_units = 16;
    c.silu_units = 1;
    return c;
}

constexpr std::uint64_t kTokens = 4;
constexpr std::uint64_t kStates = 16;
// Four heads of 16 channels in 2 x 4 cells. The tile begins inside the second head.
constexpr ScaleTableShape kTable{LookupKind::Sequential, 1, 2, 4, 4, 16, 0, 0, kStates};
constexpr std::uint64_t kFirst = 24;
constexpr std::uint64_t kChannels = 36;

struct Problem {
    explicit Problem(bool decode) {
        test::Random random(5);
        wide = random.codes(kTokens * kChannels);
        narrow = random.codes(kTokens * 2 * kStates);
        weights = random.codes(kChannels * kStates);
        state = random.codes(kChannels * kStates);
        carry.assign(kChannels * kStates, 0.5F);
        y.assign(kTokens * kChannels, arith::Half{0x5555});
        const SsmOperand x{wide.data(), kChannels, kTokens * kChannels, 0.03F};
        tile.shape = {1, decode ? 1 : kTokens, kChannels, kStates};
        tile.decode = decode;
        tile.u = tile.dt = tile.z = x;
        tile.u.scale = 0.0F;  // the table has it
        tile.b = {narrow.data(), 2 * kStates, kTokens * 2 * kStates, 0.02F};
        tile.c = {narrow.data() + kStates, 2 * kStates, kTokens * 2 * kStates, 0.02F};
        tile.weights = {weights.data(), weights.data(), weights.data(), 0.02F, 0.01F, 0.03F, 0.0F};
        tile.carry = carry.data();
        tile.state = state.data();
        tile.y = y.data();
        tile.y_stride = kChannels;
        tile.y_sequence_stride = kTokens * kChannels;
    }
    std::vector<std::int8_t> wide, narrow, weights, state;
    std::vector<float> carry;
    std::vector<arith::Half> y;
    SsmTile tile;
};

struct Bench {
    explicit Bench(bool decode, bool last = false, LookupKind kind = LookupKind::Sequential)
        : problem(decode),
          image(std::make_shared<ScaleTableImage>(
              scale_table_build(test::base_table(), shape_of(kind), table.source()))) {
        problem.tile.last_tile = last;
        load.dram(dram);
    }
    void run(bool numerics) {
        const WorkerPorts ports{program.dispatch, weights, activations};
        Ssm ssm("ssm", {config, units, dequant}, scales, ports, numerics,
                Ssm::BindScan([this](const Task&) {
                    return BoundWithTable<SsmTile>{{problem.tile, {}}, image};
                }));
        sc_core::sc_start();
        program.dispatch.rethrow();
    }
    static ScaleTableShape shape_of(LookupKind kind) {
        ScaleTableShape shape = kTable;
        shape.kind = kind;
        return shape;
    }
    static Task task() {
        Task t = test::compute(0, BlockId::Ssm);
        t.region.channel = kFirst;
        return t;
    }
    std::uint64_t alone() const {
        const SsmTile& t = problem.tile;
        return ssm_cycles(config, units, t.shape, ssm_codes(t.shape, t.decode, t.last_tile))
            .total()
            .count;
    }

    Program program{{task()}};
    Sram weights{"weights", wide_sram()};
    Sram activations{"activations", wide_sram()};
    StreamDram dram{"dram", test::stream_memory({32, 1.0, 10, 10}), test::kPeriod};
    Dma load{"load", Dma::Direction::Load, {32, 256, 0}, program.dispatch};
    const SsmConfig config = core();
    const NonlinearConfig units;
    const DequantMuxConfig dequant{traces::XProjInput::Copy, 7, 5};
    test::RandomTable table{kTable, 7};
    ScaleTable scales{"scale_table", test::base_table()};
    Problem problem;
    std::shared_ptr<const ScaleTableImage> image;
};

// What the table's groups mean, without any hardware.
struct ByHand {
    explicit ByHand(const test::RandomTable& table) {
        for (std::uint32_t c = kFirst; c < kFirst + kChannels; ++c) {
            u.push_back(table.scale(c));
            cells.push_back(table.cell(c));
        }
    }
    std::vector<float> u;
    std::vector<std::uint32_t> cells;
};

void expect_scales_of_the_table(bool decode) {
    Bench bench(decode, !decode);
    Problem want(decode);
    const ByHand scales(bench.table);
    want.tile.last_tile = !decode;
    want.tile.cells = {scales.u.data(), bench.table.state.data(), scales.cells.data()};
    bench.run(true);
    const Counts counts = ssm_compute(bench.config, bench.units, want.tile);
    EXPECT_EQ(bench.problem.y, want.y);
    EXPECT_EQ(bench.problem.state, want.state);
    EXPECT_EQ(bench.program.data.at(0)[Event::Saturated], counts[Event::Saturated]);
}

TEST(SsmBlock, APrefillWorksWithTheScalesOfItsTable) { expect_scales_of_the_table(false); }
TEST(SsmBlock, ADecodeStepWorksWithTheScalesOfItsTable) { expect_scales_of_the_table(true); }

TEST(SsmBlock, LooksUpEveryChannelOnceAndWaitsForTheFirstOnly) {
    Bench bench(false, false, LookupKind::Direct);
    bench.run(true);
    const Work& work = bench.program.work.at(0);
    EXPECT_EQ(work.counts[Event::ScaleLookup], kChannels);
    EXPECT_EQ(work.counts[Event::TableReadBytes], 4U * kChannels);
    EXPECT_EQ(work.counts[Event::TableStateBytes], 0U) << "the prompt goes on";
    // A word a cycle: the first four lanes' scales are waited for, the others come meanwhile.
    EXPECT_EQ(work.table_cycles, 4U);
    EXPECT_EQ(work.hidden_table_cycles, 32U);
    EXPECT_EQ(bench.program.end.at(0), bench.alone() + 4U);
}

TEST(SsmBlock, ReadsTheStatesScalesWhereStatesBecomeCodes) {
    Bench bench(false, true);
    const ByHand scales(bench.table);
    std::uint64_t entered = 1;
    for (std::size_t c = 1; c < scales.cells.size(); ++c) {
        entered += scales.cells[c] == scales.cells[c - 1] ? 0U : 1U;
    }
    bench.run(false);
    EXPECT_EQ(bench.program.work.at(0).counts[Event::TableStateBytes], 4U * kStates * entered);
}

TEST(SsmBlock, AScaleForAllChannelsAsksNoTable) {
    Bench bench(true);
    bench.image = nullptr;
    bench.problem.tile.u.scale = bench.problem.tile.weights.state_scale = 0.02F;
    bench.run(true);
    const Work& work = bench.program.work.at(0);
    EXPECT_EQ(work.counts[Event::ScaleLookup], 0U);
    EXPECT_EQ(work.table_cycles + work.hidden_table_cycles, 0U);
    EXPECT_EQ(bench.program.end.at(0), bench.alone());
}

}  // namespace
}  // namespace mambasic::models
