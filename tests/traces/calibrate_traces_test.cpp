// Several traces of one model as the samples of a calibration.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "calibrated.h"
#include "refusal.h"
#include "traces/error.h"
#include "traces/synth/slice.h"

namespace mambasic::traces::synth {
namespace {

using test::captured;
using test::captured_mamba1;
using test::cells;
using test::coded;
using test::codes_of;
using test::kOne;
using test::temp_path;

/// Sequences b to b + count - 1 of a trace as a trace of its own, without results.
Trace sequences(const Trace& trace, std::uint32_t b, std::uint32_t count, const std::string& name) {
    TraceInfo info = trace.info();
    info.batch = count;
    info.record = RecordLevel::None;
    const std::string path = temp_path(name);
    SafetensorsWriter writer(path, metadata_of(info), layout(info));
    for (const Tensor& tensor : layout(info)) {
        const bool of_sequences = tensor.name.rfind("trace.", 0) == 0;
        const std::byte* from = trace.find(tensor.name)->data;
        if (of_sequences) from += b * (tensor.bytes() / count);
        writer.append(tensor.name, from, tensor.bytes());
    }
    writer.finish();
    return Trace::open(path);
}

/// Two sequences; in decode four, because golden rounds a single row in another way.
Trace batch_of(bool mamba2, Phase phase = Phase::Prefill) {
    SynthOptions options = mamba2 ? test::tiny2_options(Scheme::Quamba1, Precision::W8A8, phase)
                                  : test::tiny_options(phase);
    options.batch = phase == Phase::Prefill ? 2 : 4;
    return test::made(options, mamba2 ? "batch2" : "batch1");
}

Trace calibrated(const std::vector<const Trace*>& traces, const TargetScales& target,
                 const std::string& name = "calibrated") {
    const std::string path = temp_path(name);
    calibrate(traces, std::vector<TargetScales>(traces.front()->info().layers, target), path);
    return Trace::open(path);
}

void expect_same_weights(const Trace& one, const Trace& other) {
    for (const Tensor& tensor : one.tensors()) {
        if (tensor.name.rfind("backbone.", 0) != 0) continue;
        const Tensor* same = other.find(tensor.name);
        ASSERT_NE(same, nullptr) << tensor.name;
        ASSERT_EQ(same->bytes(), tensor.bytes()) << tensor.name;
        EXPECT_EQ(std::memcmp(same->data, tensor.data, tensor.bytes()), 0) << tensor.name;
    }
}

TEST(CalibrateTraces, SequencesApartAreTheSameSamplesAsInOneTrace) {
    for (const auto& [mamba2, phase] : {std::pair{false, Phase::Prefill},
                                        {true, Phase::Prefill},
                                        {false, Phase::Decode},
                                        {true, Phase::Decode}}) {
        const Trace both = batch_of(mamba2, phase);
        const std::uint32_t half = both.info().batch / 2;
        const Trace first = sequences(both, 0, half, "first");
        const Trace second = sequences(both, half, half, "second");
        for (const TargetScales& target :
             {kOne, cells(2, 2), coded(kOne, "int5", codes_of(Observer::Mse)),
              coded(cells(2, 2), "dual4-signed-threshold",
                    codes_of(Observer::Percentile, 0.99F))}) {
            const Trace apart = calibrated({&first, &second}, target);
            expect_same_weights(apart, test::regrouped(both, target));
            EXPECT_EQ(apart.info().batch, half);
            EXPECT_EQ(*apart.tokens(), *first.tokens());
        }
    }
}

// The first layer sees the same in all three.
TEST(CalibrateTraces, ALaterTraceMovesAQuantileByItsWeight) {
    for (const bool mamba2 : {false, true}) {
        const Trace both = batch_of(mamba2);
        const Trace first = sequences(both, 0, 1, "first");
        const Trace second = sequences(both, 1, 1, "second");
        Observation how = Observer::Percentile;
        how.sigma = 0.25F;
        const TargetScales target = coded(kOne, "int8", how);
        const auto scale = [&](const std::vector<const Trace*>& traces) {
            return static_cast<double>(test::layer_scales(calibrated(traces, target), 0).x.front());
        };
        const double one = scale({&first});
        const double other = scale({&second});
        EXPECT_GT(std::fabs(one - other), 1e-5 * one);
        EXPECT_NEAR(scale({&first, &second}), one + 0.25 * (other - one), 1e-6 * one);
        EXPECT_NEAR(scale({&second, &first}), other + 0.25 * (one - other), 1e-6 * one);
    }
}

TEST(CalibrateTraces, PromptsAndStepsGoTogether) {
    for (const bool mamba2 : {false, true}) {
        const Trace steps = mamba2 ? captured(Scheme::Quamba1, Precision::W8A8, Phase::Decode)
                                   : captured_mamba1(Precision::W8A8, Phase::Decode);
        TraceInfo info = steps.info();
        info.phase = Phase::Prefill;
        info.record = RecordLevel::None;
        const std::string path = temp_path("prompt");
        SafetensorsWriter writer(path, metadata_of(info), layout(info));
        for (const Tensor& tensor : layout(info)) {
            writer.append(tensor.name, steps.find(tensor.name)->data, tensor.bytes());
        }
        writer.finish();
        const Trace prompt = Trace::open(path);
        const auto scales = [&](const std::vector<const Trace*>& traces) {
            const TargetScales target = coded(kOne, "int8", Observer::MinMax);
            return test::layer_scales(calibrated(traces, target), 0);
        };
        const test::LayerScales of_steps = scales({&steps});
        const test::LayerScales of_prompt = scales({&prompt});
        const test::LayerScales together = scales({&steps, &prompt});
        EXPECT_EQ(together.x[0], std::max(of_steps.x[0], of_prompt.x[0]));
        EXPECT_NEAR(together.state[0], std::max(of_steps.state[0], of_prompt.state[0]), 1e-3F);
        test::expect_decode_is_goldens(calibrated({&steps, &prompt}, kOne));
        test::expect_decode_is_goldens(
            calibrated({&steps, &prompt},
                       coded(kOne, "dual4-skewed-overflow", codes_of(Observer::MinMax, 0.99F))));
    }
}

TEST(CalibrateTraces, TheOthersAreNamed) {
    const Trace both = batch_of(false);
    const Trace first = sequences(both, 0, 1, "first");
    const Trace second = sequences(both, 1, 1, "second");
    const char* const kKey = "regroup.also_calibrated_on_header_sha256";
    const Trace made = calibrated({&first, &second, &both}, kOne);
    EXPECT_EQ(made.info().notes.at("regroup.of_header_sha256"), first.header_sha256());
    EXPECT_EQ(made.info().notes.at(kKey), second.header_sha256() + ", " + both.header_sha256());
    EXPECT_EQ(calibrated({&made}, kOne, "again").info().notes.count(kKey), 0U);
}

std::string refused(const Trace& first, const Trace& other) {
    std::filesystem::remove(temp_path("never"));
    try {
        calibrated({&first, &other}, kOne, "never");
    } catch (const TraceError& error) {
        EXPECT_FALSE(std::filesystem::exists(temp_path("never")));
        return error.what();
    }
    return "accepted";
}

TEST(CalibrateTraces, OtherModelsAreRefused) {
    const Trace trace = captured_mamba1();
    SynthOptions options = test::tiny_options();
    options.dims = trace.info().dims;
    options.seed = 9;
    const Trace stranger = test::made(options, "stranger");
    const std::string rule =
        "; traces calibrated together are runs of one model with the same scales as " +
        trace.path() + " (the first tensor that differs is ";
    EXPECT_EQ(refused(trace, stranger), stranger.path() + ": has other weights or scales" + rule +
                                            "backbone.layers.0.norm.weight)");
    const Trace rescaled =
        test::regrouped(trace, coded(kOne, "int8", Observer::MinMax), "rescaled");
    EXPECT_NE(refused(trace, rescaled).find(": has other weights or scales" + rule),
              std::string::npos);
    const Trace mamba2 = captured(Scheme::Quamba1);
    EXPECT_NE(refused(trace, mamba2).find(rule), std::string::npos);
}

TEST(CalibrateTraces, ShapesAndOtherLayersAreRefused) {
    const Trace trace = captured_mamba1();
    const auto sliced = [&](std::uint32_t first, std::uint32_t count, const std::string& name) {
        slice(trace, first, count, temp_path(name));
        return Trace::open(temp_path(name));
    };
    const Trace second = sliced(1, 1, "second_layer");
    EXPECT_EQ(refused(trace, second),
              second.path() + ": metadata 'first_layer': 1 is not 0, that of " + trace.path());
    const Trace fewer = sliced(0, 1, "first_layer");
    EXPECT_NE(refused(trace, fewer).find("backbone.layers.1"), std::string::npos);
    EXPECT_EQ(refused(fewer, trace), "accepted");
    TraceInfo info = trace.info();
    info.shapes_only = true;
    SafetensorsWriter(temp_path("shapes"), metadata_of(info), {}).finish();
    const Trace shapes = Trace::open(temp_path("shapes"));
    EXPECT_EQ(refused(trace, shapes),
              shapes.path() + ": holds shapes only, there is nothing to calibrate on");
    EXPECT_EQ(refused(shapes, trace),
              shapes.path() + ": holds shapes only, there is nothing to calibrate on");
}

/// The trace with a finite scale that no product survives.
Trace overflowing(const Trace& trace) {
    const std::string path = temp_path("overflowing");
    constexpr double kHuge = 1e38;
    SafetensorsWriter writer(path, metadata_of(trace.info()), layout(trace.info()));
    for (const Tensor& tensor : layout(trace.info())) {
        const bool huge = tensor.name == "backbone.layers.0.mixer.conv1d.weight_scale";
        const void* from = huge ? static_cast<const void*>(&kHuge) : trace.find(tensor.name)->data;
        writer.append(tensor.name, from, tensor.bytes());
    }
    writer.finish();
    return Trace::open(path);
}

TEST(CalibrateTraces, WhatDoesNotOpenReplacesNothing) {
    const Trace trace = captured_mamba1();
    const TargetScales int5 = coded(kOne, "int5", Observer::MinMax);
    const std::string hash = calibrated({&trace}, int5, "kept").header_sha256();
    const Trace strange = overflowing(trace);
    try {
        calibrated({&strange}, int5, "kept");
        FAIL() << "scales of infinity were accepted";
    } catch (const TraceError& error) {
        const std::string what = error.what();
        EXPECT_EQ(what.rfind(temp_path("kept") + ": tensor '", 0), 0U) << what;
        EXPECT_NE(what.find("; it was not written"), std::string::npos) << what;
    }
    EXPECT_EQ(Trace::open(temp_path("kept")).header_sha256(), hash);
}

}  // namespace
}  // namespace mambasic::traces::synth
