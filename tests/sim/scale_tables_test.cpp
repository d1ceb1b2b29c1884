// Which layers have which tables, and what the chip holds of them.
#include "sim/scale_tables.h"

#include <gtest/gtest.h>

#include "sim/address_map.h"
#include "sim/table_store.h"

namespace mambasic::sim {
namespace {

const traces::Dims kDims{128, 256, 16, 4, 0, 5, 256, traces::Family::Mamba2, 8, 32, 2, 16};

ChipConfig chip(const std::string& residency = "per_layer") {
    return ChipConfig::load(MAMBASIC_HW_CONFIG "/chips/tiny.yaml",
                            {"scale_table.residency=" + residency});
}

/// Layers first .. first + layers - 1 of a network of five; its second half begins with layer 2.
Workload hybrid_work(std::uint32_t first, std::uint32_t layers) {
    Workload work;
    work.dims = kDims;
    work.batch = 1;
    work.tokens = 8;
    work.first_layer = first;
    work.layers = layers;
    work.scale_ranges = scale_ranges(Scheme::load("hybrid"), kDims, chip());
    return work;
}

std::uint64_t table_bytes(const char* scheme) {
    return scale_ranges(Scheme::load(scheme), kDims, chip()).at(0).table_bytes;
}

TEST(ScaleTables, EachLayerHasItsOwnScheme) {
    const Workload work = hybrid_work(1, 3);
    EXPECT_EQ(work.scales(0).scheme, "quamba1");
    EXPECT_EQ(work.scales(1).scheme, "quamba2");
    EXPECT_EQ(work.scales(2).scheme, "quamba2");
    EXPECT_EQ(work.scales(0).groups.shape, traces::GroupShape{});
    EXPECT_EQ(work.scales(1).groups.shape, (traces::GroupShape{2, 4, 4}));
    EXPECT_EQ(work.scales(1).groups.lookup, models::LookupKind::Sequential);
    EXPECT_EQ(work.scales(0).table_bytes, table_bytes("quamba1"));
    EXPECT_EQ(work.scales(1).table_bytes, table_bytes("quamba2"));
}

TEST(ScaleTables, NeedsAreTheWholeNetworksWhateverRuns) {
    for (const std::uint32_t first : {0U, 3U}) {
        const models::TableNeeds needs = table_needs(hybrid_work(first, 2));
        ASSERT_EQ(needs.size(), 2U);
        EXPECT_EQ(needs[0].layers, 2U);
        EXPECT_EQ(needs[0].shape.kind, models::LookupKind::Register);
        EXPECT_EQ(needs[1].layers, 3U);
        EXPECT_EQ(needs[1].shape.cells(), 32U);
    }
    Workload beyond = hybrid_work(0, 2);
    beyond.scale_ranges[0].end = 7;  // a scheme for deeper networks
    ASSERT_EQ(table_needs(beyond).size(), 1U);
    EXPECT_EQ(table_needs(beyond)[0].layers, 5U);
}

TEST(ScaleTables, CapacityIsForAllOrForTheTwoThatMeet) {
    Workload work = hybrid_work(1, 2);
    EXPECT_EQ(table_capacity(work), 2 * table_bytes("quamba2"));
    work.tables_stay = true;
    EXPECT_EQ(table_capacity(work), 2 * table_bytes("quamba1") + 3 * table_bytes("quamba2"));
}

TEST(ScaleTables, TablesLieOneBehindTheOther) {
    const Workload work = hybrid_work(0, 4);
    const AddressMap addresses(work);
    EXPECT_EQ(addresses.table(1), addresses.table(0) + table_bytes("quamba1"));
    EXPECT_EQ(addresses.table(2), addresses.table(1) + table_bytes("quamba1"));
    EXPECT_EQ(addresses.table(3), addresses.table(2) + table_bytes("quamba2"));
    EXPECT_EQ(addresses.conv_state(0), addresses.table(3) + table_bytes("quamba2"));
}

// A network of 192 channels, so of 12 heads; the second half of its layers has groups.
Workload mamba1_work() {
    Workload work;
    work.dims = {96, 192, 16, 4, 6, 4, 256};
    work.batch = 1;
    work.tokens = 8;
    work.layers = 4;
    work.scale_ranges = scale_ranges(Scheme::load("hybrid"), work.dims, chip());
    return work;
}

TEST(ScaleTables, AMamba1sChannelsAreCountedInHeadsOfSixteen) {
    const Workload work = mamba1_work();
    const models::ScaleTableShape one = table_shape(work.dims, work.scales(0).groups);
    EXPECT_EQ(one.kind, models::LookupKind::Register);
    EXPECT_EQ(one.x_channels(), 192U);
    EXPECT_EQ(one.state_columns, 0U) << "the states' one scale comes with the weights";
    EXPECT_EQ(work.scales(0).table_bytes, 4U);
    const models::ScaleTableShape shape = table_shape(work.dims, work.scales(2).groups);
    EXPECT_EQ(shape.kind, models::LookupKind::Sequential);
    EXPECT_EQ(shape.ssd_groups, 1U);
    EXPECT_EQ(shape.heads, 12U);
    EXPECT_EQ(shape.head_dim, 16U);
    EXPECT_EQ(shape.cells(), 16U);
    EXPECT_EQ(shape.state_columns, 16U);
    EXPECT_EQ(shape.bc_scales, 0U);
    EXPECT_EQ(shape.channels(), 192U) << "B and C come out of x_proj";
    // 4 + 16 group ends, 16 scales, 16 scales of states in each of 16 cells.
    EXPECT_EQ(work.scales(2).table_bytes, 4U * (20U + 16U + 256U));
}

TEST(ScaleTables, AMamba1sScanReadsATableOfGroups) {
    const Workload work = mamba1_work();
    for (const std::uint32_t layer : {0U, 2U}) {
        EXPECT_TRUE(work.looks_up(models::Op::Conv1d, layer));
        EXPECT_EQ(work.looks_up(models::Op::Scan, layer), layer == 2);
        EXPECT_FALSE(work.looks_up(models::Op::XProj, layer));
    }
    EXPECT_TRUE(hybrid_work(0, 2).looks_up(models::Op::Scan, 0)) << "Mamba2: B's and C's";
}

TEST(ScaleTables, ImagesAreMadeForTheirLayers) {
    const Workload work = hybrid_work(1, 2);
    ScaleTables tables(work, chip().scale_table, nullptr, 0);
    EXPECT_EQ(tables.table(0)->shape.kind, models::LookupKind::Register);
    EXPECT_EQ(tables.table(1)->shape.kind, models::LookupKind::Sequential);
    EXPECT_EQ(tables.table(1)->shape.cells(), 32U);
}

}  // namespace
}  // namespace mambasic::sim
