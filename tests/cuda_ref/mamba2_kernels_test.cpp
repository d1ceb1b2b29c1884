// Mamba2's kernels but the SSD on the emulated GPU where whole traces rarely look: exact ties, the
// order of a decode step's taps and of a sum of squares.
#include <cuda_runtime.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "cuda_ref/cuda_device.h"
#include "golden/conv1d.h"
#include "golden/gated_norm.h"
#include "tests/cuda_ref/random_codes.h"

namespace mambasic::cuda_ref {
namespace {

/// `rows` rows whose two accumulators are 5 and -5, times one half.
ByteCodes halves(Epilogue epilogue, std::uint64_t rows) {
    const ByteCodes x(rows, 5);
    const ByteCodes weight = {1, -1};
    const std::vector<float> column = {2.0F, 2.0F};
    ByteCodes out(rows * 2);
    LinearJob job;
    job.rows = rows;
    job.n = 2;
    job.x = {x.data(), 1, 1};
    job.weight = weight.data();
    job.a = 0.25F;
    job.column = column.data();
    job.epilogue = epilogue;
    job.wrap = true;
    job.codes = out.data();
    CudaDevice().linear(job);
    return out;
}

TEST(ColumnLinear, TiesGoAwayFromZeroInOneRowOnly) {
    EXPECT_EQ(halves(Epilogue::ColumnsOneRow, 1), (ByteCodes{3, -3}));
    EXPECT_EQ(halves(Epilogue::Columns, 2), (ByteCodes{2, -2, 2, -2}));
    EXPECT_EQ(halves(Epilogue::FourBit, 1), (ByteCodes{2, -2}));
    EXPECT_EQ(halves(Epilogue::FourBit, 2), (ByteCodes{2, -2, 2, -2}));
}

// The order of the factors moves about one FP16 value of ten thousand.
TEST(ColumnLinear, FactorsAreMultipliedInTheirOrder) {
    const std::size_t width = 20000;
    const ByteCodes x = {113, 59};
    const ByteCodes weight = random_codes(2 * width, 127, 14);
    std::vector<float> column(width);
    for (std::size_t n = 0; n < width; ++n) column[n] = 0.7F + 1e-5F * static_cast<float>(n);
    LinearJob job;
    job.rows = 1;
    job.n = width;
    job.x = {x.data(), 2, 2};
    job.weight = weight.data();
    job.a = 0.1F;
    job.column = column.data();
    std::vector<Half> one_row(width);
    std::vector<Half> four_bit(width);
    job.values = one_row.data();
    job.epilogue = Epilogue::ColumnsOneRow;
    CudaDevice().linear(job);
    job.values = four_bit.data();
    job.epilogue = Epilogue::FourBit;
    CudaDevice().linear(job);
    for (std::size_t n = 0; n < width; ++n) {
        const auto acc = static_cast<float>(113 * weight[2 * n] + 59 * weight[2 * n + 1]);
        ASSERT_EQ(one_row[n], arith::to_half((column[n] * job.a) * acc)) << n;
        ASSERT_EQ(four_bit[n], arith::to_half((acc * column[n]) * job.a)) << n;
    }
    EXPECT_NE(one_row, four_bit);
}

TEST(ColumnLinear, NoQuirkWraps) {
    const ByteCodes x = {100};
    const ByteCodes weight = {100};
    const float column = 1.0F;
    for (const Epilogue epilogue :
         {Epilogue::Columns, Epilogue::ColumnsOneRow, Epilogue::FourBit}) {
        ByteCodes out = {0};
        LinearJob job;
        job.rows = job.n = 1;
        job.x = {x.data(), 1, 1};
        job.weight = weight.data();
        job.a = 1.0F;
        job.column = &column;
        job.epilogue = epilogue;
        job.wrap = true;
        job.codes = out.data();
        CudaDevice().linear(job);
        EXPECT_EQ(out[0], 127);
    }
}

/// Three sections of different scales. Samples so large that SiLU is the identity, and scales that
/// put many values an ulp beside a tie, on a side that the order of the roundings decides.
struct SectionConv {
    static constexpr std::size_t kTokens = 200;
    static constexpr std::size_t kChannels = 70;
    ByteCodes x = random_codes(kTokens * kChannels, 60, 3);
    ByteCodes weight = random_codes(kChannels * 4, 6, 4);
    ByteCodes bias = random_codes(kChannels, 127, 5);
    std::vector<float> output_scales;
    golden::Conv1dByChannel params;
    ConvJob job;

