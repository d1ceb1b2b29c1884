// The kernels themselves, run by the CUDA emulation, against golden: every tensor of every layer,
// bit for bit. The same comparison on a real GPU is rung2.cpp.
#include <cstring>
#include <filesystem>

#include "tests/cuda_ref/network.h"
#include "traces/layer_groups.h"

namespace mambasic::cuda_ref {
namespace {

using traces::Phase;

TEST_F(Network, PrefillInTimeOrder) {
    for (const std::uint32_t tokens : {1U, 3U, 33U, 70U}) {
        expect_golden(random_info(Phase::Prefill, 2, tokens, 24), {});
    }
}

TEST_F(Network, OneRowPrefillTakesTheOneRowEpilogues) {
    expect_golden(random_info(Phase::Prefill, 1, 1, 24), {});
}

TEST_F(Network, DecodeOneSequence) { expect_golden(random_info(Phase::Decode, 1, 9, 24), {}); }

TEST_F(Network, DecodeSeveralSequences) { expect_golden(random_info(Phase::Decode, 3, 5, 24), {}); }

TEST_F(Network, ThreadsMayRunInTheOtherDirection) {
    emulation::set_direction(emulation::Direction::Down);
    expect_golden(random_info(Phase::Prefill, 2, 40, 24), {});
    expect_golden(random_info(Phase::Prefill, 1, 600, 6), with_order(ScanOrder::Cub));
    expect_golden(random_info(Phase::Decode, 2, 3, 24), {});
}

TEST_F(Network, WithoutAHead) {
    traces::TraceInfo info = random_info(Phase::Prefill, 2, 5, 24);
    info.has_head = false;
    expect_golden(info, {});
    info.first_layer = 2;  // then a residual comes in
    expect_golden(info, {});
}

TEST_F(Network, PowerOfTwoAndFortyfoldHadamard) {
    expect_golden(random_info(Phase::Prefill, 1, 4, 32), {});
    expect_golden(random_info(Phase::Prefill, 1, 4, 80), {});
}

TEST_F(Network, OtherOptions) {
    Options options;
    options.softplus = arith::Softplus::LogExpPlus1;
    options.norm_sum.tree_width = 0;
    expect_golden(random_info(Phase::Prefill, 2, 6, 24), options);
    options.norm_sum.tree_width = 16;  // 24 channels: the last tree is padded
    options.ssm_sum.tree_width = 8;
    expect_golden(random_info(Phase::Prefill, 2, 6, 24), options);
    expect_golden(random_info(Phase::Decode, 2, 6, 24), options);
    options.quamba_quirks = true;
    expect_golden(random_info(Phase::Decode, 1, 6, 24), options);
}

TEST_F(Network, OddNumbersOfStates) {
    for (const std::uint32_t states : {5U, 20U}) {
        traces::TraceInfo info = random_info(Phase::Prefill, 1, 7, 24);
        info.dims.d_state = states;
        Options options;
        expect_golden(info, options);
        expect_golden(info, with_order(ScanOrder::Cub));
        options.ssm_sum.tree_width = 4;
        expect_golden(info, options);
        info.phase = Phase::Decode;
        expect_golden(info, options);
    }
}

// Three times 16 channels, which count as heads; at most every channel has a cell of its own.
TEST_F(Network, Mamba1WithATableOfGroups) {
    for (const auto& [head_groups, dim_groups] :
         {std::pair<std::uint32_t, std::uint32_t>{2, 3}, {1, 1}, {3, 16}}) {
        const auto grouped = [head = head_groups, dim = dim_groups](Phase phase,
                                                                    std::uint32_t batch) {
            return with_table(random_info(phase, batch, 20, 24), head, dim);
        };
        expect_golden(grouped(Phase::Prefill, 2), {});
        expect_golden(grouped(Phase::Prefill, 2), with_order(ScanOrder::Cub));
        expect_golden(grouped(Phase::Decode, 1), {});
        expect_golden(grouped(Phase::Decode, 3), {});
    }
}

TEST_F(Network, Mamba1WithATableAndOtherOptionsAndSizes) {
    Options options;
    options.softplus = arith::Softplus::LogExpPlus1;
    options.quamba_quirks = true;
    options.ssm_sum.tree_width = 8;
    for (const std::uint32_t states : {5U, 20U}) {
        for (const Phase phase : {Phase::Prefill, Phase::Decode}) {
            traces::TraceInfo info = with_table(random_info(phase, 1, 7, 24), 2, 3);
            info.dims.d_state = states;
            expect_golden(info, options);
        }
    }
}

// Chunks of every shape, and several.
TEST_F(Network, Mamba1WithATableInUpstreamsOrder) {
    for (const std::uint32_t tokens : {1U, 129U, 513U, 1025U, 2049U}) {
        traces::TraceInfo info = with_table(random_info(Phase::Prefill, 1, tokens, 8), 1, 3);
        info.layers = 1;
        expect_golden(info, with_order(ScanOrder::Cub));
    }
}

TEST_F(Network, LayersWithATableAndWithout) {
    for (const Phase phase : {Phase::Prefill, Phase::Decode}) {
        for (traces::TraceInfo info :
             {random_info(phase, 2, 5, 24), random_mamba2_info(phase, 2, 5, 24)}) {
            const traces::GroupShape table{info.dims.table_ssd_groups(), 2, 3};
            traces::set_layer_groups({std::nullopt, table}, info);
            expect_golden(info, {});
        }
    }
}

TEST_F(Network, FourBitWeights) {
    for (const std::uint32_t batch : {1U, 2U}) {
        for (const Phase phase : {Phase::Prefill, Phase::Decode}) {
            expect_golden(four_bit(random_info(phase, batch, 5, 128)), {});
            expect_golden(four_bit(with_table(random_info(phase, batch, 5, 128), 4, 4)), {});
            expect_golden(four_bit(random_mamba2_info(phase, batch, 5, 128)), {});
            expect_golden(without_groups(four_bit(random_mamba2_info(phase, batch, 1, 128))), {});
        }
    }
    expect_golden(four_bit(random_info(Phase::Prefill, 1, 129, 128)), {});
    expect_golden(four_bit(random_mamba2_info(Phase::Prefill, 1, 33, 128)), in_chunks());
    Options quirks;
    quirks.quamba_quirks = true;
    expect_golden(four_bit(random_info(Phase::Decode, 1, 2, 128)), quirks);
}

// What golden recorded once, in the files that everybody has, of whichever family.
TEST_F(Network, SampleTraces) {
    const std::filesystem::path samples = std::string(MAMBASIC_SOURCE_DIR) + "/traces/samples";
    int compared = 0;
    for (const auto& entry : std::filesystem::directory_iterator(samples)) {
        if (entry.path().extension() != ".safetensors") continue;
        const traces::Trace trace = traces::Trace::open(entry.path());
        CudaDevice device;
        walk(trace, device, {}, [&](const traces::Tensor& tensor) {
            const traces::Tensor* recorded = trace.find(tensor.name);
            ASSERT_NE(recorded, nullptr) << tensor.name;
            ASSERT_EQ(recorded->bytes(), tensor.bytes()) << tensor.name;
            EXPECT_EQ(std::memcmp(recorded->data, tensor.data, tensor.bytes()), 0)
                << trace.path() << ": " << tensor.name;
        });
        ++compared;
    }
    EXPECT_GT(compared, 1);
}

// Upstream's chunk shapes and their edges (ssm.md 1.3): rung 2's lengths.
class ScanLength : public Network, public testing::WithParamInterface<std::uint32_t> {};

TEST_P(ScanLength, CubOrder) {
    traces::TraceInfo info = random_info(Phase::Prefill, 1, GetParam(), 4);
    info.layers = 1;
    expect_golden(info, with_order(ScanOrder::Cub));
}

TEST_P(ScanLength, TimeOrder) {
    traces::TraceInfo info = random_info(Phase::Prefill, 1, GetParam(), 4);
    info.layers = 1;
    expect_golden(info, {});
}

INSTANTIATE_TEST_SUITE_P(Chunks, ScanLength,
                         testing::Values(1, 33, 127, 128, 129, 256, 257, 512, 513, 1000, 1024, 1025,
                                         2048, 2049, 4100));

}  // namespace
}  // namespace mambasic::cuda_ref
