#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "handmade_trace.h"
#include "refusal.h"
#include "traces/describe.h"
#include "traces/layer_groups.h"
#include "traces/trace.h"
#include "traces/x_code_text.h"

namespace mambasic::traces {
namespace {

using test::refusal;
using test::set;
using test::temp_path;
using test::write_trace;
using Shape = std::vector<std::uint64_t>;

XCode code_of(const std::string& text) {
    XCode out;
    EXPECT_TRUE(read_x_code(text, out)) << text;
    return out;
}

TraceInfo with_codes(TraceInfo info, const std::string& codes) {
    EXPECT_TRUE(read_x_codes(codes, info.layers, info.x_codes)) << codes;
    return info;
}

// The second layer has a table of 3x2 groups, which is what handmade_trace.h fills ranges for.
TraceInfo hybrid_mamba1() {
    TraceInfo info = test::grouped_mamba1_info();
    set_layer_groups({std::nullopt, GroupShape{1, 3, 2}}, info);
    return info;
}

Trace written(const TraceInfo& info) {
    const std::string path = temp_path("codes");
    write_trace(path, info);
    return Trace::open(path);
}

TEST(XCodeText, ReadsWhatFormatSpells) {
    const XCode four = code_of("dual4-skewed-threshold-sparse7");
    EXPECT_EQ(four.format, XFormat::Dual4);
    EXPECT_TRUE(four.skewed);
    EXPECT_EQ(four.rule, FlagRule::Threshold);
    EXPECT_EQ(four.sparse_percent, 7U);
    const XCode plain = code_of("dual4-signed-overflow");
    EXPECT_FALSE(plain.skewed);
    EXPECT_EQ(plain.rule, FlagRule::Overflow);
    EXPECT_EQ(plain.sparse_percent, 0U);
    const XCode eight = code_of("dual8-x2.5-sparse100");
    EXPECT_EQ(eight.format, XFormat::Dual8);
    EXPECT_EQ(eight.factor, 2.5F);
    EXPECT_EQ(eight.sparse_percent, 100U);
    EXPECT_EQ(code_of("uniform8-x2025").format, XFormat::Uniform8);
    EXPECT_EQ(code_of("uniform8-x2025").factor, 2025.0F);
    EXPECT_EQ(code_of("int8").format, XFormat::Int8);
    EXPECT_EQ(code_of("fp32").format, XFormat::Fp32);
    EXPECT_EQ(code_of("int8-sim").format, XFormat::Int8Sim);
    EXPECT_EQ(code_of("int5").format, XFormat::Int5);
}

TEST(XCodeText, SpellsWhatItReads) {
    for (const char* text :
         {"int8", "fp32", "int8-sim", "int5", "dual4-signed-overflow", "dual4-skewed-overflow",
          "dual4-signed-threshold", "dual4-skewed-threshold-sparse1", "dual8-x4", "dual8-x1.1",
          "dual8-x255-sparse2", "uniform8-x3", "uniform8-x2025"}) {
        EXPECT_EQ(spell(code_of(text)), text);
    }
    EXPECT_EQ(code_of("dual8-x4.0"), code_of("dual8-x4"));
    EXPECT_EQ(spell(code_of("dual8-x1e6")), "dual8-x1000000");
}

TEST(XCodeText, WrongSpellingsAreRefused) {
    for (const char* text : {"",
                             "-",
                             "int4",
                             "int8-",
                             "INT8",
                             "int8-x2",
                             "fp32-sparse1",
                             "int5-sparse1",
                             "dual4",
                             "dual4-signed",
                             "dual4-overflow-signed",
                             "dual4-signed-overflow-",
                             "dual4-signed-overflow-x2",
                             "dual4-signed-overflow-sparse",
                             "dual4-signed-overflow-sparse0",
                             "dual4-signed-overflow-sparse101",
                             "dual4-signed-overflow-sparse-1",
                             "dual4-signed-overflow-sparse1-sparse1",
                             "dual8",
                             "dual8-4",
                             "dual8-x",
                             "dual8-x1",
                             "dual8-x0.5",
                             "dual8-x-4",
                             "dual8-xinf",
                             "dual8-xnan",
                             "dual8-x1e99",
                             "dual8-x1000001",
                             "uniform8-x1000001",
                             "dual8-x4-sparse1%",
                             "dual8-x4-",
                             "uniform8",
                             "uniform8-x1",
                             "uniform8-x2-sparse1",
                             " int8",
                             "int8 "}) {
        XCode out;
        EXPECT_FALSE(read_x_code(text, out)) << text;
    }
}

TEST(XCodeText, OneWordIsOfAllLayers) {
    std::vector<XCode> out;
    ASSERT_TRUE(read_x_codes("int5", 3, out));
    EXPECT_EQ(out, std::vector<XCode>(3, code_of("int5")));
    EXPECT_EQ(spell_x_codes(out), "int5");
    ASSERT_TRUE(read_x_codes("2 int8, 1 dual8-x4", 3, out));
    EXPECT_EQ(out, (std::vector<XCode>{{}, {}, code_of("dual8-x4")}));
    EXPECT_EQ(spell_x_codes(out), "2 int8, 1 dual8-x4");
    EXPECT_FALSE(read_x_codes("2 int8, 1 dual8-x4", 4, out));
    EXPECT_FALSE(read_x_codes("2 int8, 1 dual9", 3, out));
    EXPECT_FALSE(read_x_codes("", 3, out));
}

// What open() says of a shapes-only trace with this in its metadata.
std::string refused(const TraceInfo& from, const std::string& key, const std::string& value) {
    TraceInfo info = from;
    info.shapes_only = true;
    auto metadata = metadata_of(info);
    metadata[key] = value;
    const std::string path = temp_path("spelled");
    SafetensorsWriter(path, metadata, {}).finish();
    return refusal(path);
}

TEST(XCodeTrace, MetadataIsReadAndWritten) {
    TraceInfo info = with_codes(test::small_info(), "1 int8, 1 dual4-skewed-overflow");
    info.x_proj_input = XProjInput::Codes;
    const Trace trace = written(info);
    EXPECT_EQ(trace.info().x_code(0), XCode{});
    EXPECT_EQ(trace.info().x_code(1), code_of("dual4-skewed-overflow"));
    EXPECT_EQ(trace.info().x_proj_input, XProjInput::Codes);
    EXPECT_TRUE(trace.info().notes.empty());
    const auto rows = describe(trace);
    const auto shown = [&rows](const std::string& key) {
        for (const auto& row : rows) {
            if (row.first == key) return row.second;
        }
        return std::string("missing");
    };
    EXPECT_EQ(shown("x_code"), "1 int8, 1 dual4-skewed-overflow");
    EXPECT_EQ(shown("x_proj_input"), "codes");
}

TEST(XCodeTrace, Int8IsNotSpelled) {
    const TraceInfo info = with_codes(test::small_info(), "int8");
    EXPECT_EQ(metadata_of(info), metadata_of(test::small_info()));
    EXPECT_EQ(refused(test::small_info(), "x_code", "2 int8"), "accepted");
    EXPECT_EQ(refused(test::small_info(), "x_proj_input", "copy"), "accepted");
}

TEST(XCodeTrace, WrongMetadataIsRefused) {
    const TraceInfo mamba1 = test::small_info();
    for (const char* text : {"int4", "1 int8", "1 int8, 2 int5", "dual8-x1", ""}) {
        EXPECT_EQ(refused(mamba1, "x_code", text),
                  "metadata 'x_code': '" + std::string(text) +
                      "' is not a code such as dual8-x4 or, for all of 2 layers, as in 12 int8, "
                      "12 int5; a factor, which x leads, is a number above 1 and at most 1e6");
    }
    EXPECT_EQ(refused(mamba1, "x_proj_input", "copies"),
              "metadata 'x_proj_input': 'copies' is not one of copy, requantized, codes");
    EXPECT_EQ(refused(test::mamba2_info(), "x_proj_input", "codes"),
              "metadata 'x_proj_input': Mamba2 has no x_proj");
    const std::string all_int8 =
        "metadata 'x_proj_input': 'codes' is for another x_code than int8, which every layer has; "
        "leave it out";
    EXPECT_EQ(refused(mamba1, "x_proj_input", "codes"), all_int8);
    EXPECT_EQ(refused(with_codes(mamba1, "1 int8, 1 int5"), "x_proj_input", "codes"), "accepted");
    EXPECT_EQ(refused(with_codes(mamba1, "int5"), "x_proj_input", "codes"), "accepted");
    EXPECT_EQ(refused(with_codes(mamba1, "fp32"), "x_proj_input", "requantized"), "accepted");
    EXPECT_EQ(refused(with_codes(mamba1, "1 int5, 1 fp32"), "x_proj_input", "codes"),
              "metadata 'x_proj_input': 'codes' is for dual8, dual4 and int5 without a table of "
              "scales; layer 1 has fp32");
    EXPECT_EQ(refused(with_codes(hybrid_mamba1(), "dual8-x4"), "x_proj_input", "codes"),
              "metadata 'x_proj_input': 'codes' is for dual8, dual4 and int5 without a table of "
              "scales; layer 1 has dual8-x4 with one");
}

// A word of all layers is not written out for as many as a damaged file says: 10^9 codes would
// take more memory than there is.
TEST(XCodeTrace, LayersAreCheckedBeforeTheirCodes) {
    for (const char* code : {"int8", "dual8-x4"}) {
        const TraceInfo info = with_codes(test::small_info(), code);
        EXPECT_EQ(refused(info, "layers", "1000000000"),
                  "metadata 'layers': 1000000000 is outside [1, 2]");
    }
    TraceInfo info = test::small_info();
    info.observers = {Observer::Mse, Observer::Mse};
    EXPECT_EQ(refused(info, "layers", "1000000000"),
              "metadata 'layers': 1000000000 is outside [1, 2]");
}

TEST(XCodeTrace, AQuantileOfAnotherCodeThanDual4IsRefused) {
    const TraceInfo mixed = with_codes(test::small_info(), "1 dual4-skewed-overflow, 1 int5");
    const std::string key = "regroup.observer";
    EXPECT_EQ(refused(mixed, key, "1 minmax-q0.99-x4, 1 minmax"), "accepted");
    EXPECT_EQ(refused(mixed, key, "minmax-q0.99"),
              "metadata 'regroup.observer': 'minmax-q0.99' has a quantile, which is for dual4; "
              "layer 1 has int5");
    EXPECT_EQ(refused(test::small_info(), key, "minmax-q0.99-x4"),
              "metadata 'regroup.observer': 'minmax-q0.99-x4' has a quantile, which is for dual4; "
              "layer 0 has int8");
}

const std::string kConv = ".mixer.conv1d.";

Shape shape_of(const Trace& trace, const std::string& name) {
    const Tensor* tensor = trace.find(name);
    return tensor == nullptr ? Shape{} : tensor->shape;
}

TEST(XCodeTrace, ScalesAreByCellOrOne) {
    const Trace trace = written(with_codes(hybrid_mamba1(), "dual4-signed-threshold"));
    for (const char* name : {"x_low_scales", "x_high_scales", "x_thresholds"}) {
        EXPECT_EQ(shape_of(trace, "backbone.layers.0" + kConv + name), Shape{1});
        EXPECT_EQ(shape_of(trace, "backbone.layers.1" + kConv + name), (Shape{1, 3, 2}));
    }
    const XScales scales = trace.mamba1_layer(1).x_scales;
    const std::string at = "backbone.layers.1" + kConv;
    EXPECT_EQ(scales.low, trace.find(at + "x_low_scales")->as<float>());
    EXPECT_EQ(scales.high, trace.find(at + "x_high_scales")->as<float>());
    EXPECT_EQ(scales.threshold, trace.find(at + "x_thresholds")->as<float>());
    EXPECT_NE(trace.mamba1_layer(0).x_scales.low, nullptr);
}

TEST(XCodeTrace, EveryCodeHasTheScalesItNeeds) {
    const Trace overflow =
        written(with_codes(test::mamba2_info(), "1 int5, 1 dual4-skewed-overflow"));
    const XScales five = overflow.mamba2_layer(0).x_scales;
    EXPECT_EQ(shape_of(overflow, "backbone.layers.0" + kConv + "x_low_scales"), (Shape{2, 3, 2}));
    EXPECT_NE(five.low, nullptr);
    EXPECT_EQ(five.high, nullptr);
    EXPECT_EQ(five.threshold, nullptr);
    const XScales four = overflow.mamba2_layer(1).x_scales;
    EXPECT_NE(four.low, nullptr);
    EXPECT_NE(four.high, nullptr);
    EXPECT_EQ(four.threshold, nullptr);
    const Trace none = written(with_codes(test::mamba2_info("w8a8", "quamba1"), "dual8-x4"));
    EXPECT_EQ(none.mamba2_layer(1).x_scales.low, nullptr);
    EXPECT_EQ(none.find("backbone.layers.0" + kConv + "x_low_scales"), nullptr);
}

TEST(XCodeTrace, MissingAndSurplusScalesAreRefused) {
    TraceInfo info = with_codes(test::small_info(), "int5");
    info.shapes_only = false;
    EXPECT_EQ(
        refusal(info, {},
                {{"backbone.layers.0.mixer.conv1d.x_high_scales", DType::F32, {1}, nullptr}}),
        "tensor 'backbone.layers.0.mixer.conv1d.x_high_scales': not part of a trace with this "
        "metadata; the nearest that is: 'backbone.layers.0.mixer.conv1d.x_low_scales'");
    auto metadata = metadata_of(info);
    metadata["x_code"] = "dual4-signed-overflow";
    const std::string path = temp_path("missing");
    SafetensorsWriter writer(path, metadata, layout(info));
    for (const Tensor& tensor : layout(info)) {
        const test::Bytes bytes = test::valid_bytes(info, tensor);
        writer.append(tensor.name, bytes.data(), bytes.size());
    }
    writer.finish();
    EXPECT_EQ(
        refusal(path),
        "tensor 'backbone.layers.0.mixer.conv1d.x_high_scales': is missing; expected F32 [1]");
}

TEST(XCodeTrace, ScalesAreAboveZero) {
    const TraceInfo info = with_codes(test::mamba2_info(), "dual4-signed-threshold");
    for (const char* name : {"x_low_scales", "x_high_scales", "x_thresholds"}) {
        const std::string key = "backbone.layers.1" + kConv + name;
        EXPECT_EQ(
            refusal(info, set<float>(key, 3, 0.0F)),
            "tensor '" + key + "': a scale must be finite and > 0 as FP32; element 3 is 0.000000");
        EXPECT_EQ(refusal(info, set<std::uint32_t>(key, 3, 0x7F800000U)),
                  "tensor '" + key + "': element 3 is NaN or infinite");
    }
}

// Which of output, codes, flags and values are recorded.
std::string recorded(const TraceInfo& from, const std::string& code,
                     XProjInput x_proj = XProjInput::Copy) {
    TraceInfo info = with_codes(from, code);
    info.x_proj_input = x_proj;
    const Trace trace = written(info);
    std::string out;
    for (const char* name : {"output", "codes", "flags", "values"}) {
        const Tensor* tensor = trace.recorded(0, std::string("conv1d.") + name);
        if (tensor == nullptr) continue;
        out += std::string(out.empty() ? "" : " ") + name + std::to_string(tensor->shape[2]);
    }
    return out;
}

// 16 channels of x; in Mamba2 256 and 64 more of B and C.
TEST(XCodeTrace, WhatIsRecordedDependsOnTheCode) {
    const TraceInfo mamba1 = test::small_info();
    EXPECT_EQ(recorded(mamba1, "int8"), "output16");
    EXPECT_EQ(recorded(mamba1, "uniform8-x2"), "output16");
    EXPECT_EQ(recorded(mamba1, "fp32"), "output16 values16");
    EXPECT_EQ(recorded(mamba1, "int8-sim"), "output16 values16");
    EXPECT_EQ(recorded(mamba1, "int5"), "output16 codes16");
    EXPECT_EQ(recorded(mamba1, "dual8-x4"), "output16 codes16 flags16");
    EXPECT_EQ(recorded(mamba1, "dual4-signed-overflow", XProjInput::Requantized),
              "output16 codes16 flags16");
    EXPECT_EQ(recorded(mamba1, "dual8-x4", XProjInput::Codes), "codes16 flags16");
    EXPECT_EQ(recorded(mamba1, "int5", XProjInput::Codes), "codes16");
    EXPECT_EQ(recorded(mamba1, "uniform8-x2", XProjInput::Codes), "output16");
    const TraceInfo mamba2 = test::mamba2_info();
    EXPECT_EQ(recorded(mamba2, "int8"), "output320");
    EXPECT_EQ(recorded(mamba2, "fp32"), "values320");
    EXPECT_EQ(recorded(mamba2, "int8-sim"), "values320");
    EXPECT_EQ(recorded(mamba2, "int5"), "output320 codes256");
    EXPECT_EQ(recorded(mamba2, "dual4-skewed-overflow"), "output320 codes256 flags256");
}

TEST(XCodeTrace, RecordedCodesAreInTheirRange) {
    const auto refused_code = [](const std::string& code, const char* name, int value) {
        return refusal(with_codes(test::small_info(), code),
                       set<std::int8_t>(std::string("trace.layers.1.conv1d.") + name, 5,
                                        static_cast<std::int8_t>(value)));
    };
    const auto outside = [](const std::string& name, int value, const std::string& range) {
        return "tensor 'trace.layers.1.conv1d." + name + "': element 5 is " +
               std::to_string(value) + ", outside " + range;
    };
    EXPECT_EQ(refused_code("int5", "codes", 15), "accepted");
    EXPECT_EQ(refused_code("int5", "codes", 16), outside("codes", 16, "[-16, 15]"));
    EXPECT_EQ(refused_code("int5", "codes", -17), outside("codes", -17, "[-16, 15]"));
    EXPECT_EQ(refused_code("dual4-signed-overflow", "codes", 8), outside("codes", 8, "[-8, 7]"));
    EXPECT_EQ(refused_code("dual4-skewed-overflow", "codes", 8), "accepted");
    EXPECT_EQ(refused_code("dual4-skewed-overflow", "codes", -2), outside("codes", -2, "[-1, 14]"));
    EXPECT_EQ(refused_code("dual8-x4", "codes", -128), "accepted");
    EXPECT_EQ(refused_code("dual8-x4", "flags", 1), "accepted");
    EXPECT_EQ(refused_code("dual8-x4", "flags", 2), outside("flags", 2, "[0, 1]"));
    EXPECT_EQ(refused_code("dual8-x4", "flags", -1), outside("flags", -1, "[0, 1]"));
}

}  // namespace
}  // namespace mambasic::traces
