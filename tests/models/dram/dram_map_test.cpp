#include "models/dram/dram_map.h"

#include <gtest/gtest.h>

#include "tests/models/dram/dram_test_memory.h"

namespace mambasic::models {
namespace {

using test::odd_memory;

// 2 channels, 2 ranks, 4 groups of 2 banks, 1,024 rows of 16 bursts of 64 bytes.
DramConfig memory(const std::string& mapping, DramMapXor flips = DramMapXor::None) {
    DramConfig c = odd_memory();
    c.organization.channels = 2;
    c.organization.ranks = 2;
    c.controller.mapping = mapping;
    c.controller.mapping_xor = flips;
    return c;
}

TEST(DramMap, FieldsStandFromTheTopBitDown) {
    const DramMap map(memory("ro ba bg ra co ch"));
    // Bits: offset 0-5, channel 6, column 7-10, rank 11, group 12-13, bank 14, row 15-24.
    const DramPlace p = map.place(0x3FULL | 1ULL << 6U | 9ULL << 7U | 1ULL << 11U | 2ULL << 12U |
                                  1ULL << 14U | 777ULL << 15U);
    EXPECT_EQ(p.channel, 1U);
    EXPECT_EQ(p.column, 9U);
    EXPECT_EQ(p.unit, 1U);
    EXPECT_EQ(p.group, 4U + 2U);     // the second rank's third
    EXPECT_EQ(p.bank, 2 * 6U + 1U);  // of two in each group
    EXPECT_EQ(p.row, 777U);
    EXPECT_EQ(map.place(1ULL << 25U).row, 0U);  // above the last row it wraps
}

TEST(DramMap, AFieldMayComeInPieces) {
    const DramMap map(memory("ro co ba bg ra co2 ch"));
    // Column: its two low bits at 7, the two high ones above bank at 13.
    const DramPlace p = map.place(3ULL << 7U | 1ULL << 13U);
    EXPECT_EQ(p.column, 3U + 4U);
    EXPECT_EQ(p.bank, 0U);
}

TEST(DramMap, ColumnBitsFlipTheOthers) {
    const DramMap map(memory("ro co ba bg ra co2 ch", DramMapXor::Column));
    // Column 15: bit 0 flips the rank, bits 1-2 the group, bit 3 the bank; none is left for the
    // row.
    const DramPlace p = map.place(3ULL << 7U | 3ULL << 13U);
    EXPECT_EQ(p.column, 15U);
    EXPECT_EQ(p.unit, 1U);
    EXPECT_EQ(p.group, 4U + 3U);
    EXPECT_EQ(p.bank, 2 * 7U + 1U);
    EXPECT_EQ(p.row, 0U);
}

TEST(DramMap, NoTwoBurstsShareAPlace) {
    for (const DramMapXor flips : {DramMapXor::None, DramMapXor::Column}) {
        const DramConfig c = memory("ro co1 ba bg1 ra co2 bg1 ch co", flips);
        const DramMap map(c);
        const std::uint64_t bursts = 2ULL * 16 * 1024 * c.organization.columns();
        std::vector<bool> seen(bursts);
        for (std::uint64_t i = 0; i < bursts; ++i) {
            const DramPlace p = map.place(i * 64);
            const std::uint64_t bank = p.channel * 16ULL + p.bank;
            const std::uint64_t at = (bank * 1024 + p.row) * c.organization.columns() + p.column;
            ASSERT_LT(at, bursts);
            ASSERT_FALSE(seen[at]) << i;
            seen[at] = true;
        }
    }
}

TEST(DramMap, SaysWhatIsWrong) {
    const auto problem = [](const char* mapping) {
        return DramMap::problem(mapping, memory("ro ba bg ra co ch").organization);
    };
    EXPECT_EQ(problem("ro ba bg ra co ch pc"), "");  // one pseudo channel: a field without bits
    EXPECT_EQ(problem("ro ba bg ra co"), "1 bits of 'ch' have no place");
    EXPECT_EQ(problem("ro ba bg ra co ch co"), "'co' stands there twice without a number");
    EXPECT_EQ(problem("ro ba bg ra co5 ch"), "'co5' has more bits than there are");
    EXPECT_EQ(problem("ro ba bg ra co0 ch"), "'co0' has no number of bits");
    EXPECT_EQ(problem("ro ba bg ra cox ch"), "'cox' has no number of bits");
    EXPECT_EQ(problem("ro ba bb ra co ch"), "'bb' is no field, did you mean 'bg'?");
}

}  // namespace
}  // namespace mambasic::models
