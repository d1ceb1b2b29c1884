// The kernels themselves, run by the CUDA emulation, against golden: every tensor of every layer,
// bit for bit. The same comparison on a real GPU is rung2.cpp.
#include <cuda_runtime.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>

#include "cuda_ref/cuda_device.h"
#include "cuda_ref/recorder.h"
#include "tests/cuda_ref/golden_reference.h"
#include "tests/cuda_ref/random_trace.h"
#include "tests/cuda_ref/temporary_file.h"
#include "traces/layer_groups.h"
#include "traces/x_code_text.h"

namespace mambasic::cuda_ref {
namespace {

using traces::Phase;

class Network : public testing::Test {
protected:
    void TearDown() override { emulation::set_direction(emulation::Direction::Up); }

    /// Walks the trace on the emulated GPU; expects every tensor to be golden's.
    void expect_golden(const traces::TraceInfo& info, const Options& options) {
        const TemporaryFile file("network.safetensors");
        const traces::Trace trace = random_trace(file.path(), info, 20 + info.tokens);
        const NamedBytes golden = golden_outputs(trace, options);
        std::size_t seen = 0;
        CudaDevice device;
        walk(trace, device, options, [&](const traces::Tensor& tensor) {
            const Difference difference = compare(golden, tensor);
            EXPECT_EQ(difference.mismatches, 0U)
                << tensor.name << ", " << info.tokens << " tokens, of " << difference.elements;
            ++seen;
        });
        EXPECT_EQ(seen, golden.size());
    }
};

Options with_order(ScanOrder order) {
    Options options;
    options.scan_order = order;
    return options;
}

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

Options in_chunks() {
    Options options;
    options.ssd_order = SsdOrder::Chunked;
    return options;
}

traces::TraceInfo with_groups(traces::TraceInfo info, std::uint32_t groups) {
    info.dims.groups = groups;
    info.groups.ssd_groups = groups;
    return info;
}

traces::TraceInfo four_bit(traces::TraceInfo info) {
    info.precision = "w4a8";
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

// Of scales of their own, and of int8's.
constexpr const char* kCodes[] = {"int5",
                                  "dual4-signed-overflow",
                                  "dual4-skewed-overflow",
                                  "dual4-skewed-overflow-sparse2",
                                  "dual4-signed-threshold",
                                  "dual4-skewed-threshold",
                                  "dual8-x4",
                                  "dual8-x2.5-sparse1",
                                  "uniform8-x3",
                                  "int8-sim",
                                  "fp32",
                                  "1 dual4-skewed-overflow, 1 int8"};

Options reading(traces::XProjInput input) {
    Options options;
    options.x_proj_input = input;
    return options;
}

/// The quicker for it: no code of x reaches a head.
traces::TraceInfo headless(traces::TraceInfo info) {
    info.has_head = false;
    return info;
}

TEST_F(Network, CodesOfX) {
    for (const char* codes : kCodes) {
        SCOPED_TRACE(codes);
        for (const Phase phase : {Phase::Prefill, Phase::Decode}) {
            const auto mamba1 = headless(with_codes(random_info(phase, 2, 5, 24), codes));
            for (const traces::XProjInput input :
                 {traces::XProjInput::Copy, traces::XProjInput::Requantized}) {
                expect_golden(mamba1, reading(input));
                expect_golden(with_table(mamba1, 2, 3), reading(input));
            }
            const auto mamba2 = headless(with_codes(random_mamba2_info(phase, 2, 5, 24), codes));
            expect_golden(mamba2, {});
            expect_golden(without_groups(mamba2), {});
        }
    }
}

// Widths of H12, of H40, which is not symmetric, and of neither; a matrix has any.
TEST_F(Network, RotatedCodesOfX) {
    for (const char* codes :
         {"rotated8-hadamard", "rotated8-dense", "1 rotated8-dense, 1 rotated8-hadamard"}) {
        SCOPED_TRACE(codes);
        for (const std::uint32_t d_model : {24U, 40U, 16U}) {
            for (const Phase phase : {Phase::Prefill, Phase::Decode}) {
                const auto mamba1 = headless(with_codes(random_info(phase, 2, 5, d_model), codes));
                expect_golden(mamba1, reading(traces::XProjInput::Copy));
                expect_golden(mamba1, reading(traces::XProjInput::Requantized));
                expect_golden(headless(with_codes(
                                  without_groups(random_mamba2_info(phase, 2, 5, d_model)), codes)),
                              {});
            }
        }
    }
}

TEST_F(Network, CodesOfXInUpstreamsOrder) {
    for (const char* codes : {"int5", "int8-sim", "uniform8-x3"}) {
        expect_golden(headless(with_codes(random_info(Phase::Prefill, 1, 5, 8), codes)),
                      with_order(ScanOrder::Cub));
    }
}

TEST_F(Network, XProjMultipliesTheCodes) {
    Options options = reading(traces::XProjInput::Codes);
    for (const char* codes : kCodes) {
        if (codes == std::string("fp32") || codes == std::string("int8-sim")) continue;
        SCOPED_TRACE(codes);
        for (const Phase phase : {Phase::Prefill, Phase::Decode}) {
            for (const std::uint32_t batch : {1U, 2U}) {
                for (const bool quirks : {false, true}) {
                    options.quamba_quirks = quirks;
                    const auto info = with_codes(random_info(phase, batch, 3, 24), codes);
                    expect_golden(headless(info), options);
                }
            }
        }
    }
    for (const char* codes : {"int5", "dual4-skewed-overflow"}) {
        for (const std::uint32_t tokens : {1U, 70U}) {  // 70: a tile of rows and a bit
            const auto info = four_bit(random_info(Phase::Prefill, 1, tokens, 128));
            expect_golden(headless(with_codes(info, codes)), options);
        }
    }
}

// Whatever the trace has scales for.
TEST_F(Network, CodesThatTheOptionsAskFor) {
    const auto usual = random_info(Phase::Prefill, 2, 9, 24);
    const auto mamba2 = random_mamba2_info(Phase::Decode, 2, 9, 24);
    for (const char* code : {"dual8-x4", "uniform8-x3", "int8-sim", "fp32", "int8"}) {
        Options options;
        ASSERT_TRUE(traces::read_x_code(code, options.x_code.emplace()));
        for (const char* codes : {"int8", "int5"}) {
            expect_golden(with_codes(usual, codes), options);
            expect_golden(with_codes(mamba2, codes), options);
        }
    }
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
