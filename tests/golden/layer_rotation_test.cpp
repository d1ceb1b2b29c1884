// Rotated codes of the SSM input in whole layers (ssm.md 8.9): a permutation that is taken back is
// int8's layer to the bit, and elsewhere every tensor is the oracle's of what the convolution made.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <stdexcept>
#include <type_traits>
#include <utility>

#include "golden/linear.h"
#include "golden/rotation.h"
#include "tests/golden/bits.h"
#include "tests/golden/every_phase.h"
#include "tests/golden/oracle.h"
#include "tests/golden/random_mamba2.h"
#include "tests/golden/rotation_oracle.h"

namespace mambasic::golden {
namespace {

using traces::XCode;
using traces::XProjInput;

Options exact() {
    XCode code;
    code.format = traces::XFormat::Fp32;
    return with(code);
}

/// 80 channels, for H40, or 96, for H12.
traces::Dims dims_of(bool mamba2, std::uint32_t inner) {
    traces::Dims dims = mamba2 ? tiny2_dims(2) : tiny_dims();
    dims.d_inner = inner;
    dims.d_model = inner / 2;
    dims.heads = mamba2 ? inner / 8 : 0;
    dims.head_dim = mamba2 ? 8 : 0;
    return dims;
}

RandomMamba2 one_scale(const traces::Dims& dims) {
    RandomMamba2 layer(dims, traces::LinearKind::W8Columns, 1);
    std::mt19937 rng(7);
    layer.groups = RandomGroups(rng, dims, {1, 1, 1}, 1);
    layer.view.groups = layer.groups.table;
    return layer;
}

/// With a scale for rotated rows, and a matrix.
template <typename Layer>
struct Rotated {
    Rotated(Layer made, std::vector<Half> rotation, float rotated_scale)
        : layer(std::move(made)), matrix(std::move(rotation)), scale(rotated_scale) {
        layer.view.x_scales.low = &scale;
        layer.view.x_scales.rotation = matrix.data();
    }
    Rotated(const Rotated&) = delete;
    Rotated& operator=(const Rotated&) = delete;

    float int8_scale() const {
        if constexpr (std::is_same_v<Layer, RandomLayer>) {
            return layer.view.conv_output_scale;
        } else {
            return layer.groups.x_scales[0];
        }
    }

