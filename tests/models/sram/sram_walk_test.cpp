// Conflicts in the banks of a scratchpad: by hand, and against a count of every single word.
#include <gtest/gtest.h>

#include <algorithm>
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

TEST(SramWalk, OneRowHasNoConflict) { EXPECT_EQ(cycles({1, 1536, 0, 1536, 16}, 16), 6U); }

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

TEST(SramWalk, ReadsAndWritesShareAnOnlyPort) {
    SramLayout layout = layout_of({64, 1536, 0, 1536, 16}, 0);
    layout.written = {{64, 3072, 0, 3072, 1536}};  // FP16: 16 columns are two words
    SramTraffic traffic = traffic_of({64, 1536, 0, 1536, 16});
    traffic.activation_write_bytes = 64 * 3072;
    traffic.write_walk.lanes = 16;
    EXPECT_EQ(sram_walk_cycles(sram(16, 2), traffic, layout).count, 96U * 64);
    EXPECT_EQ(sram_walk_cycles(sram(16, 1), traffic, layout).count, 2 * 96U * 64);
}

// A walk's words, one by one, each in its bank.
std::uint64_t counted(const Reading& r, std::uint64_t banks, std::uint64_t skew) {
    const std::uint64_t strip = std::max<std::uint64_t>(16, r.lanes);
    std::map<std::uint64_t, std::uint64_t> accesses;
    std::uint64_t all = 0;
    for (std::uint64_t row = 0; row < r.rows; ++row) {
        const std::uint64_t row_word = row * (r.pitch / 16 + skew);
        const std::uint64_t end = r.first + std::min(strip, r.columns);
        for (std::uint64_t word = r.first / 16; word * 16 < end; ++word) {
            ++accesses[(row_word + word) % banks];
            ++all;
        }
    }
    std::uint64_t busiest = 0;
    for (const auto& [bank, count] : accesses) busiest = std::max(busiest, count);
    const std::uint64_t walks = (r.columns + strip - 1) / strip;
    return r.rows * r.columns / (16 * banks) + walks * (busiest - (all + banks - 1) / banks);
}

TEST(SramWalk, IsTheCountOfEveryWord) {
    std::uint64_t conflicts = 0;
    for (const std::uint64_t banks : {1, 3, 8, 12, 64}) {
        for (const std::uint64_t pitch_words : {1, 5, 8, 24, 96, 130}) {
            for (const std::uint64_t lanes : {16, 48, 128, 4096}) {
                for (const std::uint64_t skew : {0, 1, 7}) {
                    const Reading r{3 * banks + 5, 16 * pitch_words, 16 * (pitch_words / 3),
                                    16 * ((pitch_words + 1) / 2) * banks, lanes};
                    const std::uint64_t want = counted(r, banks, skew);
                    ASSERT_EQ(cycles(r, static_cast<std::uint32_t>(banks), skew), want)
                        << banks << " banks, rows of " << pitch_words << ", lanes " << lanes
                        << ", skew " << skew;
                    conflicts += want - r.rows * r.columns / (16 * banks);
                }
            }
        }
    }
    EXPECT_GT(conflicts, 0U);
}

}  // namespace
}  // namespace mambasic::models
