// A slice computes what the whole computed.
#include "traces/synth/slice.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>

#include "handmade_trace.h"
#include "tiny_options.h"
#include "traces/error.h"
#include "traces/synth/regroup.h"
#include "traces/synth/replay.h"

namespace mambasic::traces::synth {
namespace {

using test::temp_path;
using test::tiny_options;

void expect_same(const Tensor* a, const Tensor* b) {
    ASSERT_NE(a, nullptr);
    ASSERT_NE(b, nullptr);
    ASSERT_EQ(a->bytes(), b->bytes());
    EXPECT_EQ(std::memcmp(a->data, b->data, a->bytes()), 0) << a->name;
}

Trace made(Phase phase, RecordLevel record) {
    SynthOptions options = tiny_options(phase);
    options.dims.n_layer = 3;
    options.layers = 3;
    options.record = record;
    const std::string path = temp_path("whole");
    synthesize(options, path);
    return Trace::open(path);
}

Trace sliced(const Trace& whole, std::uint32_t first, std::uint32_t count) {
    const std::string path = temp_path("part");
    slice(whole, first, count, path);
    return Trace::open(path);
}

TEST(Slice, AllLayersKeepTheHeadAndEveryTensor) {
    const Trace whole = made(Phase::Prefill, RecordLevel::All);
    const Trace again = sliced(whole, 0, 3);
    EXPECT_TRUE(again.info().has_head);
    EXPECT_EQ(again.info().data_sha256, whole.info().data_sha256);
    EXPECT_EQ(again.info().notes.at("slice.of_header_sha256"), whole.header_sha256());
}

// A trace one of whose weights changed after it was hashed.
Trace damaged(const Trace& whole) {
    const Tensor* weight = whole.find("backbone.layers.0.mixer.conv1d.weight");
    const std::string bytes(reinterpret_cast<const char*>(weight->data), weight->bytes());
    std::string content = test::read_file(whole.path());
    content.at(content.find(bytes)) ^= 1;
    const std::string path = temp_path("damaged");
    test::write_file(path, content);
    return Trace::open(path);
}

// Else the new file would vouch for what the old one's hash denies.
TEST(Slice, WhatMakesATraceOfAnotherWantsItIntact) {
    const Trace broken = damaged(made(Phase::Prefill, RecordLevel::None));
    const std::string path = temp_path("unmade");
    const auto refusal = [&path](const std::function<void()>& make) -> std::string {
        try {
            make();
        } catch (const TraceError& error) {
            EXPECT_FALSE(std::filesystem::exists(path));
            return error.what();
        }
        return "accepted";
    };
    EXPECT_NE(refusal([&] { slice(broken, 0, 1, path); }).find("data_sha256"), std::string::npos);
    EXPECT_NE(refusal([&] { regroup(broken, TargetScales{}, path); }).find("data_sha256"),
              std::string::npos);
}

TEST(Slice, InputIsTheSameRecordedOrRecomputed) {
    for (const Phase phase : {Phase::Prefill, Phase::Decode}) {
        const Trace recorded = made(phase, RecordLevel::All);
        const Trace from_record = sliced(recorded, 2, 1);
        const Trace bare = made(phase, RecordLevel::None);
        const Trace recomputed = sliced(bare, 2, 1);
        expect_same(from_record.find("trace.input.hidden"), recomputed.find("trace.input.hidden"));
        expect_same(from_record.find("trace.input.residual"),
                    recomputed.find("trace.input.residual"));
        expect_same(from_record.find("trace.input.hidden"),
                    recorded.recorded(1, "out_proj.output"));
        EXPECT_EQ(recomputed.info().first_layer, 2U);
        EXPECT_FALSE(recomputed.info().has_head);
    }
}

TEST(Slice, FirstLayersTakeTheEmbedding) {
    const Trace whole = made(Phase::Prefill, RecordLevel::All);
    const Trace part = sliced(whole, 0, 2);
    expect_same(part.find("trace.input.hidden"), whole.find("trace.embedding.output"));
    EXPECT_EQ(part.input_residual(), nullptr);
    EXPECT_EQ(part.find("trace.tokens"), nullptr);
}

TEST(Slice, OutputsLevelGetsTheLastLayersOutput) {
    const Trace full = made(Phase::Prefill, RecordLevel::All);
    const Trace expected = sliced(full, 1, 1);
    const Trace outputs = made(Phase::Prefill, RecordLevel::Outputs);
    const Trace part = sliced(outputs, 1, 1);
    expect_same(part.recorded(0, "out_proj.output"), expected.recorded(0, "out_proj.output"));
    expect_same(part.recorded(0, "scan.state"), expected.recorded(0, "scan.state"));
}

TEST(Slice, RunsToWhatTheWholeRecorded) {
    for (const Phase phase : {Phase::Prefill, Phase::Decode}) {
        const Trace whole = made(phase, RecordLevel::All);
        const Trace part = sliced(whole, 1, 2);
        const std::uint64_t elements = std::uint64_t{part.info().tokens} * 96;
        Stream stream{{part.input_hidden(), part.input_hidden() + elements},
                      {part.input_residual(), part.input_residual() + elements}};
        golden::LayerTensors out;
        for (std::uint32_t i = 0; i < 2; ++i) {
            golden::LayerState state;
            if (phase == Phase::Decode) {
                state.conv.assign(part.conv_state_in(i), part.conv_state_in(i) + 192 * 4);
                state.ssm.assign(part.ssm_state_in(i), part.ssm_state_in(i) + 192 * 16);
            }
            out = run_layer(part.info(), options_of(part.info(), i), part.mamba1_layer(i), stream,
                            state);
            stream = after(out);
        }
        const Tensor* recorded = whole.recorded(2, "out_proj.output");
        ASSERT_EQ(out.out_proj.size(), recorded->elements());
        EXPECT_EQ(std::memcmp(out.out_proj.data(), recorded->data, recorded->bytes()), 0);
    }
}

TEST(Slice, OfASlice) {
    const Trace whole = made(Phase::Prefill, RecordLevel::None);
    const std::string path = temp_path("middle");
    slice(whole, 1, 2, path);
    const Trace direct = sliced(whole, 2, 1);
    const Trace middle = Trace::open(path);
    const std::string second = temp_path("second");
    slice(middle, 1, 1, second);
    const Trace last = Trace::open(second);
    EXPECT_EQ(last.info().first_layer, 2U);
    EXPECT_EQ(last.info().data_sha256, direct.info().data_sha256);
}

TEST(Slice, ShapesOnly) {
    SynthOptions options = tiny_options();
    options.shapes_only = true;
    synthesize(options, temp_path("shapes"));
    const Trace part = sliced(Trace::open(temp_path("shapes")), 1, 1);
    EXPECT_EQ(part.info().first_layer, 1U);
    EXPECT_NE(part.find("trace.input.residual"), nullptr);
}

TEST(Slice, KeepsTablesAndPackedWords) {
    TraceInfo info = test::mamba2_info("w4a8");
    info.packed_w4 = true;
    const std::string path = temp_path("packed");
    test::write_trace(path, info);
    const Trace whole = Trace::open(path);
    const Trace part = sliced(whole, 1, 1);
    EXPECT_TRUE(part.info().packed_w4);
    EXPECT_TRUE(part.info().groups == info.groups);
    for (const std::string name : {"in_proj.weight", "in_proj.s_group", "in_proj.s_channel",
                                   "conv1d.x_dim_group_range", "qchunk_scan.ssm_state_scale"}) {
        const std::string key = "backbone.layers.1.mixer." + name;
        expect_same(part.find(key), whole.find(key));
    }
    expect_same(part.recorded(0, "gated_norm.output"), whole.recorded(1, "gated_norm.output"));
    expect_same(part.find("trace.input.hidden"), whole.recorded(0, "out_proj.output"));
    const Linear linear = part.mamba2_layer(0).in_proj;
    const Linear before = whole.mamba2_layer(1).in_proj;
    EXPECT_EQ(std::memcmp(linear.weight, before.weight, std::size_t{640} * 128), 0);
}

TEST(Slice, RangesOutsideTheTrace) {
    const Trace whole = made(Phase::Prefill, RecordLevel::None);
    EXPECT_THROW(slice(whole, 3, 1, temp_path("no")), TraceError);
    EXPECT_THROW(slice(whole, 0, 0, temp_path("no")), TraceError);
    EXPECT_THROW(slice(whole, 2, 2, temp_path("no")), TraceError);
    EXPECT_THROW(slice(whole, 1, 0xFFFFFFFFU, temp_path("no")), TraceError);
    EXPECT_FALSE(std::filesystem::exists(temp_path("no")));
}

}  // namespace
}  // namespace mambasic::traces::synth
