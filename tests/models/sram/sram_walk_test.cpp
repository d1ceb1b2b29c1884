// Conflicts in the banks of a scratchpad: by hand, and against a count of every single word.
#include <gtest/gtest.h>

#include <algorithm>
#include <initializer_list>
#include <map>

#include "models/sram/sram_cost.h"

namespace mambasic::models {
namespace {

SramConfig sram(std::uint32_t banks, std::uint32_t ports = 2) {
    SramConfig c;
    c.capacity_kib = 64;
    c.banks = banks;
    c.word_bytes = 16;
    c.ports_per_bank = ports;
    return c;
}

/// Reads of `lanes` columns side by side of a tensor of int8.
struct Reading {
    std::uint64_t rows, pitch, first, columns, lanes;
};

SramLayout layout_of(const Reading& r, std::uint64_t skew) {
    SramLayout layout;
    layout.read = {{r.rows, r.pitch, r.first, r.columns, r.columns}};
    layout.row_skew_banks = skew;
    return layout;
}

SramTraffic traffic_of(const Reading& r) {
    SramTraffic traffic;
    traffic.activation_read_bytes = r.rows * r.columns;
    traffic.read_walk.lanes = r.lanes;
    return traffic;
}

std::uint64_t cycles(const Reading& r, std::uint32_t banks, std::uint64_t skew = 0) {
    return sram_walk_cycles(sram(banks), traffic_of(r), layout_of(r, skew)).count;
}

TEST(SramWalk, RowByRowIsWhatThePortsNeed) {
    EXPECT_EQ(cycles({64, 1536, 0, 1536, 0}, 16), 64U * 1536 / 256);
}

// Rows of 96 words, 16 banks: a column of words lies in one bank.
TEST(SramWalk, AColumnThatLiesInOneBankTakesACycleForEachRow) {
    EXPECT_EQ(cycles({64, 1536, 0, 1536, 16}, 16), 96U * 64);
    EXPECT_EQ(cycles({64, 1536, 0, 1536, 32}, 16), 48U * 64) << "two banks side by side";
    EXPECT_EQ(cycles({64, 1536, 0, 1536, 1}, 16), 96U * 64) << "a narrow lane keeps its word";
}

TEST(SramWalk, BanksReachedAreTheBanksOverTheCommonDivisor) {
    EXPECT_EQ(cycles({64, 1536, 0, 1536, 16}, 64), 96U * 32) << "96 and 64: 2 banks";
    EXPECT_EQ(cycles({64, 16 * 8, 0, 16, 16}, 12), 22U) << "8 and 12: 3 banks, 22 rows in one";
    EXPECT_EQ(cycles({64, 16 * 97, 0, 1552, 16}, 16), 97U * 4) << "97 and 16: all of them";
}

TEST(SramWalk, ASkewedRowMeetsAllBanks) {
    EXPECT_EQ(cycles({64, 1536, 0, 1536, 16}, 16, 1), 96U * 64 / 16);
    EXPECT_EQ(cycles({64, 1536, 0, 1536, 16}, 16, 16), 96U * 64) << "once around";
}

TEST(SramWalk, AWalkTakesACycleAtLeast) {
    EXPECT_EQ(cycles({1, 1536, 0, 1536, 16}, 16), 96U) << "of one row";
    EXPECT_EQ(cycles({8, 1536, 0, 1536, 16}, 16, 1), 96U) << "of eight that meet eight banks";
}

TEST(SramWalk, WhatIsLeftIsAShorterWalk) {
    Reading r{65, 1536, 0, 1536, 16};
    SramTraffic traffic = traffic_of(r);
    traffic.read_walk.rows = 64;
    EXPECT_EQ(sram_walk_cycles(sram(16), traffic, layout_of(r, 0)).count, 96U * 65);
    r = {64, 1536, 0, 528, 32};  // 33 words in strips of two
    EXPECT_EQ(cycles(r, 16), 17U * 64);
}

TEST(SramWalk, ColumnsThatBeginWithinAWordTakeOneMore) {
    EXPECT_EQ(cycles({64, 1536, 0, 32, 32}, 1), 2U * 64);
    EXPECT_EQ(cycles({64, 1536, 8, 32, 32}, 1), 3U * 64);
}

TEST(SramWalk, SeveralSweepsAndShorterWalksAreCountedEach) {
    const Reading r{64, 1536, 0, 1536, 16};
    SramTraffic traffic = traffic_of(r);
    traffic.activation_read_bytes *= 3;
    traffic.read_walk.sweeps = 3;
    EXPECT_EQ(sram_walk_cycles(sram(16), traffic, layout_of(r, 0)).count, 3U * 96 * 64);
    traffic.read_walk.rows = 32;  // two walks a column: the same words in the same bank
    EXPECT_EQ(sram_walk_cycles(sram(16), traffic, layout_of(r, 0)).count, 3U * 96 * 64);
}

// Three operands of a scan in the same columns meet in the same bank.
TEST(SramWalk, WhatIsReadTogetherAddsUp) {
    SramLayout layout = layout_of({64, 1536, 0, 1536, 16}, 0);
    layout.read.resize(3, layout.read.front());
    SramTraffic traffic = traffic_of({64, 1536, 0, 3 * 1536, 16});
    EXPECT_EQ(sram_walk_cycles(sram(16), traffic, layout).count, 96U * 3 * 64);
}

// Codes of half a byte beside int8: a word of the one are two of the other.
TEST(SramWalk, OperandsOfTwoWidthsGoTogether) {
    SramLayout layout = layout_of({64, 1536, 0, 1536, 4}, 0);
    layout.read.push_back({64, 768, 0, 768, 1536});
    SramTraffic traffic = traffic_of({64, 1536, 0, 1536, 4});
    traffic.activation_read_bytes += 64 * 768;
    // 48 walks; two words of int8 lie in two banks, one of the codes in the first of them.
    EXPECT_EQ(sram_walk_cycles(sram(16), traffic, layout).count, 48U * (64 + 64));
}

// The operands of a scan by channel, B and C in whole rows.
TEST(SramWalk, WhatComesInWholeRowsSpreads) {
    const Reading r{64, 1536, 0, 1536, 16};
    SramTraffic traffic = traffic_of(r);
    traffic.activation_read_bytes += 64 * 32;
    EXPECT_EQ(sram_walk_cycles(sram(16), traffic, layout_of(r, 0)).count, 96U * 64 + 8);
}

TEST(SramWalk, ReadsAndWritesShareAnOnlyPort) {
    SramLayout layout = layout_of({64, 1536, 0, 1536, 16}, 0);
    layout.written = {{64, 3072, 0, 3072, 1536}};  // FP16: 16 columns are two words
    SramTraffic traffic = traffic_of({64, 1536, 0, 1536, 16});
    traffic.activation_write_bytes = 64 * 3072;
    traffic.write_walk.lanes = 16;
    EXPECT_EQ(sram_walk_cycles(sram(16, 2), traffic, layout).count, 96U * 64);
    EXPECT_EQ(sram_walk_cycles(sram(16, 1), traffic, layout).count, 2 * 96U * 64);
}

// Every walk's words, one by one, each in its bank.
std::uint64_t counted(const Reading& r, std::uint64_t rows_at_once, std::uint64_t banks,
                      std::uint64_t skew) {
    const std::uint64_t strip = (r.lanes + 15) / 16 * 16;
    std::uint64_t cycles = 0;
    for (std::uint64_t row = 0; row < r.rows; row += rows_at_once) {
        for (std::uint64_t column = 0; column < r.columns; column += strip) {
            std::map<std::uint64_t, std::uint64_t> accesses;
            std::uint64_t busiest = 0;
            const std::uint64_t end = r.first + std::min(r.columns, column + strip);
            for (std::uint64_t i = row; i < std::min(r.rows, row + rows_at_once); ++i) {
                for (std::uint64_t w = (r.first + column) / 16; w * 16 < end; ++w) {
                    const std::uint64_t bank = (i * ((r.pitch + 15) / 16 + skew) + w) % banks;
                    busiest = std::max(busiest, ++accesses[bank]);
                }
            }
            cycles += busiest;
        }
    }
    return cycles;
}

TEST(SramWalk, IsTheCountOfEveryWord) {
    using Numbers = std::initializer_list<std::uint64_t>;
    std::uint64_t remainders = 0;
    for (const std::uint64_t banks : Numbers{1, 3, 8, 12, 64}) {
        for (const std::uint64_t pitch : Numbers{17, 80, 128, 384, 1536, 2080}) {
            for (const std::uint64_t lanes : Numbers{1, 16, 33, 128}) {
                for (const std::uint64_t skew : Numbers{0, 1, 7}) {
                    const Reading r{3 * banks + 5, pitch, pitch / 3, pitch / 2, lanes};
                    SramTraffic traffic = traffic_of(r);
                    traffic.read_walk.rows = banks + 1;
                    remainders += r.rows % (banks + 1) > 0 && r.columns % lanes > 0 ? 1 : 0;
                    const SramConfig config = sram(static_cast<std::uint32_t>(banks));
                    ASSERT_EQ(sram_walk_cycles(config, traffic, layout_of(r, skew)).count,
                              counted(r, banks + 1, banks, skew))
                        << banks << " banks, rows of " << pitch << ", lanes " << lanes << ", skew "
                        << skew;
                }
            }
        }
    }
    EXPECT_GT(remainders, 20U);
}

}  // namespace
}  // namespace mambasic::models
