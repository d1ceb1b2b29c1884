#include <gtest/gtest.h>

#include "models/common/error.h"
#include "tests/sim/engine/cases.h"

namespace mambasic::sim {
namespace {

std::string refusal(const std::vector<std::string>& overrides) {
    const Workload work = test::tiny_work(traces::Phase::Prefill, 1, 20, 2);
    const ChipConfig chip = test::chip_of(overrides);
    try {
        Schedule schedule(work, chip);
    } catch (const models::UserError& e) {
        return e.what();
    }
    return "accepted";
}

// The size that the message asks for must be enough, and one bank step less must not be.
TEST(TooSmall, NamesOpMemoryNeedAndKey) {
    EXPECT_EQ(refusal({"activation_sram.capacity_kib=8"}),
              "--set activation_sram.capacity_kib=8: activation_sram.capacity_kib: norm: one "
              "tile of 8 rows, with the conv history, needs 9216 bytes of activation_sram, which "
              "has 8192; raise activation_sram.capacity_kib to 12 or lower schedule.tile_tokens");
    EXPECT_EQ(refusal({"activation_sram.capacity_kib=12"}), "accepted");
    EXPECT_EQ(refusal({"activation_sram.capacity_kib=8", "schedule.tile_tokens=4"}), "accepted");
}

TEST(TooSmall, WeightPanelThatDoesNotFit) {
    const std::string message = refusal({"weight_sram.capacity_kib=3", "weight_sram.banks=1"});
    EXPECT_NE(message.find("scan: one panel of weights needs 3456 bytes"), std::string::npos)
        << message;
    EXPECT_NE(message.find("raise weight_sram.capacity_kib to 4"), std::string::npos);
    EXPECT_EQ(refusal({"weight_sram.capacity_kib=4", "weight_sram.banks=1"}), "accepted");
}

// 192 channels of 16 FP32 states are 12 KiB: with less, groups of channels take turns.
TEST(TooSmall, StatesOfASequenceNeedNotFitTogether) {
    EXPECT_EQ(refusal({"ssm.state_store_kib=11"}), "accepted");
    EXPECT_EQ(refusal({"ssm.state_store_kib=1"}), "accepted");
    EXPECT_EQ(refusal({"ssm.state_store_kib=1", "ssm.state_residency=spilled"}), "accepted");
}

}  // namespace
}  // namespace mambasic::sim
