// The SSD kernels on the emulated GPU where whole traces rarely look: a state that FP16 moves onto
// a tie, the order of the sum over the states.
#include <gtest/gtest.h>

#include <vector>

#include "cuda_ref/cuda_device.h"
#include "tests/cuda_ref/random_codes.h"

namespace mambasic::cuda_ref {
namespace {

/// One head of one channel and one token: the state becomes 10.5 times the scale of x.
struct OneState {
    ByteCodes one = {1};
    ByteCodes dt = {21};  // above softplus' threshold: dt is 21
    ByteCodes zero = {0};
    Half dt_bias = 0;
    float x_scale = 1.0F;
    float b_scale = 0.5F;
    float c_scale = 1.0F;
    float state_scale = 1.0F;
    ByteCodes state = {0};
    std::vector<float> carry = {0.0F};
    Half y = 0;

    SsdJob job() {
        SsdJob job;
        job.batch = job.tokens = job.heads = job.head_dim = job.groups = job.states = 1;
        job.chunk = 4;
        job.x = job.b = job.c = {one.data(), 1, 1};
        job.dt = {dt.data(), 1, 1};
        job.dt_bias = &dt_bias;
        job.a_log = zero.data();
        job.d = one.data();
        job.x_scales = &x_scale;
        job.b_scales = &b_scale;
        job.c_scales = &c_scale;
        job.state_scales = &state_scale;
        job.dt_scale = job.a_scale = job.d_scale = 1.0F;
        job.sum.tree_width = 16;
        job.state = state.data();
        job.carry = carry.data();
        job.y = &y;
        return job;
    }
};

TEST(SsdKernel, APromptsStateGoesThroughHalfAndADecodesDoesNot) {
    OneState s;
    s.x_scale = 0x1.000002p0F;  // the state is an ulp above a tie, on which FP16 puts it
    for (const SsdOrder order : {SsdOrder::Recurrent, SsdOrder::Chunked}) {
        SsdJob job = s.job();
        job.order = order;
        CudaDevice().ssd_prefill(job);
        EXPECT_EQ(s.state[0], 10);
    }
    s.state = {0};
    CudaDevice().ssd_decode(s.job());
    EXPECT_EQ(s.carry[0], 10.5F * 0x1.000002p0F);
    EXPECT_EQ(s.state[0], 11);
}

// The chunked order has x in FP16 in its sums and in FP32 in the skip: what is left of their
// difference is what FP16 took from x.
TEST(SsdKernel, TiesGoToEven) {
    OneState s;
    for (const SsdOrder order : {SsdOrder::Recurrent, SsdOrder::Chunked}) {
        SsdJob job = s.job();
        job.order = order;
        CudaDevice().ssd_prefill(job);
        EXPECT_EQ(s.state[0], 10);
    }
    s.state = {0};
    CudaDevice().ssd_decode(s.job());
    EXPECT_EQ(s.state[0], 10);
}

TEST(SsdKernel, TheSkipTakesXInFull) {
    OneState s;
    s.x_scale = 1.0F + 0x1p-12F;  // FP16 has 1 in its place
    s.c_scale = -1.0F;
    s.b_scale = 1.0F / 21.0F;  // its product with dt is 1
    SsdJob job = s.job();
    job.order = SsdOrder::Chunked;
    CudaDevice().ssd_prefill(job);
    EXPECT_EQ(s.carry[0], 1.0F);
    EXPECT_EQ(arith::from_half(s.y), 0x1p-12F);
    job.order = SsdOrder::Recurrent;
    CudaDevice().ssd_prefill(job);
    EXPECT_EQ(s.carry[0], 1.0F + 0x1p-12F);
    EXPECT_EQ(arith::from_half(s.y), 0.0F);
}

/// Sixteen states whose terms cancel, as far as the order of their sum lets them: what is left is
/// rounding alone, and FP16 shows all of it.
struct CancellingStates {
    static constexpr std::size_t kStates = 16;
    OneState s;
    ByteCodes b = random_codes(kStates, 127, 11);
    ByteCodes c = random_codes(kStates, 127, 12);
    std::vector<float> state_scales = std::vector<float>(kStates, 1.0F);

    CancellingStates() {
        for (std::size_t n = 1; n < kStates; n += 2) {  // each with one five states before it
            b[n] = b[(n + 11) % kStates];
            c[n] = static_cast<std::int8_t>(-c[(n + 11) % kStates]);
        }
        s.b_scale = 0.37F;
        s.c_scale = 1.7F;
        s.state.resize(kStates, 0);
        s.carry.resize(kStates);
    }