    Layer layer;
    std::vector<Half> matrix;
    float scale;
};

/// Where channel e goes.
std::size_t place(std::size_t e, std::size_t inner) { return (e * 7 + 3) % inner; }

std::vector<Half> permutation(std::size_t inner) {
    std::vector<Half> matrix(inner * inner, 0);
    for (std::size_t e = 0; e < inner; ++e) {
        matrix[place(e, inner) * inner + e] = arith::to_half(1.0F);
    }
    return matrix;
}

/// int8 codes in other places, and back.
template <typename Layer>
void expect_int8(const Rotated<Layer>& rotated) {
    const std::size_t inner = rotated.layer.dims.d_inner;
    const std::size_t width = rotated.layer.dims.conv_channels();
    const auto check = [&](const Outcome& got, const Outcome& want) {
        for (std::size_t i = 0; i < got.out.rotated.size(); ++i) {
            const std::size_t row = i / inner;
            const std::size_t e = i % inner;
            ASSERT_EQ(got.out.rotated[row * inner + place(e, inner)],
                      want.out.conv[row * width + e]);
        }
        expect_same_results(got, want);
    };
    in_every_phase(rotated.layer, with(rotated_code(true)), {}, check);
    in_every_phase(rotated.layer, with(rotated_code(true), XProjInput::Requantized), {}, check);
}

TEST(LayerRotation, APermutationTakenBackIsInt8ToTheBit) {
    RandomLayer mamba1(tiny_dims(), 1);
    const float scale = mamba1.view.u_scale = mamba1.view.conv_output_scale;
    expect_int8(Rotated<RandomLayer>(std::move(mamba1), permutation(96), scale));
    RandomMamba2 mamba2 = one_scale(tiny2_dims(2));
    const float scale2 = mamba2.groups.x_scales[0];
    expect_int8(Rotated<RandomMamba2>(std::move(mamba2), permutation(96), scale2));
}

std::vector<float> row_of(const std::vector<float>& all, std::size_t row, std::size_t width,
                          std::size_t count) {
    const auto first = all.begin() + static_cast<std::ptrdiff_t>(row * width);
    return {first, first + static_cast<std::ptrdiff_t>(count)};
}

/// The oracle's tensors of one row; counts what was held.
template <typename Layer>
void expect_row(const Rotated<Layer>& rotated, const XCode& code, const LayerTensors& out,
                const std::vector<float>& y, std::size_t row, std::uint64_t& saturated) {
    const std::size_t inner = y.size();
    const std::vector<float> r = stated(code, rotated.matrix, y, false);
    std::vector<float> v;
    for (std::size_t e = 0; e < inner; ++e) {
        const float quotient = r[e] / rotated.scale;
        const std::int8_t want = away_code(quotient);
        saturated += std::abs(std::lround(quotient)) > std::abs(long{want}) ? 1 : 0;
        ASSERT_EQ(out.rotated[row * inner + e], want) << row << " " << e;
        v.push_back(rotated.scale * static_cast<float>(want));
    }
    const std::vector<float> u = stated(code, rotated.matrix, v, true);
    for (std::size_t e = 0; e < inner; ++e) {
        ASSERT_TRUE(same_bits(out.values[row * inner + e], y[e]));
        ASSERT_TRUE(same_bits(out.unrotated[row * inner + e], u[e])) << row << " " << e;
    }
}

template <typename Layer>
void expect_oracle(const Rotated<Layer>& rotated, const XCode& code) {
    const traces::Dims& dims = rotated.layer.dims;
    const std::size_t inner = dims.d_inner;
    const std::size_t width = dims.conv_channels();
    const auto check = [&](const Outcome& run, const Outcome& fp32) {
        const std::size_t rows = fp32.out.values.size() / width;
        ASSERT_EQ(run.out.rotated.size(), rows * inner);
        std::uint64_t saturated = 0;
        for (std::size_t row = 0; row < rows; ++row) {
            const std::vector<float> y = row_of(fp32.out.values, row, width, inner);
            expect_row(rotated, code, run.out, y, row, saturated);
            EXPECT_EQ(row_of(run.out.ssm_input, row, width, inner),
                      row_of(run.out.unrotated, row, inner, inner));
        }
        EXPECT_GT(saturated, 0U);
        EXPECT_EQ(run.out.x_counts.saturated, saturated);
        EXPECT_EQ(run.out.x_counts.flagged, 0U);
        EXPECT_TRUE(run.out.x_codes.empty() && run.out.x_flags.empty());
        EXPECT_NE(run.out.scan, fp32.out.scan);
        EXPECT_EQ(run.state.conv, fp32.state.conv);
    };
    in_every_phase(rotated.layer, with(code), exact(), check);
}

/// Some elements of a row are held at this scale, not all.
constexpr float kLossy = 0.0021F;

TEST(LayerRotation, EveryTensorIsTheOraclesOfTheConvolutionsValues) {
    std::mt19937 rng(9);
    for (const std::uint32_t inner : {96U, 80U}) {
        const std::vector<Half> matrix = random_halves(rng, std::size_t{inner} * inner, 0.1F);
        for (const bool dense : {false, true}) {
            const XCode code = rotated_code(dense);
            expect_oracle(
                Rotated<RandomLayer>(RandomLayer(dims_of(false, inner), 1), matrix, kLossy), code);
            expect_oracle(Rotated<RandomMamba2>(one_scale(dims_of(true, inner)), matrix, kLossy),
                          code);
        }
    }
}

// A matrix that is given is the one that turns, in every phase.
template <typename Layer>
void expect_the_given_matrix(Layer layer, const std::vector<Half>& matrix) {
    const std::size_t inner = layer.dims.d_inner;
    Rotated<Layer> rotated(std::move(layer), matrix, kLossy);
    const XCode code = rotated_code(true);
    const Prompt prompt(2, 3, rotated.layer.dims, 2);
    const Prompt token(2, 1, rotated.layer.dims, 3);
    const Outcome alone = prefill(rotated.layer, prompt, with(code));
    const Outcome alone_step = decode(rotated.layer, token, alone.state, with(code));
    Options shared = with(code);
    shared.rotation = std::make_shared<const RotationMatrix>(rotated.matrix.data(), inner);
    rotated.matrix.assign(rotated.matrix.size(), 0);
    const Outcome got = prefill(rotated.layer, prompt, shared);
    const Outcome step = decode(rotated.layer, token, got.state, shared);
    EXPECT_EQ(got.out.rotated, alone.out.rotated);
    EXPECT_EQ(got.out.out_proj, alone.out.out_proj);
    EXPECT_EQ(step.out.unrotated, alone_step.out.unrotated);
    EXPECT_EQ(step.out.out_proj, alone_step.out.out_proj);
}

TEST(LayerRotation, OneMatrixServesManyCalls) {
    std::mt19937 rng(9);
    const std::vector<Half> matrix = random_halves(rng, std::size_t{96} * 96, 0.1F);
    expect_the_given_matrix(RandomLayer(tiny_dims(), 1), matrix);
    expect_the_given_matrix(one_scale(tiny2_dims(2)), matrix);
}

// x_proj reads the same codes, so nothing but u can tell the scan of another scale.
TEST(LayerRotation, TheScanReadsWhatWasRotatedBack) {
    const Prompt prompt(2, 9, tiny_dims(), 2);
    const auto run = [&prompt](float scale) {
        const Rotated<RandomLayer> rotated(RandomLayer(tiny_dims(), 1), {}, scale);
        return prefill(rotated.layer, prompt, with(rotated_code(false)));
    };
    const Outcome coarse = run(0.03F);
    const Outcome fine = run(0.011F);
    EXPECT_EQ(coarse.out.dt_proj, fine.out.dt_proj);
    EXPECT_NE(coarse.out.scan, fine.out.scan);
}

TEST(LayerRotation, XProjReadsACopyOrWhatTheSsmReads) {
    const Rotated<RandomLayer> rotated(RandomLayer(tiny_dims(), 1), {}, 0.011F);
    const XCode code = rotated_code(false);
    in_every_phase(rotated.layer, with(code), {}, [](const Outcome& run, const Outcome& usual) {
        EXPECT_EQ(run.out.conv, usual.out.conv);
        EXPECT_EQ(run.out.x_proj, usual.out.x_proj);
    });
    in_every_phase(rotated.layer, with(code, XProjInput::Requantized), {},
                   [&](const Outcome& run, const Outcome& usual) {
                       for (std::size_t i = 0; i < run.out.conv.size(); ++i) {
                           const float quotient = run.out.unrotated[i] / rotated.int8_scale();
                           ASSERT_EQ(run.out.conv[i], away_code(quotient)) << i;
                       }
                       EXPECT_NE(run.out.conv, usual.out.conv);
                       std::vector<std::int8_t> want(run.out.x_proj.size());
                       linear_forward(rotated.layer.view.x_proj, {run.out.conv.data(), 96, 0},
                                      run.out.conv.size() / 96, false, want.data());
                       EXPECT_EQ(run.out.x_proj, want);
                   });
}

TEST(LayerRotation, Mamba2KeepsTheInt8CodesOfBAndC) {
    const Rotated<RandomMamba2> rotated(one_scale(tiny2_dims(2)), {}, kLossy);
    const std::size_t width = rotated.layer.dims.conv_channels();
    in_every_phase(rotated.layer, with(rotated_code(false)), {},
                   [&](const Outcome& run, const Outcome& usual) {
                       ASSERT_EQ(run.out.conv.size(), usual.out.conv.size());
                       for (std::size_t i = 0; i < run.out.conv.size(); ++i) {
                           const bool x = i % width < 96;
                           ASSERT_EQ(run.out.conv[i], x ? 0 : usual.out.conv[i]) << i;
                           ASSERT_TRUE(x || run.out.ssm_input[i] == usual.out.ssm_input[i]) << i;
                       }
                   });
}

TEST(LayerRotation, WhatIsNoRotatedCodeIsRefused) {
    const Prompt prompt(1, 3, tiny_dims(), 2);
    RandomLayer mamba1(tiny_dims(), 1);
    const XCode code = rotated_code(false);
    EXPECT_THROW(prefill(mamba1, prompt, with(code)), std::invalid_argument) << "no scale";
    const float scale = 0.01F;
    mamba1.view.x_scales.low = &scale;
    EXPECT_NO_THROW(prefill(mamba1, prompt, with(code)));
    EXPECT_THROW(prefill(mamba1, prompt, with(rotated_code(true))), std::invalid_argument)
        << "no matrix";
    EXPECT_THROW(prefill(mamba1, prompt, with(code, XProjInput::Codes)), std::invalid_argument);
    GroupedLayer grouped(tiny_dims(), {1, 2, 3}, 1);
    grouped.view.x_scales.low = &scale;
    EXPECT_THROW(prefill(grouped, prompt, with(code)), std::invalid_argument) << "a table";
    RandomMamba2 cells(tiny2_dims(2), traces::LinearKind::W8Columns, 1);
    cells.view.x_scales.low = &scale;
    EXPECT_THROW(prefill(cells, prompt, with(code)), std::invalid_argument) << "a table";
    RandomMamba2 mamba2 = one_scale(tiny2_dims(2));
    mamba2.view.x_scales.low = &scale;
    Options chunked = with(code);
    chunked.ssd_order = SsdOrder::Chunked;
    EXPECT_NO_THROW(prefill(mamba2, prompt, with(code)));
    EXPECT_THROW(prefill(mamba2, prompt, chunked), std::invalid_argument) << "chunks";
}

}  // namespace
}  // namespace mambasic::golden
