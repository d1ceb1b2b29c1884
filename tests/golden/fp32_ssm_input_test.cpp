// An FP32 SSM input changes what the SSM reads, and nothing else.
#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>

#include "golden/hadamard.h"
#include "golden/linear.h"
#include "tests/golden/bits.h"
#include "tests/golden/fp32_runs.h"
#include "tests/golden/random_mamba2.h"
#include "tests/golden/scan_case.h"
#include "tests/golden/ssd_case.h"

namespace mambasic::golden {
namespace {

constexpr std::size_t kInner = 96;

RandomMamba2 mamba2_layer() { return {tiny2_dims(2), traces::LinearKind::W8Columns, 1}; }

/// Nothing before the SSM changes, everything behind it follows from its output as usual.
template <typename Layer>
void expect_only_the_ssm_differs(const Layer& layer, const Outcome& usual, const Outcome& exact) {
    EXPECT_EQ(exact.out.residual, usual.out.residual);
    EXPECT_EQ(exact.out.norm, usual.out.norm);
    EXPECT_EQ(exact.out.in_proj, usual.out.in_proj);
    EXPECT_EQ(exact.out.conv,
              layer.dims.mamba2() ? std::vector<std::int8_t>{} : usual.out.conv);  // x_proj's
    EXPECT_EQ(exact.out.x_proj, usual.out.x_proj);
    EXPECT_EQ(exact.out.dt_proj, usual.out.dt_proj);
    EXPECT_EQ(exact.state.conv, usual.state.conv);
    EXPECT_NE(exact.out.scan, usual.out.scan);
    EXPECT_NE(exact.state.ssm, usual.state.ssm);
    const auto& before_had = layer.dims.mamba2() ? exact.out.gated_norm : exact.out.scan;
    const std::size_t rows = before_had.size() / kInner;
    std::vector<std::int8_t> had(before_had.size());
    hadamard(before_had.data(), rows, kInner, hadamard_scale(kInner, layer.view.had_scale), false,
             had.data());
    EXPECT_EQ(exact.out.hadamard, had);
    std::vector<Half> out(rows * layer.dims.d_model);
    linear_forward_half(layer.view.out_proj, {had.data(), kInner, 0}, rows, out.data());
    EXPECT_EQ(exact.out.out_proj, out);
}

template <typename Layer>
void expect_only_the_ssm_differs(const Layer& layer) {
    const Runs<Layer> runs(layer);
    expect_only_the_ssm_differs(layer, runs.usual, runs.exact);
    expect_only_the_ssm_differs(layer, runs.usual_step, runs.exact_step);
}

TEST(Fp32SsmInput, ChangesNothingButWhatTheSsmReads) {
    expect_only_the_ssm_differs(RandomLayer(tiny_dims(), 1));
    expect_only_the_ssm_differs(mamba2_layer());
}

TEST(Fp32SsmInput, IsWhatTheCodesStandForWhereThereAreCodes) {
    const RandomLayer layer(tiny_dims(), 1);
    const Prompt prompt(1, 5, layer.dims, 2);
    const Outcome run = prefill(layer, prompt);
    ASSERT_EQ(run.out.ssm_input.size(), 5 * kInner);
    for (std::size_t i = 0; i < run.out.ssm_input.size(); ++i) {
        const float u = layer.view.u_scale * static_cast<float>(run.out.conv[i]);
        ASSERT_TRUE(same_bits(run.out.ssm_input[i], u)) << i;
    }
}

TEST(Fp32SsmInput, ChunksRefuseIt) {
    const RandomMamba2 layer = mamba2_layer();
    const Prompt prompt(1, 5, layer.dims, 2);
    Options options = fp32_options();
    options.ssd_order = SsdOrder::Chunked;
    EXPECT_THROW(prefill(layer, prompt, options), std::invalid_argument);
}

/// fl(scale * code) of `rows` rows, in rows of another stride than the codes'.
struct Dequantized {
    Dequantized(const Int8Rows& codes, std::size_t rows, std::size_t columns, std::size_t margin)
        : stride(columns + margin), values(rows * stride, NAN) {
        for (std::size_t r = 0; r < rows; ++r) {
            for (std::size_t i = 0; i < columns; ++i) {
                values[r * stride + i] = codes.scale * static_cast<float>(codes.row(r)[i]);
            }
        }
    }
    FloatRows view() const { return {values.data(), stride}; }
    std::size_t stride;
    std::vector<float> values;
};

TEST(Fp32SsmInput, DequantizedCodesAreTheUsualScan) {
    ScanCase c(2, 7, 40, 16, 1);
    const auto run = [&c] {
        ScanResult result = room_for(c);
        selective_scan(c.params, c.input, c.batch, c.tokens, view_of(result));
        return result;
    };
    const ScanResult usual = run();
    const Dequantized u(c.input.u, c.rows(), 40, 3);
    c.input.fp32_u = u.view();
    c.input.u = {};  // not read
    const ScanResult exact = run();
    EXPECT_EQ(exact.y, usual.y);
    EXPECT_EQ(exact.carry, usual.carry);
    EXPECT_EQ(exact.state, usual.state);
}

TEST(Fp32SsmInput, DequantizedCodesAreTheUsualSsd) {
    SsdCase c({2, 7, 6, 8, 20, 2, {2, 3, 4}, 2}, 1);
    const ScanResult usual = c.prefill();
    std::vector<float> x, b, cc;
    for (std::size_t row = 0; row < 14; ++row) {
        for (std::size_t e = 0; e < 48; ++e) x.push_back(c.x(row, e));
        for (const std::size_t head : {0U, 3U}) {
            for (std::size_t n = 0; n < 20; ++n) {
                b.push_back(c.b(row, head, n));
                cc.push_back(c.c(row, head, n));
            }
        }
    }
    c.input.fp32_x = {x.data(), 48};
    c.input.fp32_b = {b.data(), 40};
    c.input.fp32_c = {cc.data(), 40};
    c.input.x = c.input.b = c.input.c = {};  // not read
    const ScanResult exact = c.prefill();
    EXPECT_EQ(exact.y, usual.y);
    EXPECT_EQ(exact.carry, usual.carry);
    EXPECT_EQ(exact.state, usual.state);
}

}  // namespace
}  // namespace mambasic::golden
