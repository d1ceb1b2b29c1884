// Cost of the rotation unit. Every figure is counted by hand.
#include "models/rotation/rotation_cost.h"

#include <gtest/gtest.h>

namespace mambasic::models {
namespace {

// 64 butterfly lanes of 8 cycles, a buffer of 20 KiB; 32 fma lanes of 4 sums; 16 dividers of 14
// cycles.
constexpr RotationConfig kUnit{64, 8, 20, 32, 4, 16, 14};

double part(const AreaParts& area, const std::string& name) {
    for (const LogicPart& p : area.logic) {
        if (p.name == name) return p.count;
    }
    return 0;
}

TEST(RotationCost, ButterfliesArePassesOverARow) {
    const RotationShape rows{RotationKind::Hadamard, 3, 1536, 0, 1536};
    // 12 + 7 passes of 24 + 8 cycles; then 96 + 14 cycles of division.
    EXPECT_EQ(rotate_cycles(kUnit, rows).count, 3U * (19 * (24 + 8) + 96 + 14));
    EXPECT_EQ(unrotate_cycles(kUnit, rows).count, 3U * 19 * (24 + 8));
    EXPECT_EQ(rotate_cycles(kUnit, {RotationKind::Hadamard, 0, 1536, 0, 1536}).count, 0U);
    EXPECT_TRUE(rotation_fits(kUnit, 5120));
    EXPECT_FALSE(rotation_fits(kUnit, 5121));
}

TEST(RotationCost, ButterfliesMoveARowThroughTheBuffer) {
    const RotationShape rows{RotationKind::Hadamard, 3, 256, 0, 256};  // 8 passes
    EXPECT_EQ(rotate_traffic(kUnit, rows).weight_read_bytes, 0U);
    EXPECT_EQ(rotate_traffic(kUnit, rows).activation_read_bytes, 4U * 3 * 256);
    EXPECT_EQ(rotate_traffic(kUnit, rows).activation_write_bytes, 3U * 256);
    EXPECT_EQ(unrotate_traffic(kUnit, rows).activation_read_bytes, 3U * 256);
    EXPECT_EQ(unrotate_traffic(kUnit, rows).activation_write_bytes, 4U * 3 * 256);
    // Between 8 passes there are 7 places to keep the row; in front of the divider one more.
    EXPECT_EQ(unrotate_buffer_traffic(rows).read_bytes, 4U * 3 * 256 * 7);
    EXPECT_EQ(rotate_buffer_traffic(rows).read_bytes, 4U * 3 * 256 * 8);
    EXPECT_EQ(rotate_buffer_traffic(rows).write_bytes, 4U * 3 * 256 * 8);
    const RotationShape dense{RotationKind::Dense, 3, 256, 0, 256};
    EXPECT_EQ(rotate_buffer_traffic(dense).read_bytes, 0U);
    EXPECT_EQ(unrotate_buffer_traffic(dense).write_bytes, 0U);
}

TEST(RotationCost, MatrixTakesARowOfItEachCycle) {
    // 100 results of 8 rows: 4 rounds of 32 results, for 2 of 4 rows each; 192 terms of 4 sums.
    const RotationShape tile{RotationKind::Dense, 8, 192, 0, 100};
    EXPECT_EQ(rotate_cycles(kUnit, tile).count, 2U * 4 * 192 * 4 + 8 + 14);
    EXPECT_EQ(unrotate_cycles(kUnit, tile).count, 2U * 4 * 192 * 4 + 8);
    // Both rounds of rows read the panel; each of the 4 rounds of results the rows.
    EXPECT_EQ(rotate_traffic(kUnit, tile).weight_read_bytes, 2U * 2 * 100 * 192);
    EXPECT_EQ(rotate_traffic(kUnit, tile).activation_read_bytes, 4U * 4 * 8 * 192);
    EXPECT_EQ(rotate_traffic(kUnit, tile).activation_write_bytes, 8U * 100);
    EXPECT_EQ(unrotate_traffic(kUnit, tile).weight_read_bytes, 2U * 2 * 100 * 192);
    EXPECT_EQ(unrotate_traffic(kUnit, tile).activation_read_bytes, 4U * 8 * 192);
    EXPECT_EQ(unrotate_traffic(kUnit, tile).activation_write_bytes, 4U * 8 * 100);
}

TEST(RotationCost, MatrixWithOneRowGivesALaneSeveralResults) {
    // 32 lanes of 4 results: 192 are two rounds. Three rows are too few to share a weight.
    const RotationShape one{RotationKind::Dense, 1, 192, 0, 192};
    EXPECT_EQ(rotate_cycles(kUnit, one).count, 2U * 192 * 4 + 8 + 14);
    EXPECT_EQ(rotate_traffic(kUnit, one).weight_read_bytes, 2U * 192 * 192);
    const RotationShape three{RotationKind::Dense, 3, 192, 0, 192};
    EXPECT_EQ(rotate_cycles(kUnit, three).count, 3U * 2 * 192 * 4 + 8 + 14);
    EXPECT_EQ(rotate_traffic(kUnit, three).weight_read_bytes, 3U * 2 * 192 * 192);
}

TEST(RotationCost, AreaIsWhatTheLayersNeed) {
    const AreaParts none = rotation_area(kUnit, {});
    EXPECT_TRUE(none.logic.empty());
    EXPECT_TRUE(none.memory.empty());
    const AreaParts butterflies = rotation_area(kUnit, {true, false});
    EXPECT_EQ(part(butterflies, "adders"), 64);
    EXPECT_EQ(part(butterflies, "dividers"), 16);
    EXPECT_EQ(part(butterflies, "fma lanes"), 0);
    ASSERT_EQ(butterflies.memory.size(), 1U);
    EXPECT_EQ(butterflies.memory[0].banks, 16);
    EXPECT_DOUBLE_EQ(butterflies.memory[0].kib_per_bank * 16, 20);
    const AreaParts dense = rotation_area(kUnit, {false, true});
    EXPECT_EQ(part(dense, "fma lanes"), 32);
    EXPECT_EQ(part(dense, "sums"), 32.0 * 32 * 4);
    EXPECT_EQ(part(dense, "dividers"), 16);
    EXPECT_TRUE(dense.memory.empty());
    EXPECT_EQ(part(rotation_area(kUnit, {true, true}), "dividers"), 16);
}

}  // namespace
}  // namespace mambasic::models
