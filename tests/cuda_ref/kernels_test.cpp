// Single kernels on the emulated GPU where whole traces rarely look: exact ties and quotients one
// ulp beside them. Where golden has several variants a case first shows that they differ on its
// input.
#include <cuda_runtime.h>
#include <gtest/gtest.h>

#include <vector>

#include "cuda_ref/cuda_device.h"
#include "golden/conv1d.h"
#include "golden/hadamard.h"
#include "golden/linear.h"
#include "tests/cuda_ref/random_codes.h"

namespace mambasic::cuda_ref {
namespace {

TEST(Gpu, ItsVersionsAreReadable) {
    const DeviceInfo info = CudaDevice().info();
    EXPECT_EQ(info.gpu, "emulated GPU, sm_80");
    EXPECT_EQ(info.driver, "13.2");
    EXPECT_EQ(info.cuda_runtime, "12.6");
}

TEST(Gpu, WithoutOneThereIsOneClearError) {
    emulation::set_gpus(0);
    try {
        const CudaDevice device;
        ADD_FAILURE() << "opened a GPU that is not there";
    } catch (const DeviceError& error) {
        EXPECT_STREQ(error.what(), "no usable CUDA GPU: no CUDA-capable device is detected");
    }
    emulation::set_gpus(1);
}

struct LinearCase {
    static constexpr std::size_t kRows = 70;
    static constexpr std::size_t kWidth = 70;  // both past one tile of 64
    static constexpr std::size_t kDepth = 5;
    ByteCodes x = random_codes(kRows * kDepth, 6, 1);
    ByteCodes weight = random_codes(kWidth * kDepth, 6, 2);
    traces::Linear linear;

    LinearCase() {
        linear.weight = weight.data();
        linear.n = linear.n_padded = kWidth;
        linear.k = kDepth;
        linear.a = 3.0F;
        linear.b = 1.0F / 6.0F;  // 3 (acc / 6): an ulp beside a tie, depending on the order
        linear.alpha = 0.7F;
    }

    ByteCodes run(Epilogue epilogue, std::size_t rows, bool wrap) const {
        ByteCodes out(rows * kWidth);
        LinearJob job;
        job.rows = rows;
        job.n = kWidth;
        job.x = {x.data(), kDepth, kDepth};
        job.weight = weight.data();
        job.a = linear.a;
        job.b = linear.b;
        job.alpha = linear.alpha;
        job.epilogue = epilogue;
        job.wrap = wrap;
        job.codes = out.data();
        CudaDevice().linear(job);
        return out;
    }
};

TEST(LinearKernel, EpiloguesRoundInTheirOwnOrder) {
    const LinearCase c;
    const golden::Int8Rows x{c.x.data(), LinearCase::kDepth};
    ByteCodes forward(LinearCase::kRows * LinearCase::kWidth);
    ByteCodes seqlen_last = forward;
    golden::linear_forward(c.linear, x, LinearCase::kRows, false, forward.data());
    golden::linear_to_seqlen_last(c.linear, x, LinearCase::kRows, seqlen_last.data());
    ASSERT_NE(forward, seqlen_last);
    EXPECT_EQ(c.run(Epilogue::WeightScaleFirst, LinearCase::kRows, false), forward);
    EXPECT_EQ(c.run(Epilogue::InputScaleFirst, LinearCase::kRows, false), seqlen_last);
}

TEST(LinearKernel, OnlyOneRowWraps) {
    LinearCase c;
    c.linear.alpha = c.linear.a = 5.0F;
    c.linear.b = 1.0F;
    const golden::Int8Rows x{c.x.data(), LinearCase::kDepth};
    ByteCodes wrapped(LinearCase::kWidth);
    ByteCodes saturated = wrapped;
    golden::linear_forward(c.linear, x, 1, true, wrapped.data());
    golden::linear_forward(c.linear, x, 1, false, saturated.data());
    ASSERT_NE(wrapped, saturated);
    EXPECT_EQ(c.run(Epilogue::OneRow, 1, true), wrapped);
    EXPECT_EQ(c.run(Epilogue::OneRow, 1, false), saturated);
    EXPECT_EQ(c.run(Epilogue::WeightScaleFirst, 1, true), saturated);
}

TEST(LinearKernel, RefusesADepthThatMayOverflow) {
    LinearCase c;
    LinearJob job;
    job.rows = job.n = 1;
    job.x = {c.x.data(), 131072, 131072};
    EXPECT_THROW(CudaDevice().linear(job), DeviceError);
}

/// Samples so large that SiLU is the identity: the quotient is then what the scales make it.
struct ConvCase {
    static constexpr std::size_t kTokens = 50;
    static constexpr std::size_t kChannels = 70;
    ByteCodes x = random_codes(kTokens * kChannels, 60, 3);
    ByteCodes weight = random_codes(kChannels * 4, 6, 4);
    ByteCodes bias = random_codes(kChannels, 127, 5);
    std::vector<float> output_scales = std::vector<float>(kChannels, 1.0F);
    golden::Conv1dParams params;

    explicit ConvCase(float weight_scale, float bias_scale) {
        params.channels = kChannels;
        params.weight = weight.data();
        params.bias = bias.data();
        params.weight_scale = weight_scale;
        params.bias_scale = bias_scale;
        params.input_scale = 1.0F;
        params.output_scale = 1.0F;
    }

