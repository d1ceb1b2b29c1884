#include "reports/table.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace mambasic::reports {
namespace {

TEST(Table, LinesUpLeftAndRight) {
    Table table({{"op", Align::Left}, {"cycles"}, {"bar", Align::Left}});
    table.add_row({"norm", "7", "#."});
    table.add_row({"conv1d", "1,234,567"});
    EXPECT_EQ(table.text(),
              "  op         cycles  bar\n"
              "  ------  ---------  ---\n"
              "  norm            7  #.\n"
              "  conv1d  1,234,567\n");
}

TEST(Table, AHeaderOfSeveralLinesStandsOnTheRule) {
    Table table({{"scheme", Align::Left}, {"table\narea\nmm2"}, {"cycles\nhidden", Align::Left}});
    table.add_row({"one", "1.25", "7"});
    EXPECT_EQ(table.text(),
              "          table\n"
              "           area  cycles\n"
              "  scheme    mm2  hidden\n"
              "  ------  -----  ------\n"
              "  one      1.25  7\n");
}

TEST(Table, ATooLongRowIsABug) {
    Table table({{"one"}});
    EXPECT_THROW(table.add_row({"1", "2"}), std::logic_error);
}

}  // namespace
}  // namespace mambasic::reports
