// Whole Mamba2 networks by the kernels, in the emulation, against golden bit for bit.
#include "tests/cuda_ref/network.h"

namespace mambasic::cuda_ref {
namespace {

using traces::Phase;

traces::TraceInfo with_groups(traces::TraceInfo info, std::uint32_t groups) {
    info.dims.groups = groups;
    info.groups.ssd_groups = groups;
    return info;
}

// Lengths of a part of a chunk, of whole chunks, and of chunks and a part.
TEST_F(Network, Mamba2Prefill) {
    for (const std::uint32_t tokens : {1U, 3U, 32U, 33U, 129U}) {
        const auto info = random_mamba2_info(Phase::Prefill, 2, tokens, 24);
        expect_golden(info, {});
        expect_golden(info, in_chunks());
    }
}

TEST_F(Network, Mamba2OfOneAndOfThreeSsdGroups) {
    for (const std::uint32_t groups : {1U, 3U}) {
        for (const Phase phase : {Phase::Prefill, Phase::Decode}) {
            const auto info = with_groups(random_mamba2_info(phase, 1, 20, 24), groups);
            expect_golden(info, {});
            expect_golden(info, in_chunks());
        }
    }
}

TEST_F(Network, Mamba2WithoutATableOfGroups) {
    for (const Phase phase : {Phase::Prefill, Phase::Decode}) {
        const auto info = without_groups(random_mamba2_info(phase, 2, 20, 24));
        expect_golden(info, {});
        expect_golden(info, in_chunks());
    }
}

// In decode the batch is the rows of a call, in prefill all tokens of all sequences.
TEST_F(Network, Mamba2DecodeAndOneRowPrefill) {
    for (const std::uint32_t batch : {1U, 3U}) {
        expect_golden(random_mamba2_info(Phase::Decode, batch, 9, 24), {});
    }
    expect_golden(random_mamba2_info(Phase::Prefill, 1, 1, 24), {});
    expect_golden(random_mamba2_info(Phase::Prefill, 1, 1, 24), in_chunks());
}

TEST_F(Network, Mamba2InTheOtherDirection) {
    emulation::set_direction(emulation::Direction::Down);
    expect_golden(random_mamba2_info(Phase::Prefill, 2, 33, 24), {});
    expect_golden(random_mamba2_info(Phase::Prefill, 2, 33, 24), in_chunks());
    expect_golden(random_mamba2_info(Phase::Decode, 2, 3, 24), {});
}

TEST_F(Network, Mamba2OtherOptionsAndSizes) {
    Options options;
    options.softplus = arith::Softplus::LogExpPlus1;
    options.gated_norm_sum.tree_width = 0;
    options.ssd_sum.tree_width = 0;
    options.quamba_quirks = true;
    expect_golden(random_mamba2_info(Phase::Prefill, 1, 6, 24), options);
    expect_golden(random_mamba2_info(Phase::Decode, 1, 6, 24), options);
    options.gated_norm_sum.tree_width = 16;  // groups of 24 channels: the last tree is padded
    options.ssd_sum.tree_width = 8;
    for (const std::uint32_t states : {5U, 20U, 24U}) {
        traces::TraceInfo info = random_mamba2_info(Phase::Prefill, 1, 7, 24);
        info.dims.d_state = states;
        expect_golden(info, options);
        info.phase = Phase::Decode;
        expect_golden(info, options);
    }
}

TEST_F(Network, Mamba2WithoutAHead) {
    traces::TraceInfo info = random_mamba2_info(Phase::Prefill, 2, 5, 24);
    info.has_head = false;
    info.first_layer = 2;
    expect_golden(info, {});
}

}  // namespace
}  // namespace mambasic::cuda_ref
