// What a calibrated trace recorded is what golden gives with the trace's codes.
#include <gtest/gtest.h>

#include <cstring>

#include "calibrated.h"
#include "traces/describe.h"
#include "traces/synth/slice.h"

namespace mambasic::traces::synth {
namespace {

using test::captured;
using test::captured_mamba1;
using test::cells;
using test::coded;
using test::codes_of;
using test::kOne;
using test::regrouped;
using test::temp_path;

constexpr const char* kCodes[] = {"fp32",
                                  "int8-sim",
                                  "int5",
                                  "dual8-x4",
                                  "uniform8-x2",
                                  "dual4-signed-overflow",
                                  "dual4-skewed-threshold",
                                  "dual4-skewed-overflow-sparse1"};

Observation percentile() {
    Observation out = Observer::Percentile;
    out.quantile = 0.95F;
    return out;
}

TEST(CalibrateRecorded, PrefillIsGoldensWithEveryCode) {
    for (const Trace& trace : test::both_families()) {
        for (const char* code : kCodes) {
            const Trace made = regrouped(trace, coded(cells(2, 2), code, percentile()), "coded");
            EXPECT_EQ(spell(made.info().x_code(1)), code);
            test::expect_prefill_is_goldens(made);
            EXPECT_NO_THROW(require_intact(made));
        }
    }
}

TEST(CalibrateRecorded, DecodeIsGoldensWithEveryCode) {
    for (const bool mamba2 : {false, true}) {
        const Trace trace = mamba2 ? captured(Scheme::Quamba1, Precision::W4A8, Phase::Decode)
                                   : captured_mamba1(Precision::W4A8, Phase::Decode);
        for (const char* code : kCodes) {
            test::expect_decode_is_goldens(regrouped(trace, coded(kOne, code, percentile())));
            Observation seen = percentile();
            seen.codes = true;
            test::expect_decode_is_goldens(regrouped(trace, coded(cells(2, 2), code, seen)));
        }
    }
}

TEST(CalibrateRecorded, LayersMayHaveTheirOwnCode) {
    for (const Trace& trace : test::both_families()) {
        const Trace made = regrouped(
            trace, {kOne, coded(cells(2, 2), "dual4-skewed-overflow", percentile())}, "hybrid");
        EXPECT_EQ(spell_x_codes(made.info().x_codes), "1 int8, 1 dual4-skewed-overflow");
        EXPECT_EQ(made.recorded(0, "conv1d.codes"), nullptr);
        EXPECT_NE(made.recorded(1, "conv1d.codes"), nullptr);
        test::expect_prefill_is_goldens(made);
        slice(made, 1, 1, temp_path("behind"));
        const Trace behind = Trace::open(temp_path("behind"));
        EXPECT_EQ(spell_x_codes(behind.info().x_codes), "dual4-skewed-overflow");
        EXPECT_NE(behind.recorded(0, "conv1d.flags"), nullptr);
        slice(made, 0, 1, temp_path("before"));
        EXPECT_EQ(metadata_of(Trace::open(temp_path("before")).info()).count("x_code"), 0U);
    }
}

// Recorded outputs only: the slice runs its layers again to have them.
TEST(CalibrateRecorded, ASliceRunsItsLayersWithTheirCodes) {
    SynthOptions options = test::tiny_options();
    const Trace all = regrouped(test::made(options, "all"),
                                coded(kOne, "dual4-signed-overflow", percentile()), "coded_all");
    options.record = RecordLevel::Outputs;
    const Trace outputs =
        regrouped(test::made(options, "outputs"),
                  coded(kOne, "dual4-signed-overflow", percentile()), "coded_outputs");
    slice(outputs, 0, 1, temp_path("sliced"));
    const Trace sliced = Trace::open(temp_path("sliced"));
    const Tensor* from_all = all.recorded(0, "out_proj.output");
    const Tensor* ran = sliced.recorded(0, "out_proj.output");
    ASSERT_NE(ran, nullptr);
    EXPECT_EQ(std::memcmp(ran->data, from_all->data, ran->bytes()), 0);
    slice(outputs, 1, 1, temp_path("sliced_behind"));
    const Trace behind = Trace::open(temp_path("sliced_behind"));
    EXPECT_EQ(std::memcmp(behind.input_hidden(), from_all->data, from_all->bytes()), 0);
}

// What x_proj reads is that of the trace too, which need not be of ours.
TEST(CalibrateRecorded, ASliceRunsItsLayersWithTheirInputOfXProj) {
    const Trace coded_trace =
        regrouped(captured_mamba1(), coded(kOne, "dual4-signed-overflow", percentile()));
    TraceInfo info = coded_trace.info();
    info.record = RecordLevel::None;
    std::vector<std::vector<arith::Half>> behind;
    for (const XProjInput input : {XProjInput::Copy, XProjInput::Requantized, XProjInput::Codes}) {
        info.x_proj_input = input;
        SafetensorsWriter writer(temp_path("x_proj"), metadata_of(info), layout(info));
        for (const Tensor& tensor : layout(info)) {
            writer.append(tensor.name, coded_trace.find(tensor.name)->data, tensor.bytes());
        }
        writer.finish();
        const Trace trace = Trace::open(temp_path("x_proj"));
        slice(trace, 1, 1, temp_path("sliced"));
        const Trace sliced = Trace::open(temp_path("sliced"));
        test::each_layer(trace, [&](std::uint32_t index, const std::vector<float>&,
                                    const golden::LayerTensors& out) {
            if (index > 0) return;
            EXPECT_EQ(std::memcmp(sliced.input_hidden(), out.out_proj.data(),
                                  out.out_proj.size() * sizeof(arith::Half)),
                      0);
            behind.push_back(out.out_proj);
        });
    }
    EXPECT_NE(behind[0], behind[1]);
    EXPECT_NE(behind[1], behind[2]);
}

// Tensors of both that have one name.
std::size_t expect_alike(const Trace& one, const Trace& other) {
    std::size_t shared = 0;
    for (const Tensor& tensor : one.tensors()) {
        const Tensor* same = other.find(tensor.name);
        if (same == nullptr) continue;
        ++shared;
        EXPECT_EQ(std::memcmp(same->data, tensor.data, tensor.bytes()), 0) << tensor.name;
    }
    return shared;
}

TEST(CalibrateRecorded, DecodedCodesInFp32ChangeNothing) {
    for (const Trace& trace : test::both_families()) {
        const Trace sim = regrouped(trace, coded(kOne, "int8-sim", Observer::Percentile), "sim");
        const Trace int8 = regrouped(trace, kOne, "int8");
        const std::size_t absent = trace.info().dims.mamba2() ? trace.info().layers : 0;
        EXPECT_EQ(expect_alike(int8, sim), int8.tensors().size() - absent);
    }
}

// And the scales of its code leave it again.
TEST(CalibrateRecorded, ATraceWithCodesGoesBackToInt8) {
    for (const Trace& trace : test::both_families()) {
        const Trace five = regrouped(trace, coded(kOne, "int5", Observer::Percentile), "five");
        const Trace back = regrouped(five, kOne, "back");
        EXPECT_TRUE(back.info().x_codes.empty() || back.info().x_code(0) == XCode{});
        EXPECT_EQ(back.info().data_sha256, regrouped(trace, kOne, "int8").info().data_sha256);
    }
}

}  // namespace
}  // namespace mambasic::traces::synth
