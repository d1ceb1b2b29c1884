// What must grow or shrink when the chip or the work does.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/sim/engine/simulate.h"

namespace mambasic::sim {
namespace {

using test::simulate;
using test::tiny_work;
using traces::Phase;

const Workload kPrefill = tiny_work(Phase::Prefill, 1, 64, 2);

TEST(Trends, MoreLanesNeverTakeLonger) {
    std::uint64_t last = ~std::uint64_t{0};
    for (const char* lanes : {"1", "2", "4", "8"}) {
        const auto o = simulate(kPrefill, {std::string("ssm.channel_lanes=") + lanes});
        ASSERT_TRUE(o.fits);
        EXPECT_LE(o.cycles, last);
        last = o.cycles;
    }
}

TEST(Trends, AFasterEngineNeverTakesLonger) {
    const Workload work = tiny_work(Phase::Decode, 1, 4, 2);
    std::uint64_t last = ~std::uint64_t{0};
    for (const char* width : {"1", "2", "4", "8", "16"}) {
        const auto o = simulate(work, {std::string("dma.bytes_per_cycle=") + width});
        ASSERT_TRUE(o.fits);
        EXPECT_LT(o.cycles, last);  // decode is bound by it
        last = o.cycles;
    }
}

TEST(Trends, DecodeApproachesTheBandwidthOfItsEngine) {
    const Workload work = tiny_work(Phase::Decode, 1, 8, 2);
    const auto o = simulate(work, {"dma.bytes_per_cycle=1"});
    const auto& load = o.blocks[static_cast<std::size_t>(models::BlockId::DmaLoad)];
    EXPECT_GT(static_cast<double>(load.busy), 0.95 * static_cast<double>(o.cycles));
    EXPECT_GE(o.cycles, o.dram_bytes / 2);  // never beats two engines of 1 byte a cycle
}

TEST(Trends, CyclesAndBytesAreLinearInLayers) {
    const auto at = [](std::uint32_t layers) {
        Workload work = tiny_work(Phase::Prefill, 1, 64, layers);
        work.embeds = work.has_head = false;
        work.residual_input = true;
        return simulate(work, {});
    };
    const auto two = at(2);
    const auto four = at(4);
    const auto six = at(6);
    EXPECT_EQ(six.dram_bytes - four.dram_bytes, four.dram_bytes - two.dram_bytes);
    const double step = static_cast<double>(four.cycles - two.cycles);
    // Layers meet the DRAM's refreshes, of 360 cycles each, at other moments.
    EXPECT_NEAR(static_cast<double>(six.cycles - four.cycles), step, 3 * 360.0);
}

// Few tokens overlap at the borders of layers and ops, so the line is straight from some length on.
TEST(Trends, CyclesAreLinearInTokens) {
    for (const char* fusion : {"schedule.fusion=none", "schedule.fusion=layer"}) {
        const auto at = [&](std::uint64_t tokens) {
            return simulate(tiny_work(Phase::Prefill, 1, tokens, 1), {fusion}).cycles;
        };
        const double first = static_cast<double>(at(2048) - at(1024));
        const double second = static_cast<double>(at(4096) - at(2048));
        EXPECT_NEAR(second, 2 * first, 0.02 * second) << fusion;
    }
}

TEST(Trends, FusionMovesFewerBytesAndIsNotSlower) {
    const std::vector<std::string> roomy = {"weight_sram.capacity_kib=256"};
    std::vector<std::string> unfused = roomy;
    unfused.emplace_back("schedule.fusion=none");
    const auto layer = simulate(kPrefill, roomy);
    const auto none = simulate(kPrefill, unfused);
    EXPECT_LT(layer.dram_bytes, none.dram_bytes);
    EXPECT_LT(layer.cycles, none.cycles);
    EXPECT_LT(layer.energy_pj, none.energy_pj);
}

// Weights that are streamed for each group of tiles, and activations that leave for a larger group.
TEST(Trends, TimeGivenAwayNeverBuysMoreTraffic) {
    const Workload work = tiny_work(Phase::Prefill, 1, 160, 2);
    std::vector<std::uint64_t> bytes;
    for (const char* slack : {"0", "1", "10", "100"}) {
        const auto o = simulate(work, {"weight_sram.capacity_kib=8", "dram.model=stream",
                                       std::string("schedule.time_slack_percent=") + slack});
        ASSERT_TRUE(o.fits);
        bytes.push_back(o.dram_bytes);
    }
    EXPECT_TRUE(std::is_sorted(bytes.rbegin(), bytes.rend()));
    EXPECT_LT(bytes.back(), bytes.front());
}

// An array that wants a word of 8 rows at a time: they lie in one bank, unless rows are skewed.
TEST(Trends, ColumnsInOneBankCostTime) {
    const auto cycles = [](const char* skew) {
        return simulate(kPrefill, {"gemm.dataflow=output_stationary", "dram.model=stream",
                                   "activation_sram.word_bytes=4",
                                   std::string("schedule.row_skew_banks=") + skew})
            .cycles;
    };
    EXPECT_GT(cycles("0"), cycles("1"));
    EXPECT_EQ(cycles("4"), cycles("0")) << "once around all 4 banks";
}

TEST(Trends, SpilledStatesCostTheirBytes) {
    const auto kept = simulate(kPrefill, {});
    const auto spilled = simulate(kPrefill, {"ssm.state_residency=spilled"});
    // 8 tiles: the FP32 states leave after 7 of them and come back before 7.
    const std::uint64_t states = 192ULL * 16 * 4;
    EXPECT_EQ(spilled.dram_bytes - kept.dram_bytes, 2ULL * 14 * states);
}

}  // namespace
}  // namespace mambasic::sim
