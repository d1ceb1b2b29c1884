// Cycles, bytes, prices and area of the scale table against hand counts.
#include "models/scale_table/scale_table_cost.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/models/scale_table/random_table.h"

namespace mambasic::models {
namespace {

// 8 heads of 8 rows in 4 x 4 equal groups and 16 channels each of B and C, four lanes: what
// scale_table_function_test counts for a sequential lookup.
LookupDemand sequential_demand(std::uint64_t steps) {
    return {{4, 14, 0, 8}, {96, 416, 0, 320}, 24, steps};
}

ScaleTableShape shape_of(LookupKind kind) { return test::mamba2_130m(kind); }

std::uint64_t exposed(const ScaleTableConfig& config, LookupKind kind, const LookupDemand& demand) {
    return scale_table_cycles(config, shape_of(kind), demand).exposed;
}

TEST(ScaleTableCost, SequentialLookupsHideBehindLongTiles) {
    const ScaleTableConfig config = test::base_table();
    // The first group's 14 words, then 402 more beside 23 groups of 64 steps.
    const LookupCycles longer =
        scale_table_cycles(config, shape_of(LookupKind::Sequential), sequential_demand(64));
    EXPECT_EQ(longer.exposed, 14U);
    EXPECT_EQ(longer.hidden, 402U);
    // Beside 23 groups of 10 steps 172 cycles stick out, in decode with one step 379.
    const LookupCycles shorter =
        scale_table_cycles(config, shape_of(LookupKind::Sequential), sequential_demand(10));
    EXPECT_EQ(shorter.exposed, 14U + 172U);
    EXPECT_EQ(shorter.hidden, 230U);
    EXPECT_EQ(exposed(config, LookupKind::Sequential, sequential_demand(1)), 14U + 379U);
}

TEST(ScaleTableCost, EveryWordOfASequentialLookupWaitsForTheOneBefore) {
    ScaleTableConfig config = test::base_table();
    config.lookup_cycles = 3;
    EXPECT_EQ(exposed(config, LookupKind::Sequential, sequential_demand(64)), 3U * 14U);
    EXPECT_EQ(exposed(config, LookupKind::Sequential, sequential_demand(10)),
              3U * 416U - 23U * 10U);
    config.lookup_cycles = 1;
    config.units = 4;
    EXPECT_EQ(exposed(config, LookupKind::Sequential, sequential_demand(1)), 4U + 100U - 23U);
}

TEST(ScaleTableCost, ParallelStartsALookupACycleWhereBanksAndComparatorsSuffice) {
    ScaleTableConfig config = test::base_table();
    const LookupDemand demand{{4, 84, 0, 80}, {96, 1376, 0, 1280}, 24, 1};
    // Ranges, then the scale: 2; three more lookups of the first group; 92 beside 23 steps.
    EXPECT_EQ(exposed(config, LookupKind::Parallel, demand), 2U + 3U + 92U - 23U);
    config.parallel_banks = 7;  // 12 cycles for the first group's 84 words, 197 for all
    EXPECT_EQ(exposed(config, LookupKind::Parallel, demand), 2U + 11U + 185U - 23U);
    config.parallel_banks = 21;
    config.parallel_comparators = 5;  // 16 and 256
    EXPECT_EQ(exposed(config, LookupKind::Parallel, demand), 2U + 15U + 240U - 23U);
}

TEST(ScaleTableCost, StreamedKindsTakeALookupOrAWordACycle) {
    ScaleTableConfig config = test::base_table();
    config.lookup_cycles = 2;
    const LookupDemand demand{{4, 2, 0, 5}, {96, 40, 0, 90}, 24, 4};
    EXPECT_EQ(exposed(config, LookupKind::Direct, demand), 2U + 3U);
    EXPECT_EQ(exposed(config, LookupKind::Code, demand), 4U + 3U);
    EXPECT_EQ(exposed(config, LookupKind::RunLength, demand), 4U + 3U);
    const LookupDemand words{{4, 9, 0, 5}, {96, 192, 0, 90}, 24, 4};
    EXPECT_EQ(exposed(config, LookupKind::RunLength, words), 4U + 8U + 183U - 92U);
    // State scales come beside that, from their own memory: the last of two cells' 4 words behind
    // the group's last scale.
    const LookupDemand states{{4, 9, 8, 5}, {96, 192, 256, 90}, 24, 4, {1, 3, 4, 2}, true, 4};
    EXPECT_EQ(exposed(config, LookupKind::RunLength, states), 4U + 8U + 3U + 247U - 92U);
    // Four share the lookups, but the first one's 3 words are one unit's; that memory stays one, 8
    // words from the first scale on.
    config.units = 4;
    EXPECT_EQ(exposed(config, LookupKind::RunLength, states), 4U + 2U + 7U + 248U - 92U);
    EXPECT_EQ(exposed(config, LookupKind::RunLength, words), 4U + 2U);
}

TEST(ScaleTableCost, StateScalesAreReadOnceTheirCellIsFound) {
    ScaleTableConfig config = test::base_table();
    // One cell of 128 words, and plenty of time behind it; the first channel's walk reads 5 words.
    const LookupDemand scan{{4, 17, 128, 9}, {4, 17, 128, 9}, 1, 4, {1, 5, 128, 4}, true, 128};
    // The cell is known after 4 reads, then come its words, the first with the channel's scale; the
    // other channels' walks are over long before.
    EXPECT_EQ(exposed(config, LookupKind::Sequential, scan), 5U + 127U);
    config.units = 4;  // no unit helps another with one walk
    EXPECT_EQ(exposed(config, LookupKind::Sequential, scan), 5U + 127U);
    config.units = 1;
    config.lookup_cycles = 3;
    EXPECT_EQ(exposed(config, LookupKind::Sequential, scan), 3U * 5U + 127U);
    config.lookup_cycles = 2;
    // Head ends, the row's ends, the scale: three reads one after the other.
    EXPECT_EQ(exposed(config, LookupKind::Parallel, scan), 6U + 127U);
    // A row of two words is there before the group's last scale.
    const LookupDemand narrow{{4, 17, 2, 9}, {4, 17, 2, 9}, 1, 4, {1, 5, 2, 4}, true, 2};
    EXPECT_EQ(exposed(config, LookupKind::Sequential, narrow), 2U * 17U);
    const LookupDemand conv{{4, 17, 0, 9}, {4, 17, 0, 9}, 1, 4, {1, 5, 0, 4}};
    EXPECT_EQ(exposed(config, LookupKind::Parallel, conv), 4U + 3U);
    // A flat table: code and scale together, then the states'.
    const LookupDemand flat{{4, 4, 128, 0}, {4, 4, 128, 0}, 1, 4, {1, 1, 128, 0}, true, 128};
    EXPECT_EQ(exposed(config, LookupKind::Direct, flat), 2U + 2U + 127U);
    const ScaleTableShape lone{LookupKind::Direct, 1, 1, 1, 24, 64, 1, 128, 128};
    EXPECT_EQ(scale_table_cycles(config, lone, flat).exposed, 2U + 127U) << "no code to read";
    const LookupDemand two{{4, 4, 256, 0}, {4, 4, 256, 0}, 1, 4, {1, 1, 128, 0}, true, 128};
    EXPECT_EQ(exposed(config, LookupKind::Direct, two), 2U + 2U + 255U);
    const LookupDemand late{{4, 4, 4, 0}, {4, 4, 4, 0}, 1, 4, {1, 1, 2, 0}, true, 2};
    EXPECT_EQ(exposed(config, LookupKind::Direct, late), 2U + 3U + 2U + 1U) << "the last cell's";
    // Long rows of four cells: a word a cycle from the first on.
    const LookupDemand four{{4, 4, 512, 0}, {4, 4, 512, 0}, 1, 4, {1, 1, 128, 0}, true, 128};
    EXPECT_EQ(exposed(config, LookupKind::Code, four), 4U + 511U);
}

// The first channel's walk reads 5 words, B's and C's scale a word each: 7 for one unit. More share
// the three lookups, but not the walk.
TEST(ScaleTableCost, UnitsShareWhatComesInFrontOfTheFirstChannel) {
    ScaleTableConfig config = test::base_table();
    LookupDemand scan{{6, 19, 128, 9}, {6, 19, 128, 9}, 1, 4, {1, 5, 128, 4}, true, 128};
    scan.first_channel = {3, 7, 128, 4};
    EXPECT_EQ(exposed(config, LookupKind::Sequential, scan), 7U + 127U);
    for (config.units = 2; config.units < 5; ++config.units) {
        EXPECT_EQ(exposed(config, LookupKind::Sequential, scan), 5U + 127U) << config.units;
    }
}

TEST(ScaleTableCost, ARegisterIsReadInFrontOfTheTile) {
    ScaleTableConfig config = test::base_table();
    const LookupDemand one{{1, 0, 0, 0}, {1, 0, 0, 0}, 384, 64};
    EXPECT_EQ(exposed(config, LookupKind::Register, one), 1U);
    config.lookup_cycles = 0;
    EXPECT_EQ(exposed(config, LookupKind::Register, one), 0U);
    EXPECT_EQ(exposed(config, LookupKind::Direct, {}), 0U);
}

TEST(ScaleTableCost, MorePartsNeverExposeMore) {
    for (const LookupKind kind : {LookupKind::Sequential, LookupKind::Parallel, LookupKind::Direct,
                                  LookupKind::Code, LookupKind::RunLength}) {
        ScaleTableConfig config = test::base_table();
        config.parallel_banks = config.parallel_comparators = 1;
        const LookupDemand demand{{4, 84, 40, 80}, {96, 1376, 900, 1280}, 24, 9};
        std::uint64_t before = exposed(config, kind, demand);
        for (std::uint32_t* knob :
             {&config.units, &config.parallel_banks, &config.parallel_comparators}) {
            *knob = 2;
            const std::uint64_t after = exposed(config, kind, demand);
            EXPECT_LE(after, before) << name_of(kind);
            before = after;
        }
    }
}

TEST(ScaleTableCost, CapacityIsOfTheLayersOnChip) {
    ScaleTableConfig config = test::base_table();
    const TableNeeds need{{shape_of(LookupKind::Sequential), 24}};
    // 80 B of ranges, 72 of scales, 8 KiB of state scales; the layer at work and the next.
    EXPECT_EQ(scale_table_capacity_bytes(config, need), 2U * (152U + 8192U));
    EXPECT_EQ(scale_table_capacity_bytes(config, {{need[0].shape, 1}}), 152U + 8192U);
    config.units = 3;
    EXPECT_EQ(scale_table_capacity_bytes(config, need), 2U * (3U * 152U + 8192U));
    config.units = 1;
    config.residency = TableResidency::AllLayers;
    EXPECT_EQ(scale_table_capacity_bytes(config, need), 24U * (152U + 8192U));
    config.capacity_kib = 196;
    EXPECT_EQ(scale_table_problem(config, need), "");
    config.capacity_kib = 195;
    EXPECT_EQ(scale_table_problem(config, need),
              "the tables need 196 KiB, the chip has 195; raise scale_table.capacity_kib to 196");
    config.range_bytes = 1;
    EXPECT_EQ(scale_table_problem(config, {{{LookupKind::RunLength, 1, 4, 4, 256, 64}, 1}}),
              "a group end of 256 does not fit range_bytes (1); write 2");
    EXPECT_EQ(scale_table_problem(config, {{{LookupKind::Code, 1, 4, 4, 256, 64}, 1}}), "");
}

// Layers of one scale, of 4x4 groups and of a scale for each channel.
TableNeeds mixed() {
    return {{{LookupKind::Register, 1, 1, 1, 24, 64, 1, 128, 1}, 10},
            {shape_of(LookupKind::Sequential), 8},
            {shape_of(LookupKind::Direct), 6}};
}

TEST(ScaleTableCost, LayersThatDifferShareTheMemories) {
    ScaleTableConfig config = test::base_table();
    // 152 bytes for lookups and 4 * 1536 + 8 + 768; the same 8 KiB of state scales.
    EXPECT_EQ(scale_table_capacity_bytes(config, mixed()), 2U * (6920U + 8192U));
    config.residency = TableResidency::AllLayers;
    EXPECT_EQ(scale_table_capacity_bytes(config, mixed()), 8U * 152U + 6U * 6920U + 14U * 8192U);
    const std::vector<MemoryPart> memories = scale_table_memories(config, mixed());
    ASSERT_EQ(memories.size(), 2U);
    EXPECT_DOUBLE_EQ(memories[0].banks * memories[0].kib_per_bank, (8 * 152 + 6 * 6920) / 1024.0);
    EXPECT_DOUBLE_EQ(memories[1].banks * memories[1].kib_per_bank, 14 * 8);
    config.residency = TableResidency::PerLayer;  // a lone table needs one place
    EXPECT_EQ(scale_table_capacity_bytes(config, {mixed()[0], {mixed()[1].shape, 1}}), 8344U);
}

double part(const AreaParts& parts, const std::string& name) {
    double sum = 0;
    for (const LogicPart& p : parts.logic) sum += p.name == name ? p.count : 0;
    return sum;
}

TEST(ScaleTableCost, MemoriesAreAsLargeAsTheTables) {
    ScaleTableConfig config = test::base_table();
    const std::vector<MemoryPart> direct =
        scale_table_memories(config, {{shape_of(LookupKind::Direct), 24}});
    ASSERT_EQ(direct.size(), 2U);
    EXPECT_EQ(direct[0].banks, 1);
    EXPECT_EQ(direct[0].kib_per_bank, 2 * (4.0 * 1536 + 8 + 768) / 1024);
    EXPECT_EQ(direct[1].kib_per_bank, 16);
    config.units = 2;
    const MemoryPart parallel =
        scale_table_memories(config, {{shape_of(LookupKind::Parallel), 1}})[0];
    EXPECT_EQ(parallel.banks, 42) << "21 banks a copy";
    EXPECT_EQ(parallel.kib_per_bank, 152.0 / 21 / 1024);
    config.residency = TableResidency::AllLayers;  // 192 KiB of state scales
    const TableNeeds codes = {{shape_of(LookupKind::Code), 24}};
    EXPECT_EQ(scale_table_memories(config, codes)[1].banks, 3);
    config.largest_bank_kib = 63;
    EXPECT_EQ(scale_table_memories(config, codes)[1].banks, 4);
    EXPECT_EQ(scale_table_memories(config, codes)[1].kib_per_bank, 48);
    EXPECT_TRUE(scale_table_memories(config, {{{LookupKind::Register, 1, 1, 1}, 1}}).empty());
}

TEST(ScaleTableCost, MemoriesHoldWholeWords) {
    ScaleTableConfig config = test::base_table();
    config.word_bytes = 32;
    // 80 B of ranges in 3 words, 72 of scales in 3 of their own.
    EXPECT_EQ(scale_table_capacity_bytes(config, {{shape_of(LookupKind::Sequential), 1}}),
              96U + 96U + 8192U);
}

TEST(ScaleTableCost, LogicIsWhatEachKindIsMadeOf) {
    ScaleTableConfig config = test::base_table();
    config.range_bytes = 1;
    const auto area = [&](LookupKind kind) {
        return scale_table_area(config, {{shape_of(kind), 24}});
    };
    const std::string compare = "lookup comparators";
    const std::string registers = "lookup registers";
    EXPECT_EQ(part(area(LookupKind::Sequential), compare), 4 * 8) << "a word's ends together";
    EXPECT_EQ(part(area(LookupKind::Parallel), compare), 20 * 8);
    EXPECT_EQ(part(area(LookupKind::RunLength), compare), 2 * 8);
    EXPECT_EQ(part(area(LookupKind::Direct), compare), 0);
    EXPECT_EQ(part(area(LookupKind::Direct), registers), 32 + 18);
    EXPECT_EQ(part(area(LookupKind::Parallel), registers), 32 + 18);
    EXPECT_EQ(part(area(LookupKind::RunLength), registers), 32 + 18 + 3 * 8 + 32);
    EXPECT_EQ(part(area(LookupKind::Parallel), "bank selection"), 21 * 32);
    EXPECT_EQ(part(area(LookupKind::Parallel), "lookup selection"), 0);
    EXPECT_EQ(part(area(LookupKind::Sequential), "lookup selection"), 18) << "a counter that waits";
    EXPECT_EQ(part(area(LookupKind::RunLength), "lookup selection"), 18 + 3 * 8 + 32);
    EXPECT_EQ(part(area(LookupKind::Code), "lookup selection"), 32);
    EXPECT_EQ(part(area(LookupKind::Sequential), "lookup sequencer"), 1);
    config.units = 3;
    EXPECT_EQ(part(area(LookupKind::Sequential), compare), 3 * 4 * 8);
    EXPECT_EQ(part(area(LookupKind::Sequential), "lookup sequencer"), 3);
}

TEST(ScaleTableCost, RegistersForOneScaleEach) {
    ScaleTableConfig config = test::base_table();
    const ScaleTableShape quamba1{LookupKind::Register, 1, 1, 1, 1, 1536};
    EXPECT_EQ(part(scale_table_area(config, {{quamba1, 24}}), "scale registers"), 2 * 32)
        << "the layer at work and the next";
    EXPECT_EQ(part(scale_table_area(config, {{quamba1, 1}}), "scale registers"), 32);
    EXPECT_EQ(part(scale_table_area(config, {{quamba1, 1}}), "scale register writes"), 32);
    const ScaleTableShape mamba2{LookupKind::Register, 1, 1, 1, 24, 64, 1, 128, 1};
    EXPECT_EQ(part(scale_table_area(config, {{mamba2, 24}}), "scale registers"), 2 * 4 * 32)
        << "x, the states, B and C";
    config.residency = TableResidency::AllLayers;
    EXPECT_EQ(part(scale_table_area(config, {{quamba1, 24}}), "scale registers"), 24 * 32);
    const TableNeeds two_ranges = {{mamba2, 10}, {shape_of(LookupKind::Direct), 8}, {mamba2, 6}};
    EXPECT_EQ(part(scale_table_area(config, two_ranges), "scale registers"), 16 * 4 * 32);
}

TEST(ScaleTableCost, LayersThatDifferNeedTheLogicOfEachKind) {
    const ScaleTableConfig config = test::base_table();
    TableNeeds needs = mixed();
    needs.push_back({{LookupKind::Sequential, 1, 2, 2, 24, 64, 1, 128, 128}, 1});
    const AreaParts area = scale_table_area(config, needs);
    EXPECT_EQ(part(area, "scale registers"), 2 * 4 * 32);
    EXPECT_EQ(part(area, "lookup sequencer"), 1) << "of both sequential shapes";
    EXPECT_EQ(part(area, "lookup registers"), 2 * (32 + 18)) << "sequential and direct";
    EXPECT_EQ(area.memory.size(), 2U);
}

TEST(ScaleTableCost, ReadsArePricedByTheirMemory) {
    Technology technology;
    technology.sram.reference_word_bits = 32;  // as wide as the table's
    technology.sram.read_pj_per_bit_base = {0.02, 0.02, 0.02};
    technology.sram.read_pj_per_bit_root = {0.01, 0.01, 0.01};
    technology.sram.root_up_to_kib = 64;
    technology.energy_pj[static_cast<std::size_t>(Event::Int32Add)] = {0.04, 0.02, 0.08};
    technology.energy_pj[static_cast<std::size_t>(Event::ScaleLookup)] = {0.1, 0.1, 0.1};
    ScaleTableConfig config = test::base_table();
    config.range_bytes = 1;
    const EventPrices prices =
        scale_table_prices(technology, config, {{shape_of(LookupKind::Sequential), 24}});
    EXPECT_DOUBLE_EQ(prices[Event::TableStateBytes].value, 8 * (0.02 + 0.01 * 4)) << "16 KiB";
    EXPECT_DOUBLE_EQ(prices[Event::TableReadBytes].value,
                     8 * (0.02 + 0.01 * std::sqrt(2 * (20.0 + 72.0) / 1024)));
    EXPECT_DOUBLE_EQ(prices[Event::TableCompare].value, 0.01);
    EXPECT_DOUBLE_EQ(prices[Event::TableCompare].high, 0.02);
    EXPECT_DOUBLE_EQ(prices[Event::ScaleLookup].value, 0.1);
    EXPECT_EQ(prices[Event::Fp32Mul].value, 0);
    const EventPrices one =
        scale_table_prices(technology, config, {{{LookupKind::Register, 1, 1, 1}, 24}});
    EXPECT_EQ(one[Event::TableReadBytes].value, 0);
}

}  // namespace
}  // namespace mambasic::models
