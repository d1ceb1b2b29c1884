// Codes of the SSM input in whole layers: where a code loses nothing the layer is int8's to the
// bit, and elsewhere its codes are the oracle's of what the convolution made.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <stdexcept>

#include "golden/linear.h"
#include "tests/golden/bits.h"
#include "tests/golden/coded_layer.h"
#include "tests/golden/every_phase.h"
#include "tests/golden/oracle.h"
#include "tests/golden/x_oracle.h"

namespace mambasic::golden {
namespace {

using traces::XCode;
using traces::XFormat;
using traces::XProjInput;

template <typename Layer>
void expect_int8(const Layer& layer, const Options& options) {
    in_every_phase(layer, options, {}, expect_same_results);
}

/// Nobody reads what int8 codes stand for but who asks for it; other codes are read decoded.
template <typename Layer>
void expect_ssm_input_only_where_read(const Layer& layer) {
    const Prompt prompt(2, 9, layer.dims, 2);
    const Prompt token(2, 1, layer.dims, 3);
    const Outcome kept = prefill(layer, prompt);
    const Outcome kept_step = decode(layer, token, kept.state);
    Outcome run;
    run.out.ssm_input.assign(3, 1.0F);  // of another call
    prefill_layer(layer.dims, layer.view, prompt.input(), {}, run.out, run.state);
    EXPECT_TRUE(run.out.ssm_input.empty());
    EXPECT_EQ(run.out.conv, kept.out.conv);
    EXPECT_EQ(run.out.out_proj, kept.out.out_proj);
    decode_layer(layer.dims, layer.view, token.input(), {}, run.out, run.state);
    EXPECT_TRUE(run.out.ssm_input.empty());
    EXPECT_EQ(run.out.out_proj, kept_step.out.out_proj);
    EXPECT_EQ(run.state.ssm, kept_step.state.ssm);
    for (const XFormat format : {XFormat::Fp32, XFormat::Int8Sim}) {
        XCode code;
        code.format = format;
        decode_layer(layer.dims, layer.view, token.input(), with(code), run.out, run.state);
        EXPECT_EQ(run.out.ssm_input.size(), kept_step.out.ssm_input.size());
    }
}

TEST(LayerCodes, OnlyWhoReadsTheSsmInputGetsIt) {
    expect_ssm_input_only_where_read(RandomLayer(tiny_dims(), 1));
    expect_ssm_input_only_where_read(RandomMamba2(tiny2_dims(2), traces::LinearKind::W8Columns, 1));
}

TEST(LayerCodes, Int8InFp32IsInt8ToTheBit) {
    const Options options = with(code_of(XFormat::Int8Sim));
    expect_int8(RandomLayer(tiny_dims(), 1), options);
    expect_int8(GroupedLayer(tiny_dims(), {1, 2, 3}, 1), options);
    expect_int8(RandomMamba2(tiny2_dims(2), traces::LinearKind::W8Columns, 1), options);
}

/// Codes that lose nothing on a layer of small codes, the trivial 4-bit one with all flags set.
std::vector<XCode> lossless_codes() {
    return {code_of(XFormat::Int5), code_of(XFormat::Dual8, 4), dual4(false), dual4(true)};
}

TEST(LayerCodes, WhatLosesNothingIsInt8ToTheBit) {
    const CodedLayer<RandomLayer> mamba1(1.0F, RandomLayer(tiny_dims(), 1));
    const CodedLayer<GroupedLayer> grouped(1.0F, GroupedLayer(tiny_dims(), {1, 2, 3}, 1));
    const CodedLayer<RandomMamba2> mamba2(
        1.0F, RandomMamba2(tiny2_dims(2), traces::LinearKind::W8Columns, 1));
    for (const XCode& code : lossless_codes()) {
        expect_int8(mamba1.layer, with(code));
        expect_int8(grouped.layer, with(code));
        expect_int8(mamba2.layer, with(code));
        expect_int8(mamba1.layer, with(code, XProjInput::Requantized));
        expect_int8(grouped.layer, with(code, XProjInput::Requantized));
        expect_int8(mamba1.layer, with(code, XProjInput::Codes));
    }
}

TEST(LayerCodes, AllFlagsAndIntEightsScaleIsInt8ToTheBit) {
    const XCode code = dual4_by_threshold(false);
    CodedLayer<RandomLayer> mamba1(1.0F, RandomLayer(tiny_dims(), 1));
    mamba1.flag_everything();
    CodedLayer<RandomMamba2> mamba2(1.0F,
                                    RandomMamba2(tiny2_dims(2), traces::LinearKind::W8Columns, 1));
    mamba2.flag_everything();
    for (const XProjInput input : {XProjInput::Copy, XProjInput::Requantized, XProjInput::Codes}) {
        expect_int8(mamba1.layer, with(code, input));
    }
    expect_int8(mamba2.layer, with(code));
    const Prompt prompt(1, 9, mamba1.layer.dims, 2);
    const Outcome run = prefill(mamba1.layer, prompt, with(code));
    EXPECT_GT(run.out.x_counts.flagged, run.out.x_flags.size() * 9 / 10);
    EXPECT_EQ(run.out.x_counts.saturated, 0U);
    EXPECT_GE(*std::max_element(run.out.conv.begin(), run.out.conv.end()), 3);
}

TEST(LayerCodes, TheUniformCodeIsInt8OfAnotherScan) {
    const RandomLayer layer(tiny_dims(), 1);
    RandomLayer scaled(tiny_dims(), 1);
    scaled.view.u_scale = layer.view.u_scale * 3.7F;
    const Prompt prompt(2, 9, layer.dims, 2);
    for (const XProjInput input : {XProjInput::Copy, XProjInput::Codes}) {
        const Outcome got = prefill(layer, prompt, with(code_of(XFormat::Uniform8, 3.7F), input));
        const Outcome want = prefill(scaled, prompt);
        expect_same_results(got, want);
        EXPECT_EQ(got.out.conv, want.out.conv);
        EXPECT_TRUE(got.out.x_codes.empty() && got.out.values.empty());
    }
}

TEST(LayerCodes, TheUniformCodeIsOfXAlone) {
    const RandomMamba2 layer(tiny2_dims(2), traces::LinearKind::W8Columns, 1);
    const Prompt prompt(2, 9, layer.dims, 2);
    const Outcome usual = prefill(layer, prompt);
    const Outcome run = prefill(layer, prompt, with(code_of(XFormat::Uniform8, 4)));
    EXPECT_EQ(run.out.conv, usual.out.conv);
    for (std::size_t i = 0; i < run.out.ssm_input.size(); ++i) {
        const float factor = i % layer.dims.conv_channels() < layer.dims.d_inner ? 4.0F : 1.0F;
        ASSERT_EQ(run.out.ssm_input[i], factor * usual.out.ssm_input[i]) << i;
    }
}

/// The oracle's codes of the FP32 values that `exact` has.
template <typename Layer>
void expect_codes(const CodedLayer<Layer>& coded, const XCode& code, const Outcome& run,
                  const Outcome& exact) {
    const std::size_t inner = coded.layer.dims.d_inner;
    const std::size_t width = coded.layer.dims.conv_channels();
    ASSERT_EQ(run.out.x_flags.size(), code.dual() ? run.out.x_codes.size() : 0);
    XCounts counts;
    std::size_t in_row = 0;
    for (std::size_t i = 0; i < run.out.x_codes.size(); ++i) {
        const std::size_t e = i % inner;
        const std::size_t at = i / inner * width + e;
        in_row = e == 0 ? 0 : in_row;
        const XChannel channel = coded.channel(code, e);
        XCode held = code;
        if (code.sparse_percent != 0 && in_row == code.slots(inner)) {
            held = code_of(code.format == XFormat::Dual8 ? XFormat::Int8 : code.format);
            ASSERT_EQ(code.format, XFormat::Dual8);  // whose flagless code is int8
        }
        const XElement want = oracle_x(held, channel, exact.out.values[at]);
        ASSERT_EQ(run.out.x_codes[i], want.code) << i;
        if (code.dual()) {
            ASSERT_EQ(run.out.x_flags[i], want.flag ? 1 : 0) << i;
        }
        const float scale = want.flag ? channel.decoded_high : channel.decoded_low;
        ASSERT_TRUE(same_bits(run.out.ssm_input[at], scale * static_cast<float>(want.code))) << i;
        in_row += want.flag ? 1 : 0;
        counts.flagged += want.flag ? 1 : 0;
        counts.saturated += want.saturated ? 1 : 0;
    }
    EXPECT_EQ(run.out.x_counts.flagged, counts.flagged);
    EXPECT_EQ(run.out.x_counts.saturated, counts.saturated);
    EXPECT_EQ(counts.flagged > 0, code.dual());
    EXPECT_NE(run.out.scan, exact.out.scan);
}

std::vector<XCode> lossy_codes() {
    XCode listed = code_of(XFormat::Dual8, 3);
    listed.sparse_percent = 1;
    return {
        code_of(XFormat::Int5),    code_of(XFormat::Dual8, 3), listed, dual4(false), dual4(true),
        dual4_by_threshold(false), dual4_by_threshold(true)};
}

template <typename Layer>
void expect_codes(const CodedLayer<Layer>& coded) {
    for (const XCode& code : lossy_codes()) {
        in_every_phase(coded.layer, with(code), with(code_of(XFormat::Fp32)),
                       [&](const Outcome& run, const Outcome& exact) {
                           expect_codes(coded, code, run, exact);
                       });
    }
}

TEST(LayerCodes, AreTheOraclesOfTheConvolutionsValues) {
    expect_codes(CodedLayer<RandomLayer>(kLossy, RandomLayer(tiny_dims(), 1)));
    expect_codes(CodedLayer<GroupedLayer>(kLossy, GroupedLayer(tiny_dims(), {1, 2, 3}, 1)));
    expect_codes(CodedLayer<RandomMamba2>(
        kLossy, RandomMamba2(tiny2_dims(2), traces::LinearKind::W8Columns, 1)));
}

TEST(LayerCodes, Mamba2KeepsTheInt8CodesOfBAndC) {
    const CodedLayer<RandomMamba2> coded(
        kLossy, RandomMamba2(tiny2_dims(2), traces::LinearKind::W8Columns, 1));
    in_every_phase(coded.layer, with(dual4(true)), {},
                   [&](const Outcome& run, const Outcome& usual) {
                       ASSERT_EQ(run.out.conv.size(), usual.out.conv.size());
                       for (std::size_t i = 0; i < usual.out.conv.size(); ++i) {
                           const bool x = i % coded.layer.dims.conv_channels() < 96;
                           ASSERT_EQ(run.out.conv[i], x ? 0 : usual.out.conv[i]) << i;
                           if (!x) {
                               ASSERT_EQ(run.out.ssm_input[i], usual.out.ssm_input[i]) << i;
                           }
                       }
                   });
    const Prompt prompt(1, 3, coded.layer.dims, 2);
    for (const XFormat format : {XFormat::Fp32, XFormat::Int8Sim}) {
        const Outcome run = prefill(coded.layer, prompt, with(code_of(format)));
        EXPECT_TRUE(run.out.conv.empty());
        EXPECT_EQ(run.out.values, run.out.ssm_input);
    }
}

/// Only the copy is int8's of the FP32 value; what is made again is of the decoded code.
template <typename Layer>
void expect_x_proj_codes(const CodedLayer<Layer>& coded) {
    const auto& layer = coded.layer;
    for (const XCode& code : lossy_codes()) {
        in_every_phase(layer, with(code), {}, [](const Outcome& run, const Outcome& usual) {
            EXPECT_EQ(run.out.conv, usual.out.conv);
            EXPECT_EQ(run.out.x_proj, usual.out.x_proj);
        });
        in_every_phase(layer, with(code, XProjInput::Requantized), {},
                       [&](const Outcome& run, const Outcome& usual) {
                           for (std::size_t i = 0; i < run.out.conv.size(); ++i) {
                               const float s8 = coded.coding_scale(i % layer.dims.d_inner);
                               ASSERT_EQ(run.out.conv[i], away_code(run.out.ssm_input[i] / s8));
                           }
                           // 8 bits beyond int8's 127 come back as 127, as in the copy.
                           EXPECT_EQ(run.out.conv == usual.out.conv, code.format == XFormat::Dual8);
                           const std::size_t rows = run.out.conv.size() / layer.dims.d_inner;
                           std::vector<std::int8_t> want(run.out.x_proj.size());
                           linear_forward(layer.view.x_proj, {run.out.conv.data(), 96, 0}, rows,
                                          false, want.data());
                           EXPECT_EQ(run.out.x_proj, want);
                       });
    }
}

TEST(LayerCodes, XProjReadsACopyOrWhatTheSsmReads) {
    expect_x_proj_codes(CodedLayer<RandomLayer>(kLossy, RandomLayer(tiny_dims(), 1)));
    expect_x_proj_codes(CodedLayer<GroupedLayer>(kLossy, GroupedLayer(tiny_dims(), {1, 2, 3}, 1)));
}

TEST(LayerCodes, XProjMultipliesTheCodesThemselves) {
    const CodedLayer<RandomLayer> coded(kLossy, RandomLayer(tiny_dims(), 1));
    const traces::Linear& linear = coded.layer.view.x_proj;
    const auto dot = [&](const Outcome& run, std::size_t i, bool flag) {
        std::int64_t sum = 0;
        for (std::size_t e = 0; e < linear.k; ++e) {
            const std::size_t at = i / linear.n * linear.k + e;
            const bool flagged = !run.out.x_flags.empty() && run.out.x_flags[at] != 0;
            const std::int64_t code = flagged == flag ? run.out.x_codes[at] : 0;
            sum += code * linear.weight[i % linear.n * linear.k + e];
        }
        return static_cast<float>(sum);
    };
    for (const XCode& code : lossy_codes()) {
        const XChannel channel = coded.channel(code, 0);
        const float low = channel.low / coded.coding_scale(0);
        const float high = channel.high / coded.coding_scale(0);
        in_every_phase(coded.layer, with(code, XProjInput::Codes), {},
                       [&](const Outcome& run, const Outcome&) {
                           EXPECT_TRUE(run.out.conv.empty());
                           const bool one_row = run.out.x_proj.size() == linear.n;
                           for (std::size_t i = 0; i < run.out.x_proj.size(); ++i) {
                               const float below = dot(run, i, false) * low;
                               const float acc = std::fma(dot(run, i, true), high, below);
                               const float inner = linear.b * acc;
                               const float v = one_row ? linear.alpha * acc : linear.a * inner;
                               ASSERT_EQ(run.out.x_proj[i], even_code(v)) << i;
                           }
                       });
    }
}

TEST(LayerCodes, RefusesWhatTheSpecDoes) {
    const CodedLayer<RandomLayer> mamba1(kLossy, RandomLayer(tiny_dims(), 1));
    const CodedLayer<GroupedLayer> grouped(kLossy, GroupedLayer(tiny_dims(), {1, 2, 3}, 1));
    const CodedLayer<RandomMamba2> mamba2(
        kLossy, RandomMamba2(tiny2_dims(2), traces::LinearKind::W8Columns, 1));
    const Prompt prompt(1, 5, mamba1.layer.dims, 2);
    for (const XFormat format : {XFormat::Fp32, XFormat::Int8Sim}) {
        EXPECT_THROW(prefill(mamba1.layer, prompt, with(code_of(format), XProjInput::Codes)),
                     std::invalid_argument);
    }
    EXPECT_THROW(prefill(grouped.layer, prompt, with(dual4(true), XProjInput::Codes)),
                 std::invalid_argument);
    EXPECT_NO_THROW(prefill(grouped.layer, prompt, with({}, XProjInput::Codes)));
    for (XCode code : all_codes()) {
        Options options = with(code);
        options.ssd_order = SsdOrder::Chunked;
        if (code.format != XFormat::Int8) {
            EXPECT_THROW(prefill(mamba2.layer, prompt, options), std::invalid_argument);
        }
    }
    EXPECT_THROW(prefill(RandomLayer(tiny_dims(), 1), prompt, with(code_of(XFormat::Int5))),
                 std::invalid_argument);
}

TEST(LayerCodes, LeaveNothingToTheNextLayer) {
    const CodedLayer<RandomLayer> coded(kLossy, RandomLayer(tiny_dims(), 1));
    const Prompt prompt(2, 5, coded.layer.dims, 2);
    const Outcome usual = prefill(coded.layer, prompt);
    for (const XCode& code : {code_of(XFormat::Fp32), dual4(true)}) {
        Outcome run = prefill(coded.layer, prompt, with(code));
        prefill_layer(coded.layer.dims, coded.layer.view, prompt.input(), keeping_ssm_input({}),
                      run.out, run.state);
        EXPECT_TRUE(run.out.x_codes.empty() && run.out.x_flags.empty() && run.out.values.empty());
        EXPECT_EQ(run.out.conv, usual.out.conv);
        expect_same_results(run, usual);
    }
}

}  // namespace
}  // namespace mambasic::golden
