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
    work.scale_ranges = scale_ranges(Scheme::load("hybrid"), kDims, chip().scale_table);
    return work;
}

std::uint64_t table_bytes(const char* scheme) {
    return scale_ranges(Scheme::load(scheme), kDims, chip().scale_table).at(0).table_bytes;
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

TEST(ScaleTables, ImagesAreMadeForTheirLayers) {
    const Workload work = hybrid_work(1, 2);
    ScaleTables tables(work, chip().scale_table, nullptr, 0);
    EXPECT_EQ(tables.table(0)->shape.kind, models::LookupKind::Register);
    EXPECT_EQ(tables.table(1)->shape.kind, models::LookupKind::Sequential);
    EXPECT_EQ(tables.table(1)->shape.cells(), 32U);
}

}  // namespace
}  // namespace mambasic::sim