    SectionConv() {
        job.batch = 1;
        job.tokens = kTokens;
        job.x = {x.data(), kChannels, kChannels};
        job.weight = params.weight = weight.data();
        job.bias = params.bias = bias.data();
        job.sections[0] = {30, 1.0F, 0.7F, 4.0F};
        job.sections[1] = {51, 2.0F, 1.0F / 3.0F, 1.0F / 6.0F};
        job.sections[2] = {kChannels, 0.5F, 0.7F, 0.35F};
        for (std::size_t channel = 0; channel < kChannels; ++channel) {
            const ConvSection& s = job.sections[channel < 30 ? 0 : channel < 51 ? 1 : 2];
            output_scales.push_back(channel % 2 == 0 ? 1.0F : 2.0F);
            params.scales.push_back(
                {s.weight_scale * s.input_scale, s.bias_scale, output_scales.back()});
        }
        job.output_scales = output_scales.data();
        job.taps = TapOrder::OldestTapFirst;
    }
};

TEST(SectionConvKernel, PrefillTakesTheScalesOfTheSection) {
    SectionConv c;
    ByteCodes out(c.x.size());
    c.job.out = out.data();
    CudaDevice().conv_prefill(c.job);
    ByteCodes golden(c.x.size());
    ByteCodes state(SectionConv::kChannels * 4);
    golden::conv1d_prefill(c.params, {c.x.data(), SectionConv::kChannels, 0}, 1,
                           SectionConv::kTokens, golden.data(), state.data());
    EXPECT_EQ(out, golden);
}

TEST(SectionConvKernel, DecodeBeginsWithTheOldestTap) {
    SectionConv c;
    ByteCodes state(SectionConv::kChannels * 4, 0);
    ByteCodes golden_state = state;
    ByteCodes golden(c.x.size());
    for (std::size_t t = 0; t < SectionConv::kTokens; ++t) {
        const std::size_t row = t * SectionConv::kChannels;
        golden::conv1d_update(c.params, {c.x.data() + row, SectionConv::kChannels, 0}, 1,
                              golden.data() + row, golden_state.data());
    }
    ByteCodes out(c.x.size());
    c.job.out = out.data();
    c.job.state = state.data();
    CudaDevice().conv_decode(c.job);
    EXPECT_EQ(out, golden);
    EXPECT_EQ(state, golden_state);

    ByteCodes bias_first(c.x.size());
    state.assign(state.size(), 0);
    c.job.out = bias_first.data();
    c.job.taps = TapOrder::BiasFirst;
    CudaDevice().conv_decode(c.job);
    EXPECT_NE(bias_first, golden);
}

/// z is 100, whose sigmoid is 1: the gate multiplies by 100.
GatedNormJob gated(const std::vector<Half>& y, const ByteCodes& z, const std::vector<Half>& weight,
                   std::vector<Half>& out) {
    GatedNormJob job;
    job.rows = 1;
    job.width = y.size();
    job.groups = 2;
    job.y = y.data();
    job.z = {z.data(), z.size(), z.size()};
    job.z_scale = 1.0F;
    job.weight = weight.data();
    job.sum.tree_width = 8;
    job.out = out.data();
    return job;
}

TEST(GatedNormKernel, EverySsdGroupIsNormalizedByItself) {
    const std::size_t width = 24;  // groups of twelve: a tree and a half
    std::vector<Half> y(width);
    std::vector<Half> weight(width);
    std::vector<Half> out(width);
    for (std::size_t i = 0; i < width; ++i) {
        const float magnitude = i < 12 ? 0.25F : 16.0F;
        y[i] = arith::to_half(i % 2 == 0 ? magnitude : -magnitude);
        weight[i] = arith::to_half(static_cast<float>(i));
    }
    for (const unsigned tree : {0U, 8U, 16U}) {
        const ByteCodes z(width, 100);
        GatedNormJob job = gated(y, z, weight, out);
        job.sum.tree_width = tree;
        CudaDevice().gated_norm(job);
        for (std::size_t i = 0; i < width; ++i) {
            const auto value = static_cast<float>(i);  // +-1 times the weight
            EXPECT_EQ(out[i], arith::to_half(i % 2 == 0 ? value : -value)) << i;
        }
    }
}

// The order of a sum of squares moves about one FP16 output of ten thousand.
TEST(GatedNormKernel, ManyRowsInEveryOrder) {
    const std::size_t rows = 60;
    const std::size_t width = 2 * 1204;  // groups of 75 trees of 16 and a rest
    std::vector<Half> y(rows * width);
    std::vector<Half> weight(width, arith::to_half(1.03F));
    for (std::size_t i = 0; i < y.size(); ++i) {
        y[i] = arith::to_half(std::sin(static_cast<float>(i * i % 1009)));
    }
    const ByteCodes z = random_codes(rows * width, 127, 13);
    std::vector<std::vector<Half>> outputs;
    for (const unsigned tree : {0U, 8U, 16U}) {
        std::vector<Half> out(rows * width);
        GatedNormJob job = gated(y, z, weight, out);
        job.rows = rows;
        job.width = width;
        job.z = {z.data(), width, width};
        job.z_scale = 0.031F;
        job.epsilon = 1e-5F;
        job.sum.tree_width = tree;
        CudaDevice().gated_norm(job);
        golden::GatedNormParams params;
        params.width = width;
        params.groups = 2;
        params.weight = weight.data();
        params.epsilon = job.epsilon;
        params.sum = {tree};
        std::vector<Half> expected(rows * width);
        golden::gated_norm(params, y.data(), {z.data(), width, job.z_scale}, rows, expected.data());
        EXPECT_EQ(out, expected) << tree;
        outputs.push_back(out);
    }
    EXPECT_NE(outputs[0], outputs[1]);
    EXPECT_NE(outputs[1], outputs[2]);
}

TEST(GatedNormKernel, RefusesAGroupThatDoesNotFit) {
    GatedNormJob job;
    job.rows = 1;
    job.width = 2 * 8193;
    job.groups = 2;
    EXPECT_THROW(CudaDevice().gated_norm(job), DeviceError);
}

}  // namespace
}  // namespace mambasic::cuda_ref
