// Networks with other codes of the SSM input by the kernels, in the emulation, against golden bit
// for bit.
#include "tests/cuda_ref/network.h"
#include "traces/x_code_text.h"

namespace mambasic::cuda_ref {
namespace {

using traces::Phase;

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

}  // namespace
}  // namespace mambasic::cuda_ref
