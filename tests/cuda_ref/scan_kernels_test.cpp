// The scan kernels on the emulated GPU where whole traces rarely look: states that are exact ties
// and the last bit of a gate.
#include <gtest/gtest.h>

#include <vector>

#include "cuda_ref/cuda_device.h"
#include "golden/scan_step.h"
#include "tests/cuda_ref/random_codes.h"

namespace mambasic::cuda_ref {
namespace {

/// One state whose value after the first token is exactly +-10.5 times its scale.
ScanJob tied_state(const ByteCodes& one, const ByteCodes& minus, std::int8_t* state, float* carry,
                   Half* y) {
    static const ByteCodes kDt = {21};  // above softplus' threshold: dt is 21
    static const ByteCodes kZero = {0};
    static const std::vector<float> kOnes = {1.0F, 1.0F};
    ScanJob job;
    job.batch = job.tokens = job.channels = 1;
    job.states = 2;
    job.u = {one.data(), 1, 1};
    job.dt = {kDt.data(), 1, 1};
    job.b = {minus.data(), 2, 2};
    job.c = {minus.data(), 2, 2};
    job.z = {one.data(), 1, 1};
    job.a_log = minus.data();
    job.d = kZero.data();
    job.dt_bias = kZero.data();
    job.u_scales = job.state_scales = kOnes.data();
    job.dt_scale = job.c_scale = job.z_scale = job.a_scale = 1.0F;
    job.b_scale = 0.5F;
    job.d_scale = job.dt_bias_scale = 1.0F;
    job.state = state;
    job.carry = carry;
    job.y = y;
    return job;
}

TEST(ScanKernels, StatesRoundAwayInPrefillAndToEvenInDecode) {
    const ByteCodes one = {1};
    const ByteCodes signs = {1, -1};
    std::vector<float> carry(2);
    Half y = 0;
    for (const auto order : {ScanOrder::Sequential, ScanOrder::Cub}) {
        ByteCodes state = {0, 0};
        ScanJob job = tied_state(one, signs, state.data(), carry.data(), &y);
        job.order = order;
        CudaDevice().scan_prefill(job);
        EXPECT_EQ(carry, (std::vector<float>{10.5F, -10.5F}));
        EXPECT_EQ(state, (ByteCodes{11, -11}));
    }
    ByteCodes state = {0, 0};
    CudaDevice().scan_decode(tied_state(one, signs, state.data(), carry.data(), &y));
    EXPECT_EQ(carry, (std::vector<float>{10.5F, -10.5F}));
    EXPECT_EQ(state, (ByteCodes{10, -10}));
}

TEST(ScanKernels, CubOrderRefusesTrees) {
    const ByteCodes one = {1};
    const ByteCodes signs = {1, -1};
    ByteCodes state(2);
    std::vector<float> carry(2);
    Half y = 0;
    ScanJob job = tied_state(one, signs, state.data(), carry.data(), &y);
    job.order = ScanOrder::Cub;
    job.sum.tree_width = 2;
    EXPECT_THROW(CudaDevice().scan_prefill(job), DeviceError);
}

// Trees add the states first and D u last; from D u on, 1 would vanish beside 10.5 * 2^24.
TEST(ScanKernels, TreesAddTheSkipLast) {
    const ByteCodes one = {1};
    const ByteCodes ones = {1, 1};
    const ByteCodes signs = {1, -1};
    for (const bool decode : {false, true}) {
        ByteCodes state = {0, 0};
        std::vector<float> carry(2);
        Half y = 0;
        ScanJob job = tied_state(one, signs, state.data(), carry.data(), &y);
        job.c = {ones.data(), 2, 2};
        job.c_scale = 0x1p24F;
        job.d = one.data();
        job.sum.tree_width = 1;
        decode ? CudaDevice().scan_decode(job) : CudaDevice().scan_prefill(job);
        EXPECT_NEAR(arith::from_half(y), 0.731F, 0.001F) << "1 / (1 + e^-1), decode " << decode;
    }
}

// Two roundings in the gate of a decode step show in about one FP16 output of ten thousand.
TEST(ScanKernels, ManyDecodeGates) {
    const std::size_t channels = 2000;
    const std::size_t tokens = 20;
    const ByteCodes wide = random_codes(channels * tokens, 127, 6);
    const ByteCodes gate = random_codes(channels * tokens, 127, 7);
    const ByteCodes narrow = random_codes(tokens, 127, 8);
    const ByteCodes weight = random_codes(channels, 30, 9);
    ByteCodes state = random_codes(channels, 127, 10);
    ByteCodes golden_state = state;
    std::vector<float> carry(channels);
    std::vector<Half> y(channels * tokens);
    ScanJob job;
    job.batch = job.states = 1;
    job.tokens = tokens;
    job.channels = channels;
    job.u = job.dt = {wide.data(), channels, channels};
    job.b = job.c = {narrow.data(), 1, 1};
    job.z = {gate.data(), channels, channels};
    job.a_log = job.d = job.dt_bias = weight.data();
    const std::vector<float> u_scales(channels, 0.031F);
    const std::vector<float> state_scales(channels, 0.017F);
    job.u_scales = u_scales.data();
    job.state_scales = state_scales.data();
    job.dt_scale = job.b_scale = job.c_scale = job.z_scale = 0.031F;
    job.a_scale = job.d_scale = job.dt_bias_scale = 0.017F;
    job.state = state.data();
    job.carry = carry.data();
    job.y = y.data();
    CudaDevice().scan_decode(job);

    golden::ScanParams params;
    params.channels = channels;
    params.states = 1;
    params.a_log = params.d = params.dt_bias = weight.data();
    params.a_scale = params.d_scale = params.dt_bias_scale = params.state_scale = 0.017F;
    std::vector<float> golden_carry(channels);
    std::vector<Half> golden_y(channels * tokens);
    for (std::size_t t = 0; t < tokens; ++t) {
        const golden::Int8Rows row{wide.data() + t * channels, channels, 0.031F};
        const golden::Int8Rows scalar{narrow.data() + t, 1, 0.031F};
        const golden::Int8Rows z{gate.data() + t * channels, channels, 0.031F};
        golden::scan_step(
            params, {row, row, scalar, scalar, z}, 1,
            {golden_y.data() + t * channels, golden_carry.data(), golden_state.data()});
    }
    EXPECT_EQ(y, golden_y);
    EXPECT_EQ(carry, golden_carry);
    EXPECT_EQ(state, golden_state);
}

}  // namespace
}  // namespace mambasic::cuda_ref
