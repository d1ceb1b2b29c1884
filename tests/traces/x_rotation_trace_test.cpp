// Traces whose x is rotated before it is coded: FORMAT.md, golden/spec/ssm.md 8.9.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <string>
#include <vector>

#include "handmade_trace.h"
#include "refusal.h"
#include "traces/describe.h"
#include "traces/layer_groups.h"
#include "traces/synth/slice.h"
#include "traces/trace.h"
#include "traces/x_code_text.h"

namespace mambasic::traces {
namespace {

using test::refusal;
using test::set;
using test::temp_path;
using Shape = std::vector<std::uint64_t>;

const std::string kMatrix = "backbone.x_rotation";
const std::string kConv = ".mixer.conv1d.";

TraceInfo with_codes(TraceInfo info, const std::string& codes) {
    EXPECT_TRUE(read_x_codes(codes, info.layers, info.x_codes)) << codes;
    return info;
}

Trace written(const TraceInfo& info) {
    const std::string path = temp_path("rotated");
    test::write_trace(path, info);
    return Trace::open(path);
}

std::string shape_of(const Tensor* tensor) {
    if (tensor == nullptr) return "none";
    std::string out = name_of(tensor->dtype);
    for (const std::uint64_t extent : tensor->shape) out += " " + std::to_string(extent);
    return out;
}

TEST(XRotationText, BothRotationsAreSpelled) {
    XCode hadamard;
    ASSERT_TRUE(read_x_code("rotated8-hadamard", hadamard));
    EXPECT_EQ(hadamard.format, XFormat::Rotated8);
    EXPECT_FALSE(hadamard.dense);
    EXPECT_EQ(spell(hadamard), "rotated8-hadamard");
    XCode dense;
    ASSERT_TRUE(read_x_code("rotated8-dense", dense));
    EXPECT_EQ(dense.format, XFormat::Rotated8);
    EXPECT_TRUE(dense.dense);
    EXPECT_EQ(spell(dense), "rotated8-dense");
    for (const char* text : {"rotated8", "rotated8-", "rotated8-dense-", "rotated8-dense-sparse1",
                             "rotated4-hadamard", "dense", "rotated8-Hadamard"}) {
        XCode out;
        EXPECT_FALSE(read_x_code(text, out)) << text;
    }
    XCode after;
    after.dense = true;
    ASSERT_TRUE(read_x_code("dual8-x4", after));
    EXPECT_FALSE(after.dense);
}

TEST(XRotationTrace, OneMatrixServesAllDenseLayers) {
    const Trace mixed =
        written(with_codes(test::small_info(), "1 rotated8-dense, 1 rotated8-hadamard"));
    EXPECT_EQ(shape_of(mixed.find(kMatrix)), "F16 16 16");
    const XScales dense = mixed.mamba1_layer(0).x_scales;
    EXPECT_EQ(dense.rotation, mixed.find(kMatrix)->as<std::uint16_t>());
    EXPECT_NE(dense.low, nullptr);
    EXPECT_EQ(dense.high, nullptr);
    const XScales hadamard = mixed.mamba1_layer(1).x_scales;
    EXPECT_EQ(hadamard.rotation, nullptr);
    EXPECT_NE(hadamard.low, nullptr);
    EXPECT_EQ(shape_of(mixed.find("backbone.layers.1" + kConv + "x_low_scales")), "F32 1");
    const std::pair<std::string, std::string> shown{"x_code",
                                                    "1 rotated8-dense, 1 rotated8-hadamard"};
    const auto rows = describe(mixed);
    EXPECT_EQ(std::count(rows.begin(), rows.end(), shown), 1);

    const TraceInfo mamba2 = test::mamba2_info("w8a8", "quamba1");
    const Trace both = written(with_codes(mamba2, "rotated8-dense"));
    EXPECT_EQ(shape_of(both.find(kMatrix)), "F16 256 256");
    EXPECT_NE(both.mamba2_layer(0).x_scales.rotation, nullptr);
    EXPECT_EQ(both.mamba2_layer(0).x_scales.rotation, both.mamba2_layer(1).x_scales.rotation);
    EXPECT_EQ(written(with_codes(mamba2, "rotated8-hadamard")).find(kMatrix), nullptr);
}

TEST(XRotationTrace, ShapesOnlyHasTheMatrixAsAShape) {
    TraceInfo info = with_codes(test::small_info(), "rotated8-dense");
    info.shapes_only = true;
    const Trace shapes = written(info);
    EXPECT_EQ(shape_of(shapes.find(kMatrix)), "F16 16 16");
    EXPECT_EQ(shapes.mamba1_layer(0).x_scales.rotation, nullptr);
}

// 16 channels of x; in Mamba2 256 and 64 more of B and C.
TEST(XRotationTrace, WhatIsRecorded) {
    const auto recorded = [](const TraceInfo& from, XProjInput x_proj) {
        TraceInfo info = with_codes(from, "rotated8-hadamard");
        info.x_proj_input = x_proj;
        const Trace trace = written(info);
        std::string out;
        for (const char* name : {"conv1d.output", "conv1d.codes", "conv1d.flags", "conv1d.values",
                                 "rotate.output", "unrotate.output"}) {
            const Tensor* tensor = trace.recorded(1, name);
            if (tensor != nullptr) out += std::string(name) + " " + shape_of(tensor) + "; ";
        }
        return out;
    };
    const std::string mamba1 =
        "conv1d.output I8 2 3 16; conv1d.values F32 2 3 16; rotate.output I8 2 3 16; "
        "unrotate.output F32 2 3 16; ";
    EXPECT_EQ(recorded(test::small_info(), XProjInput::Copy), mamba1);
    EXPECT_EQ(recorded(test::small_info(), XProjInput::Requantized), mamba1);
    EXPECT_EQ(recorded(test::mamba2_info("w8a8", "quamba1"), XProjInput::Copy),
              "conv1d.output I8 2 3 320; conv1d.values F32 2 3 256; rotate.output I8 2 3 256; "
              "unrotate.output F32 2 3 256; ");
}

TEST(XRotationTrace, TablesAndXProjOfCodesAreRefused) {
    TraceInfo hybrid = test::grouped_mamba1_info();
    set_layer_groups({std::nullopt, GroupShape{1, 3, 2}}, hybrid);
    const auto refused = [](TraceInfo info, const std::string& codes) {
        info = with_codes(info, codes);
        info.shapes_only = true;
        return refusal(info);
    };
    EXPECT_EQ(refused(hybrid, "1 rotated8-hadamard, 1 int8"), "accepted");
    EXPECT_EQ(refused(hybrid, "rotated8-dense"),
              "metadata 'x_code': 'rotated8-dense' is for layers without a table of scales; layer "
              "1 has one");
    EXPECT_EQ(refused(test::mamba2_info(), "rotated8-hadamard"),
              "metadata 'x_code': 'rotated8-hadamard' is for layers without a table of scales; "
              "layer 0 has one");
    TraceInfo codes = test::small_info();
    codes.x_proj_input = XProjInput::Codes;
    EXPECT_EQ(refused(codes, "1 int5, 1 rotated8-dense"),
              "metadata 'x_proj_input': 'codes' is for dual8, dual4 and int5 without a table of "
              "scales; layer 1 has rotated8-dense");
}

TEST(XRotationTrace, MatrixAndScaleAreChecked) {
    const TraceInfo info = with_codes(test::small_info(), "1 int8, 1 rotated8-dense");
    EXPECT_EQ(refusal(info), "accepted");
    EXPECT_EQ(refusal(info, set<std::uint16_t>(kMatrix, 37, 0x7C00)),
              "tensor '" + kMatrix + "': element 37 is NaN or infinite");
    EXPECT_EQ(refusal(info, set<std::uint16_t>(kMatrix, 255, 0x8000)), "accepted");
    const std::string scale = "backbone.layers.1" + kConv + "x_low_scales";
    EXPECT_EQ(refusal(info, set<float>(scale, 0, 0.0F)),
              "tensor '" + scale + "': a scale must be finite and > 0 as FP32, not 0.000000");
    EXPECT_EQ(refusal(info, set<std::uint32_t>("trace.layers.1.unrotate.output", 7, 0x7FC00000U)),
              "tensor 'trace.layers.1.unrotate.output': element 7 is NaN or infinite");
    const TraceInfo hadamard = with_codes(test::small_info(), "rotated8-hadamard");
    EXPECT_EQ(refusal(hadamard, {}, {{kMatrix, DType::F16, {16, 16}, nullptr}})
                  .rfind("tensor '" + kMatrix + "': not part of a trace with this metadata", 0),
              0U);
}

TEST(XRotationTrace, ASliceKeepsTheMatrixWhileALayerNeedsIt) {
    const Trace whole =
        written(with_codes(test::small_info(), "1 rotated8-hadamard, 1 rotated8-dense"));
    const auto sliced = [&whole](std::uint32_t first) {
        const std::string path = temp_path("part");
        synth::slice(whole, first, 1, path);
        return Trace::open(path);
    };
    EXPECT_EQ(sliced(0).find(kMatrix), nullptr);
    const Trace last = sliced(1);
    EXPECT_EQ(spell_x_codes(last.info().x_codes), "rotated8-dense");
    const Tensor* kept = last.find(kMatrix);
    ASSERT_NE(kept, nullptr);
    EXPECT_EQ(std::memcmp(kept->data, whole.find(kMatrix)->data, kept->bytes()), 0);
}

}  // namespace
}  // namespace mambasic::traces
