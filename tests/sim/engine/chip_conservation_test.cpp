// Random chips and workloads: the run checks its own conservation laws (cycles of every block,
// energy by op, layer and block, bytes loaded and read, occupancy), and these tests look at the
// sums from outside.
#include <gtest/gtest.h>

#include "tests/sim/engine/simulate.h"

namespace mambasic::sim {
namespace {

using test::Outcome;
using test::simulate;

class RandomChip : public testing::TestWithParam<std::uint32_t> {};

TEST_P(RandomChip, AccountsForEveryCycleOfEveryBlock) {
    std::uint32_t fitting = 0;
    for (std::uint32_t i = 0; i < 12; ++i) {
        const test::Case c = test::random_case(50000 + GetParam() * 100 + i);
        SCOPED_TRACE(c.name());
        const Outcome o = simulate(c.work, c.overrides);
        if (!o.fits) continue;
        ++fitting;
        for (const BlockCycles& b : o.blocks) {
            EXPECT_EQ(b.busy + b.stalled_input + b.stalled_output + b.idle, o.cycles);
        }
        const auto& gemm = o.blocks[static_cast<std::size_t>(models::BlockId::Gemm)];
        EXPECT_GT(gemm.busy, 0U);
        EXPECT_GT(o.energy_pj, 0.0);
    }
    EXPECT_GE(fitting, 3U);
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomChip, testing::Range(0U, 6U));

TEST(Chip, SameInputsGiveTheSameRun) {
    const Workload work = test::tiny_work(traces::Phase::Prefill, 2, 30, 2);
    const std::vector<std::string> overrides = {"activation_sram.capacity_kib=16"};
    const Outcome a = simulate(work, overrides);
    const Outcome b = simulate(work, overrides);
    ASSERT_TRUE(a.fits);
    EXPECT_EQ(a.cycles, b.cycles);
    EXPECT_EQ(a.dram_bytes, b.dram_bytes);
    EXPECT_EQ(a.energy_pj, b.energy_pj);
}

}  // namespace
}  // namespace mambasic::sim
