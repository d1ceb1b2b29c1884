// A trace on top of the container: typed views of what was written, and refusal of everything that
// FORMAT.md does not allow.
#include "traces/trace.h"

#include <gtest/gtest.h>

#include <limits>

#include "handmade_trace.h"
#include "refusal.h"

namespace mambasic::traces {
namespace {

using test::refusal;
using test::set;
using test::small_info;
using test::temp_path;
using test::write_trace;

// The header with one piece of text replaced by another of the same length.
std::string with_edit(const std::string& from, const std::string& to) {
    EXPECT_EQ(from.size(), to.size());
    const std::string path = temp_path("edited");
    write_trace(path, small_info());
    std::string content = test::read_file(path);
    const std::size_t at = content.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    content.replace(at, from.size(), to);
    test::write_file(path, content);
    return refusal(path);
}

TEST(Trace, TypedViewsPointAtWhatWasWritten) {
    const std::string path = temp_path("valid");
    write_trace(path, small_info(Phase::Decode), set("backbone.layers.1.mixer.x_proj.b", 0, 0.5F));
    const Trace trace = Trace::open(path);
    EXPECT_EQ(trace.info().model, "handmade");
    EXPECT_EQ(trace.info().dims.vocab, 20U);
    EXPECT_EQ(trace.info().phase, Phase::Decode);
    EXPECT_EQ(trace.info().record, RecordLevel::All);
    EXPECT_EQ(trace.info().epsilon, 1e-5F);
    EXPECT_EQ(trace.computed_data_sha256(), trace.info().data_sha256);

    const Mamba1Layer layer = trace.mamba1_layer(1);
    EXPECT_EQ(layer.x_proj.n, 12U);
    EXPECT_EQ(layer.x_proj.n_padded, 16U);
    EXPECT_EQ(layer.x_proj.k, 16U);
    EXPECT_EQ(layer.x_proj.b, 0.5F);
    EXPECT_EQ(trace.mamba1_layer(0).x_proj.b, 0.25F);
    const auto* in_proj = trace.find("backbone.layers.1.mixer.in_proj.weight");
    ASSERT_NE(in_proj, nullptr);
    EXPECT_EQ(layer.in_proj.weight, in_proj->as<std::int8_t>());
    EXPECT_EQ(layer.a_log,
              trace.find("backbone.layers.1.mixer.selective_scan.A_log")->as<std::int8_t>());
    EXPECT_EQ(trace.head().lm_head.n_padded, 32U);
    EXPECT_EQ(trace.tokens()[5], 5);
    EXPECT_EQ(trace.input_hidden(), nullptr);
    EXPECT_EQ(trace.input_residual(), nullptr);
    EXPECT_EQ(trace.conv_state_in(1),
              trace.find("trace.layers.1.conv1d.state_in")->as<std::int8_t>());
    EXPECT_EQ(trace.recorded(0, "scan.carry"), trace.find("trace.layers.0.scan.carry"));
    EXPECT_EQ(trace.recorded(0, "no.such"), nullptr);
    for (const Tensor& tensor : trace.tensors()) {
        EXPECT_NE(tensor.name.rfind("trace.pad.", 0), 0U) << tensor.name;
        const auto position = reinterpret_cast<std::uintptr_t>(tensor.data);
        const std::size_t unit = tensor.elements() > 1 ? 64 : bytes_of(tensor.dtype);
        EXPECT_EQ(position % unit, 0U) << tensor.name;
    }
}

TEST(Trace, SliceKeepsTheLayersNumber) {
    TraceInfo info = small_info();
    info.has_head = false;
    info.first_layer = 1;
    info.layers = 1;
    const std::string path = temp_path("slice");
    write_trace(path, info);
    const Trace trace = Trace::open(path);
    EXPECT_NE(trace.find("backbone.layers.1.norm.weight"), nullptr);
    EXPECT_EQ(trace.find("backbone.layers.0.norm.weight"), nullptr);
    EXPECT_EQ(trace.recorded(0, "out_proj.output"), trace.find("trace.layers.1.out_proj.output"));
    EXPECT_NE(trace.input_hidden(), nullptr);
    EXPECT_NE(trace.input_residual(), nullptr);
    EXPECT_EQ(trace.conv_state_in(0), nullptr);
}

TEST(Trace, RecordLevelsHoldWhatTheySay) {
    TraceInfo info = small_info();
    info.record = RecordLevel::Outputs;
    const std::string path = temp_path("outputs");
    write_trace(path, info);
    const Trace trace = Trace::open(path);
    EXPECT_NE(trace.recorded(0, "scan.state"), nullptr);
    EXPECT_EQ(trace.recorded(0, "out_proj.output"), nullptr);
    EXPECT_NE(trace.recorded(1, "out_proj.output"), nullptr);
    EXPECT_EQ(trace.recorded(1, "scan.output"), nullptr);
    EXPECT_NE(trace.find("trace.lm_head.output"), nullptr);
    EXPECT_EQ(trace.find("trace.norm_f.output"), nullptr);
}

TEST(Trace, ShapesOnlyIsSmallAndKnowsEveryShape) {
    TraceInfo info = small_info();
    info.shapes_only = true;
    info.dims = {2560, 5120, 16, 4, 160, 64, 50280};
    info.layers = 64;
    const std::string path = temp_path("shapes");
    write_trace(path, info);
    const Trace trace = Trace::open(path);
    EXPECT_LT(trace.file_bytes(), 2048U);
    EXPECT_EQ(trace.find("lm_head.weight")->shape, (std::vector<std::uint64_t>{50288, 2560}));
    EXPECT_EQ(trace.find("lm_head.weight")->data, nullptr);
    const Mamba1Layer layer = trace.mamba1_layer(63);
    EXPECT_EQ(layer.in_proj.weight, nullptr);
    EXPECT_EQ(layer.in_proj.n, 10240U);
    EXPECT_EQ(layer.norm_output_scale, 0.0F);
    EXPECT_EQ(trace.tokens(), nullptr);
}

TEST(Trace, HeaderHashNamesTheContent) {
    const std::string a = temp_path("hash_a");
    const std::string b = temp_path("hash_b");
    write_trace(a, small_info());
    write_trace(b, small_info(), set<std::int8_t>("backbone.layers.0.mixer.conv1d.bias", 3, 99));
    EXPECT_EQ(Trace::open(a).header_sha256().size(), 64U);
    EXPECT_NE(Trace::open(a).header_sha256(), Trace::open(b).header_sha256());
}

TEST(Trace, TruncatedAtEveryTensor) {
    const std::string path = temp_path("whole");
    write_trace(path, small_info());
    const std::string content = test::read_file(path);
    const std::string cut = temp_path("cut");
    for (std::size_t bytes = 0; bytes < content.size(); bytes += 61) {
        test::write_file(cut, content.substr(0, bytes));
        EXPECT_NE(refusal(cut), "accepted") << bytes;
    }
}

TEST(Trace, MetadataThatDoesNotParse) {
    EXPECT_EQ(with_edit("\"phase\":\"prefill\"", "\"phase\":\"prefull\""),
              "metadata 'phase': 'prefull' is not one of prefill, decode");
    EXPECT_EQ(with_edit("\"batch\":\"2\"", "\"batch\":\"x\""),
              "metadata 'batch': 'x' is not a whole number >= 0");
    EXPECT_EQ(with_edit("\"batch\":\"2\"", "\"botch\":\"2\""), "metadata 'batch': is missing");
    EXPECT_EQ(with_edit("\"tokens\":\"3\"", "\"tokens\":\"0\""),
              "metadata 'tokens': 0 is outside [1, 16777216]");
    EXPECT_EQ(with_edit("\"epsilon\":\"1e-05\"", "\"epsilon\":\"1e-0x\""),
              "metadata 'epsilon': '1e-0x' is not a number");
    EXPECT_EQ(with_edit("\"mambasic_trace\":\"1\"", "\"mambasic_trace\":\"2\""),
              "metadata 'mambasic_trace': '2' is not one of 1");
    EXPECT_EQ(with_edit("\"mambasic_trace\":\"1\"", "\"nambasic_trace\":\"1\""),
              "metadata 'mambasic_trace': is missing: not a mambasic trace");
    EXPECT_EQ(with_edit("\"scheme\":\"quamba1\"", "\"scheme\":\"quamba9\""),
              "metadata 'scheme': 'quamba9' is not one of quamba1, quamba2, hybrid");
}

TEST(Trace, DimensionsThatContradict) {
    const auto with = [](const std::function<void(TraceInfo&)>& change) {
        TraceInfo info = small_info();
        info.shapes_only = true;
        change(info);
        return refusal(info);
    };
    EXPECT_EQ(with([](TraceInfo&) {}), "accepted");
    EXPECT_EQ(with([](TraceInfo& i) { i.dims.d_inner = 24; }),
              "metadata 'd_inner': 24 is not 2 * d_model = 16");
    EXPECT_EQ(with([](TraceInfo& i) {
                  i.dims.d_model = 9;
                  i.dims.d_inner = 18;
              }),
              "metadata 'd_inner': 18 is not 2^k, 12 * 2^k or 40 * 2^k");
    EXPECT_EQ(with([](TraceInfo& i) { i.dims.d_conv = 3; }), "metadata 'd_conv': 3 is not 4");
    EXPECT_EQ(with([](TraceInfo& i) { i.layers = 3; }), "metadata 'layers': 3 is outside [1, 2]");
    EXPECT_EQ(with([](TraceInfo& i) { i.first_layer = 1; }),
              "metadata 'first_layer': 1 + layers exceeds n_layer = 2");
    EXPECT_EQ(with([](TraceInfo& i) {
                  i.first_layer = 1;
                  i.layers = 1;
              }),
              "metadata 'has_head': needs first_layer 0, since tokens are the input");
    EXPECT_EQ(with([](TraceInfo& i) { i.epsilon = 0; }),
              "metadata 'epsilon': is not a finite number > 0");
    EXPECT_EQ(with([](TraceInfo& i) {
                  i.batch = 4096;
                  i.tokens = 1U << 20;
              }),
              "metadata 'tokens': batch * tokens exceeds 2^26");
}

TEST(Trace, TensorsThatAreNotTheOnesPromised) {
    EXPECT_EQ(with_edit("\"backbone.layers.0.norm.weight\"", "\"backbone.layers.0.norm.waight\""),
              "tensor 'backbone.layers.0.norm.weight': is missing; expected F16 [8]");
    EXPECT_EQ(
        with_edit("\"dtype\":\"F16\",\"shape\":[2,3,8]", "\"dtype\":\"F16\",\"shape\":[3,2,8]"),
        "tensor 'trace.embedding.output': is F16 [3,2,8], expected F16 [2,3,8]");
    EXPECT_EQ(with_edit("\"dtype\":\"I32\"", "\"dtype\":\"F32\""),
              "tensor 'trace.tokens': is F32 [2,3], expected I32 [2,3]");
    EXPECT_EQ(
        with_edit("\"trace.pad.0\"", "\"tracy.pad.0\"").rfind("tensor 'tracy.pad.0': not part", 0),
        0U);
    EXPECT_EQ(with_edit("\"trace.pad.10\"", "\"trace.extra.\""), "accepted");
}

TEST(Trace, ShapesOnlyRefusesTensors) {
    EXPECT_EQ(with_edit("\"shapes_only\":\"false\"", "\"shapes_only\":\"true\" "),
              "tensor 'trace.tokens': a shapes-only trace holds no tensors");
}

TEST(Trace, ValuesOutsideTheArithmetic) {
    const TraceInfo info = small_info();
    const float nan = std::numeric_limits<float>::quiet_NaN();
    EXPECT_EQ(refusal(info, set("trace.layers.1.norm.residual", 47, nan)),
              "tensor 'trace.layers.1.norm.residual': element 47 is NaN or infinite");
    EXPECT_EQ(refusal(info, set<std::uint16_t>("trace.layers.0.scan.output", 0, 0xFC00U)),
              "tensor 'trace.layers.0.scan.output': element 0 is NaN or infinite");
    EXPECT_EQ(refusal(info, set<std::uint16_t>("backbone.embedding.scales", 19, 0x7E00U)),
              "tensor 'backbone.embedding.scales': element 19 is NaN or infinite");
    const std::string u_scale = "backbone.layers.0.mixer.selective_scan.u_scale";
    EXPECT_EQ(refusal(info, set(u_scale, 0, nan)),
              "tensor '" + u_scale + "': element 0 is NaN or infinite");
    EXPECT_EQ(refusal(info, set(u_scale, 0, 0.0F)),
              "tensor '" + u_scale + "': a scale must be finite and > 0 as FP32, not 0.000000");
    EXPECT_EQ(refusal(info, set(u_scale, 0, -1.0F)),
              "tensor '" + u_scale + "': a scale must be finite and > 0 as FP32, not -1.000000");
    const std::string had = "backbone.layers.1.mixer.had.x_H_scale";
    EXPECT_NE(refusal(info, set(had, 0, 1e300)), "accepted");   // infinite as FP32
    EXPECT_NE(refusal(info, set(had, 0, 1e-300)), "accepted");  // zero as FP32
    EXPECT_EQ(refusal(info, set(had, 0, 1e-30)), "accepted");
}

TEST(Trace, NegativeEmbeddingScaleIsUpstreamsToMake) {
    EXPECT_EQ(refusal(small_info(), set<std::uint16_t>("backbone.embedding.scales", 1, 0xBC00U)),
              "accepted");
}

TEST(Trace, TokensOutsideTheVocabulary) {
    EXPECT_EQ(refusal(small_info(), set<std::int32_t>("trace.tokens", 4, 20)),
              "tensor 'trace.tokens': element 4 is token 20, outside [0, 20)");
    EXPECT_EQ(refusal(small_info(), set<std::int32_t>("trace.tokens", 0, -1)),
              "tensor 'trace.tokens': element 0 is token -1, outside [0, 20)");
}

TEST(Trace, PaddingRowsMustBeZero) {
    const std::string name = "backbone.layers.0.mixer.x_proj.weight";
    EXPECT_EQ(refusal(small_info(), set<std::int8_t>(name, 12 * 16 - 1, 5)), "accepted");
    EXPECT_EQ(refusal(small_info(), set<std::int8_t>(name, 13 * 16 + 2, 5)),
              "tensor '" + name + "': row 13 is padding and must be zero");
    EXPECT_EQ(refusal(small_info(), set<std::int8_t>("lm_head.weight", 20 * 8, 1)),
              "tensor 'lm_head.weight': row 20 is padding and must be zero");
}

TEST(Trace, NotesAreKept) {
    TraceInfo info = small_info();
    info.notes = {{"synth.seed", "7"}};
    const std::string path = temp_path("notes");
    write_trace(path, info);
    EXPECT_EQ(Trace::open(path).info().notes,
              (std::map<std::string, std::string>{{"synth.seed", "7"}}));
}

}  // namespace
}  // namespace mambasic::traces
