#include "sim/progress.h"

#include <gtest/gtest.h>

namespace mambasic::sim {
namespace {

TEST(Progress, EstimatesWhatIsLeftFromWhatIsDone) {
    EXPECT_EQ(progress_text(1, 4, 10), " 25 %  30 s left");
    EXPECT_EQ(progress_text(1, 100, 10), "  1 %  16 min left");
    EXPECT_EQ(progress_text(1, 1000, 10), "  0 %  2.8 h left");
    EXPECT_EQ(progress_text(4, 4, 10), "100 %  0 s left");
}

TEST(Progress, SaysNothingItCannotKnow) {
    EXPECT_EQ(progress_text(0, 4, 10), "  0 %");
    EXPECT_EQ(progress_text(0, 0, 10), "  0 %");
}

}  // namespace
}  // namespace mambasic::sim
