// Cost of the blocks that stream elements: norm, conv, hadamard, embedding, scale table, and of the
// memories: dma, dram, sram. Every figure is counted by hand.
#include <gtest/gtest.h>

#include "models/conv/conv_cost.h"
#include "models/dma/dma_cost.h"
#include "models/dram/dram_cost.h"
#include "models/embedding/embedding_cost.h"
#include "models/hadamard/hadamard_cost.h"
#include "models/norm/norm_cost.h"
#include "models/scale_table/scale_table_cost.h"
#include "models/sram/sram_cost.h"

namespace mambasic::models {
namespace {

NonlinearConfig units() {
    NonlinearConfig c;
    c.silu.latency_cycles = 17;
    c.rsqrt.latency_cycles = 12;
    return c;
}

double part(const AreaParts& area, const std::string& name) {
    for (const LogicPart& p : area.logic) {
        if (p.name == name) return p.count;
    }
    return 0;
}

TEST(NormCost, TwoPassesOverARow) {
    NormConfig c;
    c.lanes = 8;
    c.sum.tree_width = 8;
    c.sum_ii_cycles = 1;
    c.pipeline_cycles = 24;
    // 768 elements are 96 cycles a pass; pass 2 of a row runs beside pass 1 of the next.
    EXPECT_EQ(norm_cycles(c, units(), {1, 768}).count, 96U + 24U + 12U + 96U + 24U);
    EXPECT_EQ(norm_cycles(c, units(), {10, 768}).count, 960U + 24U + 12U + 96U + 24U);
    EXPECT_EQ(norm_cycles(c, units(), {10, 761}).count, 960U + 24U + 12U + 96U + 24U);
    EXPECT_EQ(norm_cycles(c, units(), {0, 768}).count, 0U);
    // The running sum takes 3 cycles for each of 96 blocks, or for each element when sequential.
    c.sum_ii_cycles = 3;
    EXPECT_EQ(norm_cycles(c, units(), {10, 768}).count, 2880U + 24U + 12U + 96U + 24U);
    c.sum.tree_width = 0;
    EXPECT_EQ(norm_cycles(c, units(), {10, 768}).count, 23040U + 24U + 12U + 96U + 24U);
    EXPECT_EQ(part(norm_area(c, units()), "running sum"), 1);
    c.sum.tree_width = 16;
    EXPECT_EQ(part(norm_area(c, units()), "squares"), 16);
}

TEST(NormCost, TrafficHasTheResidualOnlyWhereThereIsOne) {
    const SramTraffic with = norm_traffic({3, 100}, true);
    EXPECT_EQ(with.activation_read_bytes, 300U * (2 + 4 + 4));
    EXPECT_EQ(with.activation_write_bytes, 300U * 5);
    EXPECT_EQ(with.weight_read_bytes, 600U);
    EXPECT_EQ(norm_traffic({3, 100}, false).activation_read_bytes, 300U * 6);
}

TEST(ConvCost, OneTokenOfAGroupACycle) {
    ConvConfig c;
    c.lanes = 4;
    c.pipeline_cycles = 24;
    EXPECT_EQ(conv_cycles(c, units(), {1, 10, 64}).count, 160U + 24U + 17U);
    EXPECT_EQ(conv_cycles(c, units(), {2, 10, 61}).count, 320U + 24U + 17U);
    EXPECT_EQ(conv_cycles(c, units(), {1, 0, 64}).count, 0U);
    const SramTraffic traffic = conv_traffic({2, 10, 64});
    EXPECT_EQ(traffic.weight_read_bytes, 64U * 5U);
    EXPECT_EQ(traffic.activation_read_bytes, 1280U);
    EXPECT_EQ(traffic.activation_write_bytes, 1280U);
    EXPECT_EQ(part(conv_area(c, units()), "tap MACs"), 16);
    EXPECT_EQ(part(conv_area(c, units()), "scale multipliers"), 8 * 20);
    EXPECT_EQ(part(conv_area(c, units()), "section scale multiplier"), 1);
    EXPECT_EQ(part(conv_area(c, units()), "silu units"), 4);
}

TEST(ConvCost, HistoriesPassTheScratchpadOnceATile) {
    const SramTraffic later = conv_history_traffic({2, 10, 64}, false);
    EXPECT_EQ(later.activation_read_bytes, 2U * 64U * 4U);
    EXPECT_EQ(later.activation_write_bytes, 2U * 64U * 4U);
    EXPECT_EQ(later.weight_read_bytes, 0U);
    const SramTraffic first = conv_history_traffic({2, 10, 64}, true);
    EXPECT_EQ(first.activation_read_bytes, 0U);
    EXPECT_EQ(first.activation_write_bytes, 2U * 64U * 4U);
    EXPECT_EQ(conv_history_traffic({2, 0, 64}, false).activation_write_bytes, 0U);
    SramTraffic sum = conv_traffic({2, 10, 64});
    sum += later;
    EXPECT_EQ(sum.weight_read_bytes, 64U * 5U);
    EXPECT_EQ(sum.activation_read_bytes, 1280U + 512U);
    EXPECT_EQ(sum.activation_write_bytes, 1280U + 512U);
}

TEST(HadamardCost, PassesOverARow) {
    EXPECT_EQ(hadamard_passes(1), 0U);
    EXPECT_EQ(hadamard_passes(256), 8U);
    EXPECT_EQ(hadamard_passes(12), 12U);
    EXPECT_EQ(hadamard_passes(1536), 12U + 7U);  // 12 * 2^7
    EXPECT_EQ(hadamard_passes(5120), 40U + 7U);  // 40 * 2^7
    HadamardConfig c;
    c.lanes = 64;
    c.pipeline_cycles = 8;
    c.buffer_kib = 20;
    EXPECT_EQ(hadamard_cycles(c, {3, 1536}).count, 3U * 19U * (24U + 8U));
    EXPECT_EQ(hadamard_cycles(c, {3, 256}).count, 3U * 8U * (4U + 8U));
    EXPECT_EQ(hadamard_cycles(c, {0, 256}).count, 0U);
    EXPECT_TRUE(hadamard_fits(c, 5120));
    EXPECT_FALSE(hadamard_fits(c, 5121));
    EXPECT_EQ(hadamard_traffic({3, 256}).activation_read_bytes, 2U * 3U * 256U);
    EXPECT_EQ(hadamard_traffic({3, 256}).activation_write_bytes, 3U * 256U);
    EXPECT_EQ(hadamard_buffer_traffic({3, 256}).read_bytes, 4U * 3U * 256U * 7U);
    EXPECT_EQ(hadamard_buffer(c).banks, 16);
    EXPECT_EQ(part(hadamard_area(c), "adders"), 64);
}

TEST(EmbeddingCost, RowsFollowEachOther) {
    EmbeddingConfig c;
    c.lanes = 16;
    c.pipeline_cycles = 6;
    EXPECT_EQ(embedding_cycles(c, {10, 768}).count, 480U + 6U);
    EXPECT_EQ(embedding_cycles(c, {10, 769}).count, 490U + 6U);
    EXPECT_EQ(embedding_cycles(c, {0, 768}).count, 0U);
    EXPECT_EQ(embedding_traffic({10, 768}).weight_read_bytes, 0U);  // rows lie in activation_sram
    EXPECT_EQ(embedding_traffic({10, 768}).activation_read_bytes, 7700U);
    EXPECT_EQ(embedding_traffic({10, 768}).activation_write_bytes, 15360U);
    EXPECT_EQ(part(embedding_area(c), "multipliers"), 8 * 16);
}

TEST(DmaCost, WidthAndBuffers) {
    DmaConfig c;
    c.bytes_per_cycle = 64;
    c.chunk_bytes = 4096;
    EXPECT_EQ(dma_move_cycles(c, 4096).count, 64U);
    EXPECT_EQ(dma_move_cycles(c, 4097).count, 65U);
    EXPECT_EQ(dma_area(c).memory.at(0).kib_per_bank, 8);
    EXPECT_EQ(dma_area(c).memory.at(0).banks, 1);  // of one engine; a chip has two
}

DramConfig memory_of_51_gb_per_s() {
    DramConfig c;
    c.organization = {4, 1, 1, 4, 4, 1024, 2048, 32};
    c.timing.burst = 2;
    c.tck_ps = 1250;
    return c;
}

TEST(DramCost, LatencyAndBandwidthInCycles) {
    DramConfig c = memory_of_51_gb_per_s();
    c.stream = {0.5, 62, 40.1};
    const StreamTiming timing = stream_timing(c, 2.0);
    EXPECT_DOUBLE_EQ(timing.peak_bytes_per_cycle, 25.6);
    EXPECT_DOUBLE_EQ(timing.bytes_per_cycle, 12.8);
    EXPECT_EQ(timing.read_latency.count, 124U);
    EXPECT_EQ(timing.write_latency.count, 81U);  // 80.2, up
    EXPECT_EQ(stream_bus_cycles(timing, 1280).count, 100U);
    EXPECT_EQ(stream_bus_cycles(timing, 1281).count, 101U);
    EXPECT_EQ(stream_bus_cycles(timing, 0).count, 0U);
}

TEST(DramCost, ABurstBearsItsBitsAndRowsAreApart) {
    DramConfig c = memory_of_51_gb_per_s();
    c.energy.activate_pj = {1000, 500, 2000};
    c.energy.read_pj_per_bit = {2, 1, 3};
    c.energy.write_pj_per_bit = {3, 2, 4};
    c.energy.io_pj_per_bit = {1, 1, 2};
    c.energy.refresh_pj = {7, 6, 8};
    DramActivity activity;
    activity.activates = 4;
    activity.refreshes = 2.5;
    EXPECT_DOUBLE_EQ(dram_prices(c).read_burst_pj.value, 256 * 3);
    EXPECT_DOUBLE_EQ(dram_prices(c).read_burst_pj.high, 256 * 5);
    EXPECT_DOUBLE_EQ(dram_prices(c).write_burst_pj.low, 256 * 3);
    EXPECT_DOUBLE_EQ(dram_row_pj(c, activity).value, 4000 + 17.5);
    EXPECT_DOUBLE_EQ(dram_row_pj(c, activity).high, 8000 + 20);
}

TEST(DramCost, WholeQuotientsCostNoExtraCycle) {
    DramConfig c = memory_of_51_gb_per_s();
    int above = 0;
    for (std::uint64_t percent = 1; percent <= 100; ++percent) {
        c.stream.efficiency = static_cast<double>(percent) / 100;
        const StreamTiming timing = stream_timing(c, 1.0);
        // 0.512 bytes a cycle for each percent: 512 * percent bytes take exactly 1,000 cycles.
        for (std::uint64_t k = 1; k < 100; ++k) {
            const std::uint64_t bytes = 512 * percent * k;
            above +=
                static_cast<double>(bytes) / timing.bytes_per_cycle > static_cast<double>(1000 * k)
                    ? 1
                    : 0;
            ASSERT_EQ(stream_bus_cycles(timing, bytes).count, 1000 * k);
            ASSERT_EQ(stream_bus_cycles(timing, bytes + 1).count,
                      1000 * k + ceil_div(1000, 512 * percent));
        }
    }
    EXPECT_GT(above, 0);  // the sample has quotients that a double puts above the whole number
}

TEST(SramCost, PortsBoundATile) {
    SramConfig c;
    c.capacity_kib = 256;
    c.banks = 4;
    c.word_bytes = 16;
    c.ports_per_bank = 1;
    EXPECT_EQ(sram_port_cycles(c, 640, 64).count, 11U);
    EXPECT_EQ(sram_port_cycles(c, 640, 65).count, 12U);
    c.ports_per_bank = 2;
    EXPECT_EQ(sram_port_cycles(c, 640, 64).count, 10U);
    EXPECT_EQ(sram_port_cycles(c, 64, 641).count, 11U);
    const MemoryPart memory = sram_part(c, "weight_sram");
    EXPECT_EQ(memory.banks, 4);
    EXPECT_EQ(memory.kib_per_bank, 64);
    EXPECT_EQ(memory.ports, 2U);
}

}  // namespace
}  // namespace mambasic::models
