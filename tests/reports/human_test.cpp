#include "reports/human.h"

#include <gtest/gtest.h>

#include <limits>

namespace mambasic::reports {
namespace {

TEST(Human, GroupsThousands) {
    EXPECT_EQ(grouped(0), "0");
    EXPECT_EQ(grouped(999), "999");
    EXPECT_EQ(grouped(1000), "1,000");
    EXPECT_EQ(grouped(1234567), "1,234,567");
    EXPECT_EQ(grouped(std::numeric_limits<std::uint64_t>::max()), "18,446,744,073,709,551,615");
}

TEST(Human, KeepsThreeSignificantDigits) {
    EXPECT_EQ(three_digits(0), "0");
    EXPECT_EQ(three_digits(1e38), "1.00e+38");
    EXPECT_EQ(three_digits(-2.5e15), "-2.50e+15");
    EXPECT_EQ(three_digits(1.234), "1.23");
    EXPECT_EQ(three_digits(-12.34), "-12.3");
    EXPECT_EQ(three_digits(9.996), "10.0");
    EXPECT_EQ(three_digits(9.994), "9.99");
    EXPECT_EQ(three_digits(99.96), "100");
    EXPECT_EQ(three_digits(999.4), "999");
    EXPECT_EQ(three_digits(999.6), "1,000");
    EXPECT_EQ(three_digits(-54321.4), "-54,321");
    EXPECT_EQ(three_digits(0.0123456), "0.0123");
    EXPECT_EQ(three_digits(1.5e-9), "1.50e-09");
}

TEST(Human, ChoosesTheUnitThatFits) {
    EXPECT_EQ(human_time(0.5), "0.500 ns");
    EXPECT_EQ(human_time(1500), "1.50 us");
    EXPECT_EQ(human_time(2.5e9), "2.50 s");
    EXPECT_EQ(human_bytes(1023), "1023 B");
    EXPECT_EQ(human_bytes(1024), "1.00 KiB");
    EXPECT_EQ(human_bytes(4404019), "4.20 MiB");
    EXPECT_EQ(human_count(12582912), "12.6 M");
    EXPECT_EQ(human_energy(12.5e6), "12.5 uJ");
}

TEST(Human, BandsShareTheUnitOfTheirValue) {
    EXPECT_EQ(human_energy(Band{1.2e6, 0.8e6, 1.9e6}), "1.20 uJ (0.800 to 1.90 uJ)");
    EXPECT_EQ(human_area(Band{3.21, 2.5, 4.4}), "3.21 mm2 (2.50 to 4.40 mm2)");
}

TEST(Human, PercentOfNothingIsADashAndALittleIsNotZero) {
    EXPECT_EQ(percent(1, 0), "-");
    EXPECT_EQ(percent(0, 1000), "0.0 %");
    EXPECT_EQ(percent(1, 10000), "<0.1 %");
    EXPECT_EQ(percent(371, 1000), "37.1 %");
}

TEST(Human, ChangesHaveTheirSign) {
    EXPECT_EQ(human_change(0), "0 %");
    EXPECT_EQ(human_change(1.234), "+1.23 %");
    EXPECT_EQ(human_change(-0.016), "-0.02 %");
    EXPECT_EQ(human_change(-0.0049), "0.00 %");
    EXPECT_EQ(human_change(0.0049), "0.00 %");
    EXPECT_EQ(human_change(-0.0051), "-0.01 %");
    EXPECT_EQ(human_change(1e308).size(), 1U + 309 + 5);
}

TEST(Human, AColumnOfEnergiesHasTheUnitThatFits) {
    EXPECT_STREQ(energy_unit(1500).name, "nJ");
    EXPECT_EQ(energy_unit(1500).pj, 1e3);
    EXPECT_STREQ(energy_unit(0).name, "pJ");
}

}  // namespace
}  // namespace mambasic::reports