    Half run(unsigned tree, bool decode) {
        SsdJob job = s.job();
        job.states = kStates;
        job.b = {b.data(), kStates, kStates};
        job.c = {c.data(), kStates, kStates};
        job.state_scales = state_scales.data();
        job.d = s.zero.data();
        job.sum.tree_width = tree;
        s.state.assign(kStates, 0);
        decode ? CudaDevice().ssd_decode(job) : CudaDevice().ssd_prefill(job);
        return s.y;
    }

    float state(std::size_t n) const { return s.b_scale * static_cast<float>(b[n]) * 21.0F; }
    float output(std::size_t n) const { return s.c_scale * static_cast<float>(c[n]); }
    float tree(std::size_t first, std::size_t width) const {
        if (width == 1) return state(first) * output(first);
        return tree(first, width / 2) + tree(first + width / 2, width / 2);
    }
};

TEST(SsdKernel, AddsTheStatesInTheOrderAskedFor) {
    CancellingStates c;
    float sequential = 0.0F;
    for (std::size_t n = 0; n < CancellingStates::kStates; ++n) {
        sequential = arith::fma(c.state(n), c.output(n), sequential);
    }
    const float fours = ((c.tree(0, 4) + c.tree(4, 4)) + c.tree(8, 4)) + c.tree(12, 4);
    const float sixteen = c.tree(0, 16);
    ASSERT_NE(arith::to_half(sequential), arith::to_half(fours));
    ASSERT_NE(arith::to_half(sequential), arith::to_half(sixteen));
    ASSERT_NE(arith::to_half(fours), arith::to_half(sixteen));
    for (const bool decode : {false, true}) {
        EXPECT_EQ(c.run(0, decode), arith::to_half(sequential));
        EXPECT_EQ(c.run(4, decode), arith::to_half(fours));
        EXPECT_EQ(c.run(16, decode), arith::to_half(sixteen));
        EXPECT_EQ(c.run(32, decode), arith::to_half(sixteen));  // sixteen zeros more
    }
}

// Many prompts of one token, whose output is C B dt in FP16: the order of its factors moves about
// one of ten thousand.
TEST(SsdKernel, ScalesTheProductsOfCAndBOnce) {
    const std::size_t prompts = 20000;
    OneState s;
    const ByteCodes b = random_codes(prompts, 127, 15);
    const ByteCodes c = random_codes(prompts, 127, 16);
    const ByteCodes ones(prompts, 1);
    ByteCodes dt(prompts);  // above softplus' threshold
    for (std::size_t i = 0; i < prompts; ++i) dt[i] = static_cast<std::int8_t>(21 + i % 100);
    std::vector<Half> y(prompts);
    s.b_scale = 0.0163F;
    s.c_scale = 0.0171F;
    s.state.resize(prompts);
    s.carry.resize(prompts);
    SsdJob job = s.job();
    job.batch = prompts;
    job.x = {ones.data(), 1, 1};
    job.b = {b.data(), 1, 1};
    job.c = {c.data(), 1, 1};
    job.dt = {dt.data(), 1, 1};
    job.d = s.zero.data();
    job.order = SsdOrder::Chunked;
    job.y = y.data();
    CudaDevice().ssd_prefill(job);
    int moved = 0;
    for (std::size_t i = 0; i < prompts; ++i) {
        const auto acc = static_cast<float>(b[i] * c[i]);
        const float once = (s.c_scale * s.b_scale) * acc * static_cast<float>(dt[i]);
        const float twice = s.c_scale * (s.b_scale * acc) * static_cast<float>(dt[i]);
        ASSERT_EQ(y[i], arith::to_half(once)) << i;
        moved += arith::to_half(once) == arith::to_half(twice) ? 0 : 1;
    }
    EXPECT_GT(moved, 0);
}

TEST(SsdKernel, RefusesTreesThatDoNotFit) {
    OneState s;
    SsdJob job = s.job();
    job.sum.tree_width = 512;
    EXPECT_THROW(CudaDevice().ssd_prefill(job), DeviceError);
    EXPECT_THROW(CudaDevice().ssd_decode(job), DeviceError);
}

}  // namespace
}  // namespace mambasic::cuda_ref
