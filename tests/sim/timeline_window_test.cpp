// What --timeline and --vcd take as a window.
#include "sim/timeline_window.h"

#include <gtest/gtest.h>

#include "models/common/error.h"

namespace mambasic::sim {
namespace {

constexpr models::Ticks kPeriod = 2000000;  // 2 ns

std::string refusal(const std::string& text) {
    try {
        TimelineWindow::parse(text, kPeriod);
    } catch (const models::UserError& e) {
        return e.what();
    }
    return "accepted";
}

void expect_span(const std::string& text, std::uint64_t begin, std::uint64_t end) {
    const TimelineWindow window = TimelineWindow::parse(text, kPeriod);
    EXPECT_EQ(window.begin, begin) << text;
    EXPECT_EQ(window.end, end) << text;
    EXPECT_FALSE(window.layers) << text;
}

TEST(TimelineWindow, IsASpanInCyclesOfTheClock) {
    expect_span("all", 0, TimelineWindow::kOpen);
    expect_span("0:200us", 0, 100000);
    expect_span("10us:20us", 5000, 10000);
    expect_span("10:20us", 5000, 10000);  // one unit serves both
    expect_span("500ns:1.5us", 250, 750);
    expect_span("0.5us:0.001ms", 250, 500);
    expect_span("7:9cycles", 7, 9);
    expect_span("0:1cycle", 0, 1);
}

TEST(TimelineWindow, TakesInCyclesThatItTouches) { expect_span("3ns:5ns", 1, 3); }

TEST(TimelineWindow, IsLayersFromTheFirstToTheLast) {
    const TimelineWindow one = TimelineWindow::parse("layer:3", kPeriod);
    ASSERT_TRUE(one.layers);
    EXPECT_EQ(one.layers->first, 3U);
    EXPECT_EQ(one.layers->last, 3U);
    EXPECT_EQ(one.begin, 0U);
    EXPECT_EQ(one.end, TimelineWindow::kOpen);
    const TimelineWindow some = TimelineWindow::parse("layer:3..12", kPeriod);
    EXPECT_EQ(some.layers->first, 3U);
    EXPECT_EQ(some.layers->last, 12U);
}

TEST(TimelineWindow, OfAnythingElseIsRefused) {
    for (const char* text : {"", "al", "3", "3..5", "0:", ":5us", "us:5us", "-1us:5us", "0:infus",
                             "1us:nanus", "0:5us6"}) {
        const std::string said = refusal(text);
        EXPECT_NE(said.find("; write all, FROM:TO as in 0:200us"), std::string::npos)
            << text << ": " << said;
    }
    for (const char* text : {"layer:", "layer:x", "layer:3.", "layer:3..", "layer:3..x",
                             "layer:3..5x", "layer:-1", "layer:4294967296", "layer:3:5"}) {
        EXPECT_NE(refusal(text).find("names no layers"), std::string::npos) << text;
    }
    for (const char* text : {"0:200", "10us:20", "0:5s", "0:5Us", "0:1e9us"}) {
        EXPECT_NE(refusal(text).find("lacks a known unit"), std::string::npos) << text;
    }
}

TEST(TimelineWindow, RunsForward) {
    EXPECT_NE(refusal("20us:10us").find("must end after it begins"), std::string::npos);
    EXPECT_NE(refusal("5us:5us").find("must end after it begins"), std::string::npos);
    EXPECT_NE(refusal("layer:5..3").find("write layer:3..5"), std::string::npos);
    EXPECT_NE(refusal("0:1000001ms").find("more than 1000 s"), std::string::npos);
    EXPECT_NE(refusal("0:99999999999999999999999ms").find("more than 1000 s"), std::string::npos);
}

}  // namespace
}  // namespace mambasic::sim
