// Shares of a port, against what can be drawn by hand.
#include "models/sram/port_share.h"

#include <gtest/gtest.h>

#include <random>

namespace mambasic::models {
namespace {

TEST(PortShare, AloneATaskKeepsItsTime) {
    PortShare port;
    EXPECT_EQ(port.reserve(0, 100, 100), 100U);
    EXPECT_EQ(port.reserve(100, 50, 1), 150U) << "the first one is over";
    EXPECT_EQ(port.reserve(100, 50, 0), 150U) << "it needs no port";
    EXPECT_EQ(PortShare().reserve(7, 1, 1), 8U);
}

TEST(PortShare, TasksThatFitTogetherDoNotHinderEachOther) {
    PortShare port;
    EXPECT_EQ(port.reserve(0, 100, 40), 100U);
    EXPECT_EQ(port.reserve(0, 100, 60), 100U);
    EXPECT_EQ(port.reserve(50, 10, 0), 60U);
}

// The port is full until 100: the second has its 50 behind that, at its own pace.
TEST(PortShare, AFullPortMakesTheNextOneWait) {
    PortShare port;
    EXPECT_EQ(port.reserve(0, 100, 100), 100U);
    EXPECT_EQ(port.reserve(20, 50, 50), 150U);
    EXPECT_EQ(port.reserve(20, 10, 5), 160U) << "and the third half of its pace behind both";
}

// A fourth of the port is left until 100, which is 20 of the 50 needed; 30 more at full pace.
TEST(PortShare, WhatIsLeftIsTaken) {
    PortShare port;
    EXPECT_EQ(port.reserve(0, 100, 75), 100U);
    EXPECT_EQ(port.reserve(20, 50, 50), 130U);
}

TEST(PortShare, AShortTaskLeavesTheRestOfASpan) {
    PortShare port;
    EXPECT_EQ(port.reserve(0, 100, 50), 100U);
    EXPECT_EQ(port.reserve(0, 10, 5), 10U);
    EXPECT_EQ(port.reserve(0, 100, 50), 110U) << "5 of its 50 were taken until 10";
}

// However many ask: the port never passes more than it can, and is never idle while one waits.
TEST(PortShare, PassesAllAndNoMore) {
    std::mt19937 random(3);
    for (int run = 0; run < 50; ++run) {
        PortShare port;
        PortShare::Ticks all = 0;
        PortShare::Ticks last = 0;
        for (int i = 0; i < 20; ++i) {
            const PortShare::Ticks duration = 1 + random() % 1000;
            const PortShare::Ticks needed = random() % (duration + 1);
            const PortShare::Ticks end = port.reserve(0, duration, needed);
            EXPECT_GE(end, duration);
            all += needed;
            last = std::max(last, end);
        }
        EXPECT_GE(last, all) << "more than a tick's worth in a tick";
    }
    PortShare port;
    for (int i = 1; i <= 10; ++i) {
        EXPECT_EQ(port.reserve(0, 100, 100), PortShare::Ticks(100 * i));
    }
}

}  // namespace
}  // namespace mambasic::models
