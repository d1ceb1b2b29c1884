// The bookkeeping around the kernels: what a layer is asked in which order, the names and shapes of
// what is written, and the provenance.
#include "cuda_ref/recorder.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "cuda_ref/layer_runner.h"
#include "tests/cuda_ref/random_trace.h"
#include "tests/cuda_ref/recording_device.h"
#include "tests/cuda_ref/temporary_file.h"
#include "traces/layout.h"
#include "traces/safetensors.h"

namespace mambasic::cuda_ref {
namespace {

using traces::Phase;
using traces::Tensor;

TEST(Walk, CallsMamba2sKernelsInOrder) {
    const TemporaryFile file("mamba2_calls.safetensors");
    for (const bool decode : {false, true}) {
        const Phase phase = decode ? Phase::Decode : Phase::Prefill;
        const auto trace = random_trace(file.path(), random_mamba2_info(phase, 1, 3, 24), 1);
        RecordingDevice device;
        walk(trace, device, {}, [](const Tensor&) {});
        const std::string conv = decode ? "conv decode" : "conv prefill";
        const std::string ssd = decode ? "ssd decode" : "ssd prefill";
        const std::vector<std::string> expected = {
            "embed",      "first norm", "linear", conv,     ssd,     "gated norm",
            "hadamard",   "linear",     "norm",   "linear", conv,    ssd,
            "gated norm", "hadamard",   "linear", "norm",   "linear"};
        EXPECT_EQ(device.calls, expected);
    }
}

TEST(Walk, CallsTheKernelsOfThePhaseInOrder) {
    const TemporaryFile file("calls.safetensors");
    for (const bool decode : {false, true}) {
        traces::TraceInfo info = random_info(decode ? Phase::Decode : Phase::Prefill, 1, 3, 24);
        const traces::Trace trace = random_trace(file.path(), info, 1);
        RecordingDevice device;
        walk(trace, device, {}, [](const Tensor&) {});
        const std::string conv = decode ? "conv decode" : "conv prefill";
        const std::string scan = decode ? "scan decode" : "scan prefill";
        const std::vector<std::string> expected = {
            "embed",    "first norm", "linear", conv,     "linear", "linear", scan,
            "hadamard", "linear",     "norm",   "linear", conv,     "linear", "linear",
            scan,       "hadamard",   "linear", "norm",   "linear"};
        EXPECT_EQ(device.calls, expected);
    }
}

TEST(Walk, QuirksReachTheLinears) {
    const TemporaryFile file("quirks.safetensors");
    const traces::Trace trace = random_trace(file.path(), random_info(Phase::Decode, 1, 1, 24), 1);
    Options options;
    options.quamba_quirks = true;
    RecordingDevice device;
    walk(trace, device, options, [](const Tensor&) {});
    for (const LinearJob& job : device.linears) EXPECT_TRUE(job.wrap);
}

TEST(Walk, CodesOfXAreMadeBetweenTheConvolutionAndXProj) {
    const TemporaryFile file("coded_calls.safetensors");
    traces::TraceInfo info = with_codes(random_info(Phase::Decode, 1, 3, 24), "int5");
    info.layers = 1;
    info.has_head = false;
    const auto calls_with = [&](traces::XProjInput input) {
        info.x_proj_input = input;
        const traces::Trace trace = random_trace(file.path(), info, 1);
        RecordingDevice device;
        walk(trace, device, {}, [](const Tensor&) {});
        return device.calls;
    };
    std::vector<std::string> expected = {"first norm",  "linear",   "conv decode",
                                         "code x",      "linear",   "linear",
                                         "scan decode", "hadamard", "linear"};
    EXPECT_EQ(calls_with(traces::XProjInput::Copy), expected);
    EXPECT_EQ(calls_with(traces::XProjInput::Codes), expected);
    expected.insert(expected.begin() + 4, "requantize");
    EXPECT_EQ(calls_with(traces::XProjInput::Requantized), expected);
}

TEST(Walk, XIsRotatedOnceForTheSsm) {
    const TemporaryFile file("rotated_calls.safetensors");
    traces::TraceInfo info =
        with_codes(without_groups(random_mamba2_info(Phase::Decode, 1, 3, 24)), "rotated8-dense");
    info.layers = 1;
    info.has_head = false;
    RecordingDevice device;
    walk(random_trace(file.path(), info, 1), device, {}, [](const Tensor&) {});
    EXPECT_EQ(device.calls,
              (std::vector<std::string>{"first norm", "linear", "conv decode", "rotate x",
                                        "ssd decode", "gated norm", "hadamard", "linear"}));
}

std::vector<Tensor> sorted(std::vector<Tensor> tensors) {
    std::sort(tensors.begin(), tensors.end(),
              [](const Tensor& a, const Tensor& b) { return a.name < b.name; });
    return tensors;
}

/// FORMAT.md's results: what a trace that records everything has beyond one that records nothing.
std::vector<Tensor> results_of(traces::TraceInfo info) {
    info.record = traces::RecordLevel::None;
    const std::vector<Tensor> bare = traces::layout(info);
    info.record = traces::RecordLevel::All;
    std::vector<Tensor> results;
    for (const Tensor& tensor : traces::layout(info)) {
        const bool recorded = std::none_of(bare.begin(), bare.end(), [&](const Tensor& other) {
            return other.name == tensor.name;
        });
        if (recorded) results.push_back(tensor);
    }
    return results;
}

void expect_every_result(const traces::TraceInfo& info) {
    const std::vector<Tensor> ours = sorted(reference_layout(info));
    const std::vector<Tensor> expected = sorted(results_of(info));
    ASSERT_EQ(ours.size(), expected.size());
    for (std::size_t i = 0; i < ours.size(); ++i) {
        EXPECT_EQ(ours[i].name, expected[i].name);
        EXPECT_EQ(ours[i].dtype, expected[i].dtype) << ours[i].name;
        EXPECT_EQ(ours[i].shape, expected[i].shape) << ours[i].name;
    }
}

TEST(Layout, IsEveryResultOfEveryCodeOfX) {
    for (const char* codes : {"int5", "dual4-signed-threshold", "dual8-x4", "uniform8-x3",
                              "int8-sim", "fp32", "1 int8, 1 int5"}) {
        for (const auto input : {traces::XProjInput::Copy, traces::XProjInput::Requantized,
                                 traces::XProjInput::Codes}) {
            for (const auto& family : {random_info(Phase::Prefill, 2, 3, 24),
                                       random_mamba2_info(Phase::Prefill, 2, 3, 24)}) {
                traces::TraceInfo info = with_codes(family, codes);
                const bool values = info.x_code(0).values();
                if (values && input == traces::XProjInput::Codes) continue;
                info.x_proj_input = input;
                expect_every_result(info);
            }
        }
    }
}

TEST(Layout, IsEveryResultOfRotatedCodes) {
    for (const char* codes : {"rotated8-hadamard", "1 int8, 1 rotated8-dense"}) {
        expect_every_result(with_codes(random_info(Phase::Prefill, 2, 3, 24), codes));
        expect_every_result(
            with_codes(without_groups(random_mamba2_info(Phase::Prefill, 2, 3, 24)), codes));
    }
}

TEST(Layout, IsEveryResultOfTheFormat) {
    for (const Phase phase : {Phase::Prefill, Phase::Decode}) {
        for (const bool head : {true, false}) {
            for (traces::TraceInfo info :
                 {random_info(phase, 2, 3, 24), with_table(random_info(phase, 2, 3, 24), 2, 3),
                  random_mamba2_info(phase, 2, 3, 24)}) {
                info.has_head = head;
                info.first_layer = head ? 0 : 2;
                expect_every_result(info);
            }
        }
    }
}

TEST(Record, WritesEveryTensorWithItsProvenance) {
    const TemporaryFile file("record.safetensors");
    const TemporaryFile reference("record.ref.safetensors");
    const traces::Trace trace = random_trace(file.path(), random_info(Phase::Prefill, 2, 3, 24), 1);
    RecordingDevice device;
    Options options;
    options.scan_order = ScanOrder::Cub;
    record(trace, device, options, {"v1-dirty", "13.0", "-fmad=false"}, reference.path());

    const auto written = traces::SafetensorsFile::open(reference.path());
    const auto has = [&](const Tensor& wanted) {
        return std::any_of(written.tensors().begin(), written.tensors().end(),
                           [&](const Tensor& t) { return t.name == wanted.name; });
    };
    for (const Tensor& tensor : reference_layout(trace.info())) {
        EXPECT_TRUE(has(tensor)) << tensor.name;
    }
    const auto& metadata = written.metadata();
    EXPECT_EQ(metadata.at("trace_sha256"), trace.header_sha256());
    EXPECT_EQ(metadata.at("gpu"), "a fake GPU");
    EXPECT_EQ(metadata.at("cuda_driver"), "1.2");
    EXPECT_EQ(metadata.at("cuda_runtime"), "3.4");
    EXPECT_EQ(metadata.at("producer"), "mambasic_cuda_ref v1-dirty");
    EXPECT_EQ(metadata.at("nvcc"), "13.0");
    EXPECT_EQ(metadata.at("nvcc_flags"), "-fmad=false");
    EXPECT_EQ(metadata.at("scan_order"), "cub");
    EXPECT_EQ(metadata.at("softplus"), "log1p");
    EXPECT_EQ(metadata.at("norm_sum"), "tree 8");
    EXPECT_EQ(metadata.at("ssm_sum"), "sequential");
    EXPECT_EQ(metadata.at("quirks"), "none");
    EXPECT_EQ(metadata.at("phase"), "prefill");
    EXPECT_EQ(metadata.count("ssd_order"), 0U);  // Mamba2's
}

TEST(Record, NamesTheSchemeOfAMamba1Trace) {
    const TemporaryFile file("record_groups.safetensors");
    const traces::TraceInfo info = with_table(random_info(Phase::Prefill, 2, 3, 24), 3, 2);
    const traces::Trace trace = random_trace(file.path(), info, 1);
    const auto metadata = provenance(trace, {}, RecordingDevice().info(), {});
    EXPECT_EQ(metadata.at("family"), "mamba1");
    EXPECT_EQ(metadata.at("scheme"), "quamba2");
    EXPECT_EQ(metadata.at("scan_order"), "sequential");
}

TEST(Record, NamesTheOptionsOfMamba2) {
    const TemporaryFile file("record2.safetensors");
    traces::TraceInfo info = random_mamba2_info(Phase::Prefill, 2, 3, 128);
    info.precision = "w4a8";
    const traces::Trace trace = random_trace(file.path(), info, 1);
    Options options;
    options.ssd_order = SsdOrder::Chunked;
    options.ssd_sum = {0};
    const auto metadata = provenance(trace, options, RecordingDevice().info(), {});
    EXPECT_EQ(metadata.at("family"), "mamba2");
    EXPECT_EQ(metadata.at("scheme"), "quamba2");
    EXPECT_EQ(metadata.at("precision"), "w4a8");
    EXPECT_EQ(metadata.at("ssd_order"), "chunked");
    EXPECT_EQ(metadata.at("gated_norm_sum"), "tree 8");
    EXPECT_EQ(metadata.at("ssd_sum"), "sequential");
    EXPECT_EQ(metadata.count("scan_order"), 0U);  // Mamba1's
    EXPECT_EQ(metadata.count("ssm_sum"), 0U);
}

TEST(ConvState, IsTheLastFourInputsPaddedOnTheLeft) {
    const std::vector<std::int8_t> x = {1, 2, 0, 3, 4, 0, 5, 6, 0, 7, 8, 0, 9, 10, 0};
    const Codes codes{x.data(), 3, 2};  // two channels of rows three apart
    EXPECT_EQ(last_conv_inputs(codes, 1, 5), (std::vector<std::int8_t>{3, 5, 7, 9, 4, 6, 8, 10}));
    EXPECT_EQ(last_conv_inputs(codes, 1, 2), (std::vector<std::int8_t>{0, 0, 1, 3, 0, 0, 2, 4}));
    EXPECT_EQ(last_conv_inputs(codes, 2, 1),
              (std::vector<std::int8_t>{0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4}));
}

TEST(HadamardScale, IsRoundedOnceFromDouble) {
    // 1536 channels: the float quotient differs from the rounded double quotient for some scales.
    int differ = 0;
    for (int i = 1; i <= 100; ++i) {
        const double scale = 0.001 * i;
        const double exact = 1.0 / 39.191835884530846 / scale;  // sqrt(1536)
        EXPECT_EQ(hadamard_scale(1536, scale), static_cast<float>(exact));
        const float in_float = 1.0F / 39.191837F / static_cast<float>(scale);
        differ += in_float == static_cast<float>(exact) ? 0 : 1;
    }
    EXPECT_GT(differ, 0);
}

}  // namespace
}  // namespace mambasic::cuda_ref
