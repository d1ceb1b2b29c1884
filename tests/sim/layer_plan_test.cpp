#include "sim/layer_plan.h"

#include <gtest/gtest.h>

namespace mambasic::sim {
namespace {

StatePlan decode_plan(const char* residency) {
    Workload work;
    work.dims = {96, 192, 16, 4, 16, 2, 256};
    work.phase = traces::Phase::Decode;
    work.batch = 1;
    work.tokens = 3;
    work.layers = 2;
    const ChipConfig chip = ChipConfig::load(MAMBASIC_HW_CONFIG "/chips/tiny.yaml",
                                             {std::string("ssm.state_residency=") + residency});
    return plan_layer(work, chip, cut_tiles(work, chip.schedule.tile_tokens)).state;
}

// 2 layers of 192 x 16 codes are 6 KiB of the 16 KiB there are: room is not what decides.
TEST(LayerPlan, StatesOfADecodeStayOnlyWhereTheChipKeepsThem) {
    EXPECT_TRUE(decode_plan("on_chip").resident);
    EXPECT_FALSE(decode_plan("spilled").resident);
    EXPECT_EQ(decode_plan("spilled").sequences, 1U);
}

}  // namespace
}  // namespace mambasic::sim
