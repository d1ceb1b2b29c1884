// What the bytes of x's codes do to a schedule and to a run: streams, spills, DRAM.
#include <gtest/gtest.h>

#include "models/common/error.h"
#include "sim/layer_ops.h"
#include "tests/sim/engine/simulate.h"

namespace mambasic::sim {
namespace {

using traces::Phase;
using traces::XFormat;
using traces::XProjInput;

constexpr std::uint64_t kWidth = 192;  // three blocks of words

Workload work_with(const models::XUse& x, Phase phase = Phase::Prefill) {
    Workload work = test::tiny_work(phase, 1, phase == Phase::Prefill ? 40 : 3, 2);
    work.scale_ranges = {test::range_of(x)};
    return work;
}

Workload mamba2_with(const traces::XCode& code) {
    Workload work = work_with({code});
    work.dims = {96, 192, 16, 4, 0, 2, 256};
    work.dims.family = traces::Family::Mamba2;
    work.dims.heads = 12;
    work.dims.head_dim = 16;
    work.dims.groups = 2;
    return work;
}

struct Bytes {
    std::uint64_t loaded = 0;
    std::uint64_t stored = 0;
    bool operator==(const Bytes& o) const { return loaded == o.loaded && stored == o.stored; }
};

Bytes conv_output_bytes(const Workload& work, const std::vector<std::string>& overrides) {
    Schedule schedule(work, test::chip_of(overrides));
    Bytes bytes;
    models::Segment segment;
    while (schedule.next(segment)) {
        for (const models::Task& task : segment.tasks) {
            if (task.transfer.kind != TrafficKind::ConvOutput) continue;
            const bool load = task.block == models::BlockId::DmaLoad;
            const bool store = task.block == models::BlockId::DmaStore;
            if (load) bytes.loaded += task.transfer.bytes;
            if (store) bytes.stored += task.transfer.bytes;
        }
    }
    return bytes;
}

// ssm.md 8.8: 40 bytes a block of 64 codes of 4 bits with flags, and of 5 bits; 72 of 8 bits with
// flags; with a list 32 or 64, and 2 bytes for each of 192 * 2 % = 4 flags.
TEST(CodesOfX, ARowTakesWhatItsWordsTake) {
    const auto row = [](const traces::XCode& code) {
        return bytes_per_row(work_with({code, true}), Stream::U, 0);
    };
    EXPECT_EQ(row(test::code_of(XFormat::Int8)), kWidth);
    EXPECT_EQ(row(test::code_of(XFormat::Uniform8)), kWidth);
    EXPECT_EQ(row(test::code_of(XFormat::Dual4)), 3U * 40);
    EXPECT_EQ(row(test::code_of(XFormat::Int5)), 3U * 40);
    EXPECT_EQ(row(test::code_of(XFormat::Dual8)), 3U * 72);
    EXPECT_EQ(row(test::code_of(XFormat::Dual4, 2)), 3U * 32 + 4 * 2);
    EXPECT_EQ(row(test::code_of(XFormat::Dual8, 2)), 3U * 64 + 4 * 2);
    EXPECT_EQ(row(test::code_of(XFormat::Fp32)), kWidth * 4);
    EXPECT_EQ(row(test::code_of(XFormat::Int8Sim)), kWidth * 4);
}

TEST(CodesOfX, BAndCOfMamba2AreWideWhereEverythingIs) {
    const auto row = [](XFormat format) {
        return bytes_per_row(mamba2_with(test::code_of(format)), Stream::BC, 0);
    };
    constexpr std::uint64_t kBc = 2ULL * 2 * 16;  // B and C of two SSD groups, 16 states
    EXPECT_EQ(row(XFormat::Int8), kBc);
    EXPECT_EQ(row(XFormat::Dual4), kBc);
    EXPECT_EQ(row(XFormat::Fp32), 4 * kBc);
    EXPECT_EQ(row(XFormat::Int8Sim), 4 * kBc);
}

// In fusion none every stream is written once and read once by each reader: 40 tokens, 2 layers.
TEST(CodesOfX, MovesTheWordsAndACopyWhereXProjNeedsOne) {
    const std::vector<std::string> none = {"schedule.fusion=none", "weight_sram.capacity_kib=256",
                                           "activation_sram.capacity_kib=256"};
    const auto moved = [&](XFormat format, XProjInput input) {
        return conv_output_bytes(work_with({test::code_of(format), true, input}), none);
    };
    constexpr std::uint64_t kRows = 40ULL * 2;
    constexpr std::uint64_t kWords = 120;
    EXPECT_EQ(moved(XFormat::Int8, XProjInput::Copy), (Bytes{kRows * 2 * kWidth, kRows * kWidth}));
    EXPECT_EQ(moved(XFormat::Uniform8, XProjInput::Copy),
              (Bytes{kRows * 2 * kWidth, kRows * kWidth}));
    EXPECT_EQ(moved(XFormat::Dual4, XProjInput::Copy),
              (Bytes{kRows * (kWidth + kWords), kRows * (kWidth + kWords)}));
    for (const XProjInput input : {XProjInput::Requantized, XProjInput::Codes}) {
        EXPECT_EQ(moved(XFormat::Dual4, input), (Bytes{kRows * 2 * kWords, kRows * kWords}));
    }
    EXPECT_EQ(moved(XFormat::Fp32, XProjInput::Copy),
              (Bytes{kRows * 5 * kWidth, kRows * 5 * kWidth}));
    EXPECT_EQ(moved(XFormat::Fp32, XProjInput::Requantized),
              (Bytes{kRows * 8 * kWidth, kRows * 4 * kWidth}));
}

TEST(CodesOfX, LayersOfOneNetworkMayDiffer) {
    const std::vector<std::string> none = {"schedule.fusion=none", "weight_sram.capacity_kib=256",
                                           "activation_sram.capacity_kib=256"};
    Workload work = work_with({test::code_of(XFormat::Dual4), true});
    work.scale_ranges.push_back(test::range_of({test::code_of(XFormat::Fp32), true}));
    work.scale_ranges.front().end = 1;
    const std::uint64_t both = 40 * (kWidth + 120) + 40 * 5 * kWidth;
    EXPECT_EQ(conv_output_bytes(work, none), (Bytes{both, both}));
}

TEST(CodesOfX, OnChipNothingMoves) {
    const std::vector<std::string> roomy = {"weight_sram.capacity_kib=256",
                                            "activation_sram.capacity_kib=256"};
    for (const XFormat format : {XFormat::Dual4, XFormat::Fp32}) {
        const Workload work = work_with({test::code_of(format), true});
        EXPECT_EQ(conv_output_bytes(work, roomy), Bytes());
    }
}

// 16 KiB do not hold what 8 tokens need of every stream: some of x is spilled, more of it where it
// is wider.
TEST(CodesOfX, WiderWordsSpillMore) {
    const auto spilled = [](XFormat format) {
        return test::simulate(work_with({test::code_of(format), true}),
                              {"activation_sram.capacity_kib=16"});
    };
    const auto narrow = spilled(XFormat::Dual4);
    const auto wide = spilled(XFormat::Fp32);
    ASSERT_TRUE(narrow.fits && wide.fits);
    EXPECT_LT(narrow.dram_bytes, wide.dram_bytes);
}

TEST(CodesOfX, ATileThatIsTooWideIsRefused) {
    const std::vector<std::string> small = {"activation_sram.capacity_kib=8",
                                            "schedule.tile_tokens=7"};
    EXPECT_NO_THROW(
        Schedule(work_with({test::code_of(XFormat::Int8), true}), test::chip_of(small)));
    try {
        const Schedule schedule(work_with({test::code_of(XFormat::Fp32), true}),
                                test::chip_of(small));
        FAIL() << "7 rows of x, FP32 x, its copy and the history do not fit";
    } catch (const models::UserError& error) {
        EXPECT_NE(std::string(error.what()).find("scan: one tile of 7 rows"), std::string::npos)
            << error.what();
    }
}

// The parts' area stands in tests/sim/energy_test.cpp.
TEST(CodesOfX, DecodingShowsInTheScansCycles) {
    const auto cycles = [](XFormat format, const char* latency) {
        const std::vector<std::string> roomy = {
            "weight_sram.capacity_kib=256", "activation_sram.capacity_kib=256",
            std::string("dequant_mux.pipeline_cycles=") + latency};
        const auto block = static_cast<std::size_t>(models::BlockId::Ssm);
        return test::simulate(work_with({test::code_of(format), true}), roomy).blocks[block].busy;
    };
    constexpr std::uint64_t kTiles = 2ULL * 5;  // two layers of 40 tokens in tiles of 8
    EXPECT_EQ(cycles(XFormat::Int8, "9"), cycles(XFormat::Int8, "2"));
    EXPECT_EQ(cycles(XFormat::Dual4, "2"), cycles(XFormat::Int8, "2") + 2 * kTiles);
    EXPECT_EQ(cycles(XFormat::Dual4, "9"), cycles(XFormat::Dual4, "2") + 7 * kTiles);
}

TEST(CodesOfX, RunsInEveryPhaseAndFusion) {
    for (const Phase phase : {Phase::Prefill, Phase::Decode}) {
        for (const char* fusion : {"schedule.fusion=none", "schedule.fusion=layer"}) {
            const auto int8 =
                test::simulate(work_with({test::code_of(XFormat::Int8), true}, phase), {fusion});
            const auto dual = test::simulate(
                work_with({test::code_of(XFormat::Dual4), true, XProjInput::Requantized}, phase),
                {fusion});
            ASSERT_TRUE(int8.fits && dual.fits);
            EXPECT_GT(dual.cycles, 0U);
            const bool moves = fusion == std::string("schedule.fusion=none");
            EXPECT_EQ(dual.dram_bytes < int8.dram_bytes, moves);
        }
    }
}

}  // namespace
}  // namespace mambasic::sim
