// A rotated x on the chip (ssm.md 8.9): two more ops a layer, their streams, the matrix.
#include <gtest/gtest.h>

#include <map>

#include "models/common/error.h"
#include "models/rotation/rotation_cost.h"
#include "sim/layer_ops.h"
#include "tests/sim/engine/simulate.h"

namespace mambasic::sim {
namespace {

using models::Op;
using traces::Phase;
using traces::XProjInput;

constexpr std::uint64_t kWidth = 192;
constexpr std::uint64_t kTokens = 40;
constexpr std::uint32_t kLayers = 2;
constexpr std::uint64_t kRows = kTokens * kLayers;
constexpr std::uint64_t kMatrix = kWidth * kWidth * 2;

Workload work_with(bool dense, XProjInput input = XProjInput::Copy) {
    Workload work = test::tiny_work(Phase::Prefill, 1, kTokens, kLayers);
    work.scale_ranges = {test::range_of({test::rotated(dense), true, input})};
    return work;
}

Workload mamba2_with(bool dense) {
    Workload work = work_with(dense);
    work.scale_ranges.front().groups.x.feeds_x_proj = false;
    work.dims = {96, 192, 16, 4, 0, 2, 256};
    work.dims.family = traces::Family::Mamba2;
    work.dims.heads = 12;
    work.dims.head_dim = 16;
    work.dims.groups = 2;
    return work;
}

/// What the DMA moves for an op, by kind, and what its tasks make.
struct OpWork {
    std::map<models::TrafficKind, std::uint64_t> loaded, stored;
    std::uint64_t elements = 0;
};

std::map<Op, OpWork> work_of(const Workload& work, const std::vector<std::string>& overrides) {
    Schedule schedule(work, test::chip_of(overrides));
    std::map<Op, OpWork> ops;
    models::Segment segment;
    while (schedule.next(segment)) {
        for (const models::Task& task : segment.tasks) {
            OpWork& op = ops[task.op];
            if (task.block == models::BlockId::DmaLoad) {
                op.loaded[task.transfer.kind] += task.transfer.bytes;
            } else if (task.block == models::BlockId::DmaStore) {
                op.stored[task.transfer.kind] += task.transfer.bytes;
            } else {
                op.elements += task.region.rows() * task.region.channels;
            }
        }
    }
    return ops;
}

const std::vector<std::string> kRoomy = {"weight_sram.capacity_kib=512", "weight_sram.banks=8",
                                         "activation_sram.capacity_kib=512",
                                         "activation_sram.banks=8", "schedule.tile_tokens=40"};

std::vector<std::string> roomy_and(const std::vector<std::string>& more) {
    std::vector<std::string> overrides = kRoomy;
    overrides.insert(overrides.end(), more.begin(), more.end());
    return overrides;
}

// FP32 from the convolution to the rotation, int8 to the way back, FP32 to the scan.
TEST(Rotation, WithoutFusionItsStreamsGoThroughDram) {
    const auto kind = models::TrafficKind::ConvOutput;
    for (const bool dense : {false, true}) {
        std::map<Op, OpWork> ops = work_of(work_with(dense), roomy_and({"schedule.fusion=none"}));
        EXPECT_EQ(ops[Op::Conv1d].stored[kind], kRows * (4 + 1) * kWidth);  // x, x_proj's copy
        EXPECT_EQ(ops[Op::Rotate].loaded[kind], kRows * 4 * kWidth);
        EXPECT_EQ(ops[Op::Rotate].stored[kind], kRows * kWidth);
        EXPECT_EQ(ops[Op::Unrotate].loaded[kind], kRows * kWidth);
        EXPECT_EQ(ops[Op::Unrotate].stored[kind], kRows * 4 * kWidth);
        EXPECT_EQ(ops[Op::XProj].loaded[kind], kRows * kWidth);
        EXPECT_EQ(ops[Op::Scan].loaded[kind], kRows * 4 * kWidth);
        EXPECT_EQ(ops[Op::Rotate].elements, kRows * kWidth);
        EXPECT_EQ(ops[Op::Unrotate].elements, kRows * kWidth);
    }
}

TEST(Rotation, XProjMayReadWhatTheScanReads) {
    const auto kind = models::TrafficKind::ConvOutput;
    std::map<Op, OpWork> ops =
        work_of(work_with(false, XProjInput::Requantized), roomy_and({"schedule.fusion=none"}));
    EXPECT_EQ(ops[Op::Conv1d].stored[kind], kRows * 4 * kWidth);
    EXPECT_EQ(ops[Op::XProj].loaded[kind], kRows * 4 * kWidth);
}

// B and C keep their int8 codes and go past the rotation.
TEST(Rotation, OfMamba2TurnsXAlone) {
    const auto kind = models::TrafficKind::ConvOutput;
    constexpr std::uint64_t kBc = 2ULL * 2 * 16;
    std::map<Op, OpWork> ops = work_of(mamba2_with(false), roomy_and({"schedule.fusion=none"}));
    EXPECT_EQ(ops[Op::Conv1d].stored[kind], kRows * (4 * kWidth + kBc));
    EXPECT_EQ(ops[Op::Rotate].loaded[kind], kRows * 4 * kWidth);
    EXPECT_EQ(ops[Op::Scan].loaded[kind], kRows * (4 * kWidth + kBc));
}

TEST(Rotation, OnChipOnlyTheMatrixMoves) {
    const auto weights = models::TrafficKind::Weights;
    std::map<Op, OpWork> butterflies = work_of(work_with(false), kRoomy);
    std::map<Op, OpWork> dense = work_of(work_with(true), kRoomy);
    for (const Op op : {Op::Rotate, Op::Unrotate}) {
        EXPECT_TRUE(butterflies[op].loaded.empty());
        EXPECT_TRUE(butterflies[op].stored.empty());
        EXPECT_EQ(dense[op].loaded[weights], kLayers * kMatrix);
        EXPECT_EQ(dense[op].loaded.size(), 1U);
        EXPECT_TRUE(dense[op].stored.empty());
    }
}

// All layers read the one matrix, which lies behind everything else.
TEST(Rotation, TheMatrixLiesInOnePlace) {
    const Workload work = work_with(true);
    const AddressMap addresses(work);
    const std::uint64_t at = addresses.weights(0, Op::Rotate);
    EXPECT_EQ(addresses.weights(1, Op::Unrotate), at);
    EXPECT_EQ(addresses.end(), at + kMatrix);
    Workload int8 = work;
    int8.scale_ranges = {ScaleRange{}};
    EXPECT_EQ(AddressMap(int8).weights(1, Op::OutProj), addresses.weights(1, Op::OutProj));
}

// 48 KiB of weights do not hold the matrix: every tile of 7 rows, or every panel's pass over the
// tiles, reads parts of it again.
TEST(Rotation, ASmallScratchpadReadsTheMatrixAgain) {
    const std::vector<std::string> small = {"weight_sram.capacity_kib=48",
                                            "schedule.tile_tokens=7"};
    std::map<Op, OpWork> ops = work_of(work_with(true), small);
    EXPECT_GE(ops[Op::Rotate].loaded[models::TrafficKind::Weights], kLayers * kMatrix);
    EXPECT_EQ(ops[Op::Rotate].elements, kRows * kWidth);
    EXPECT_EQ(ops[Op::Unrotate].elements, kRows * kWidth);
    EXPECT_THROW(work_of(work_with(true), {"weight_sram.capacity_kib=8"}), models::UserError);
}

// The unit's busy cycles are those of its tiles: 40 rows of 192 = 12 * 2^4 in one tile.
TEST(Rotation, TheUnitIsBusyForWhatItsTilesTake) {
    const test::Outcome o = test::simulate(
        work_with(false), roomy_and({"rotation.butterfly_lanes=16", "rotation.pipeline_cycles=5",
                                     "rotation.quantize_lanes=8", "rotation.quantize_cycles=9"}));
    ASSERT_TRUE(o.fits);
    const std::uint64_t turn = (12 + 4) * (12 + 5);
    EXPECT_EQ(o.blocks[static_cast<std::size_t>(models::BlockId::Rotation)].busy,
              kRows * (turn + 24 + 9 + turn));
}

TEST(Rotation, RunsInEveryPhaseAndFusion) {
    for (const Phase phase : {Phase::Prefill, Phase::Decode}) {
        for (const char* fusion : {"schedule.fusion=none", "schedule.fusion=layer"}) {
            for (const bool dense : {false, true}) {
                Workload work = work_with(dense, XProjInput::Requantized);
                work.phase = phase;
                work.tokens = 5;
                const test::Outcome one = test::simulate(work, {fusion});
                work.scale_ranges = {ScaleRange{}};
                const test::Outcome int8 = test::simulate(work, {fusion});
                ASSERT_TRUE(one.fits && int8.fits);
                EXPECT_GE(one.cycles, int8.cycles);  // equal where all wait for the DRAM
                EXPECT_GT(one.energy_pj, int8.energy_pj);
                Workload two = mamba2_with(dense);
                two.phase = phase;
                two.tokens = 5;
                EXPECT_TRUE(test::simulate(two, {fusion}).fits);
            }
        }
    }
}

}  // namespace
}  // namespace mambasic::sim