    ConvJob job(std::int8_t* out) const {
        ConvJob job;
        job.batch = 1;
        job.tokens = kTokens;
        job.x = {x.data(), kChannels, kChannels};
        job.weight = weight.data();
        job.bias = bias.data();
        job.sections[0] = {kChannels, params.input_scale, params.weight_scale, params.bias_scale};
        job.output_scales = output_scales.data();
        job.out = out;
        return job;
    }

    ByteCodes golden_prefill() const {
        ByteCodes out(x.size());
        ByteCodes state(kChannels * 4);
        golden::conv1d_prefill(params, {x.data(), kChannels}, 1, kTokens, out.data(), state.data());
        return out;
    }

    ByteCodes golden_decode(ByteCodes& state) const {
        ByteCodes out(x.size());
        for (std::size_t t = 0; t < kTokens; ++t) {
            golden::conv1d_update(params, {x.data() + t * kChannels, kChannels}, 1,
                                  out.data() + t * kChannels, state.data());
        }
        return out;
    }
};

TEST(ConvKernel, PrefillAndDecodeRoundAsTheirGoldenDoes) {
    // Halves are exact ties. The others lie an ulp beside them, on a side that the order of the
    // roundings decides: sevenths of ten, against a bias that cancels most of the product, show
    // whether the product was rounded before the bias joined it.
    struct Scales {
        float weight;
        float bias;
    };
    for (const Scales scales :
         {Scales{0.5F, 1.0F}, Scales{1.0F / 3.0F, 1.0F / 6.0F}, Scales{0.7F, 4.0F}}) {
        const ConvCase c(scales.weight, scales.bias);
        ByteCodes state(ConvCase::kChannels * 4, 0);
        ByteCodes golden_state = state;
        const ByteCodes prefill = c.golden_prefill();
        const ByteCodes decode = c.golden_decode(golden_state);
        EXPECT_EQ(prefill == decode, scales.weight == 0.5F);  // halves round nowhere before the end
        ByteCodes out(c.x.size());
        ConvJob job = c.job(out.data());
        CudaDevice().conv_prefill(job);
        EXPECT_EQ(out, prefill);
        job.state = state.data();
        CudaDevice().conv_decode(job);
        EXPECT_EQ(out, decode);
        EXPECT_EQ(state, golden_state);
    }
}

TEST(ConvKernel, TiesGoAwayFromZero) {
    ConvCase c(0.5F, 0.0F);
    ByteCodes out(c.x.size());
    CudaDevice().conv_prefill(c.job(out.data()));
    std::size_t ties = 0;
    for (std::size_t channel = 0; channel < ConvCase::kChannels; ++channel) {
        const int acc = c.x[channel] * c.weight[channel * 4 + 3];  // the first token: one tap
        if (acc % 2 == 0 || acc < 60 || acc > 250) continue;
        EXPECT_EQ(out[channel], (acc + 1) / 2);
        ++ties;
    }
    EXPECT_GT(ties, 3U);
}

TEST(HadamardKernel, TiesGoAwayFromZero) {
    const std::size_t width = 48;
    std::vector<Half> x(width, 0);
    x[0] = arith::to_half(1.0F);  // every output is +1 or -1
    ByteCodes out(width);
    HadamardJob job;
    job.rows = 1;
    job.width = width;
    job.x = x.data();
    job.scale = 2.5F;
    job.out = out.data();
    CudaDevice().hadamard(job);
    ByteCodes golden(width);
    golden::hadamard(x.data(), 1, width, 2.5F, false, golden.data());
    EXPECT_EQ(out, golden);
    for (const std::int8_t code : out) EXPECT_EQ(code * code, 9);
}

TEST(HadamardKernel, RefusesOtherWidths) {
    HadamardJob job;
    job.rows = 1;
    for (const std::uint64_t width : {0U, 7U, 36U, 56U, 16384U}) {
        job.width = width;
        EXPECT_THROW(CudaDevice().hadamard(job), DeviceError) << width;
    }
}

TEST(NormKernel, TiesGoToEven) {
    const std::size_t width = 64;
    std::vector<Half> hidden(width);
    std::vector<Half> weight(width);
    for (std::size_t i = 0; i < width; ++i) {
        hidden[i] = arith::to_half(i % 2 == 0 ? 1.0F : -1.0F);  // mean square 1: rstd is 1
        weight[i] = arith::to_half(static_cast<float>(i) + 0.5F);
    }
    std::vector<float> residual(width);
    ByteCodes out(width);
    NormJob job;
    job.rows = 1;
    job.width = width;
    job.hidden = hidden.data();
    job.weight = weight.data();
    job.output_scale = 1.0F;
    job.sum.tree_width = 8;
    job.residual_out = residual.data();
    job.out = out.data();
    CudaDevice().residual_norm(job);
    for (std::size_t i = 0; i < width; ++i) {
        const int even = static_cast<int>((i + 1) / 2 * 2);
        EXPECT_EQ(out[i], i % 2 == 0 ? even : -even) << i;
    }
}

TEST(NormKernel, RefusesARowThatDoesNotFit) {
    NormJob job;
    job.rows = 1;
    job.width = 8193;
    EXPECT_THROW(CudaDevice().residual_norm(job), DeviceError);
}

}  // namespace
}  // namespace mambasic::cuda_ref
