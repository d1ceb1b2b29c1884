// The program that proves rung 2, on the emulated GPU: it finds nothing where all is well, and
// finds what is wrong.
#include "tests/cuda_ref/rung2.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <sstream>

#include "cuda_ref/command.h"
#include "cuda_ref/cuda_device.h"
#include "tests/cuda_ref/random_trace.h"
#include "tests/cuda_ref/recording_device.h"
#include "tests/cuda_ref/temporary_file.h"
#include "traces/error.h"
#include "traces/layout.h"

namespace mambasic::cuda_ref {
namespace {

using traces::Phase;

class Rung2 : public testing::Test {
protected:
    const TemporaryFile trace_{"rung2.safetensors"};
    const TemporaryFile reference_{"rung2.ref.safetensors"};

    traces::Trace make_trace(Phase phase, std::uint64_t seed, std::uint32_t tokens = 5) const {
        return random_trace(trace_.path(), random_info(phase, 2, tokens, 24), seed);
    }

    traces::Trace make_mamba2_trace(Phase phase, std::uint32_t batch, std::uint32_t tokens) const {
        return random_trace(trace_.path(), random_mamba2_info(phase, batch, tokens, 24), 4);
    }

    void record_by_command(std::vector<std::string> options) const {
        std::vector<std::string> arguments = {trace_.path(), "-o", reference_.path()};
        arguments.insert(arguments.end(), options.begin(), options.end());
        std::ostringstream out;
        std::ostringstream err;
        ASSERT_EQ(run_command(
                      arguments, [] { return std::make_unique<CudaDevice>(); },
                      {"v1", "13.0", "-flags"}, out, err),
                  0)
            << err.str();
    }
};

TEST_F(Rung2, TheCommandsFileEqualsGoldenWithTheOptionsThatItNames) {
    const std::vector<std::vector<std::string>> choices = {
        {},
        {"--order", "cub"},
        {"--softplus", "log-exp-plus-1"},
        {"--norm-sum", "sequential", "--ssm-sum", "16"},
        {"--norm-sum", "32", "--quirks", "quamba"}};
    for (const Phase phase : {Phase::Prefill, Phase::Decode}) {
        const traces::Trace trace = make_trace(phase, 4);
        for (const auto& options : choices) {
            record_by_command(options);
            const auto differences = compare_file(trace, reference_.path());
            EXPECT_EQ(differences.size(), 28U);
            EXPECT_EQ(total_mismatches(differences), 0U);
        }
    }
}

TEST_F(Rung2, TheCommandsMamba2FileEqualsGoldenWithTheOptionsThatItNames) {
    const std::vector<std::vector<std::string>> choices = {
        {},
        {"--order", "chunked", "--softplus", "log-exp-plus-1"},
        {"--order", "recurrent", "--gated-norm-sum", "sequential", "--ssd-sum", "sequential"},
        {"--gated-norm-sum", "32", "--ssd-sum", "4", "--quirks", "quamba"}};
    for (const Phase phase : {Phase::Prefill, Phase::Decode}) {
        const traces::Trace trace = make_mamba2_trace(phase, 2, 19);
        for (const auto& options : choices) {
            record_by_command(options);
            const auto differences = compare_file(trace, reference_.path());
            EXPECT_EQ(differences.size(), 26U);
            EXPECT_EQ(total_mismatches(differences), 0U);
        }
    }
}

/// The emulated GPU with a fault: a job is changed before it runs.
class FaultyDevice final : public Device {
public:
    std::function<void(LinearJob&)> linear_fault = [](LinearJob&) {};
    std::function<void(ConvJob&)> conv_fault = [](ConvJob&) {};
    std::function<void(CodeJob&)> code_fault = [](CodeJob&) {};
    std::function<void(RotateJob&)> rotate_fault = [](RotateJob&) {};
    std::function<void(RequantizeJob&)> requantize_fault = [](RequantizeJob&) {};
    std::function<void(ScanJob&)> scan_fault = [](ScanJob&) {};
    std::function<void(SsdJob&)> ssd_fault = [](SsdJob&) {};
    std::function<void(GatedNormJob&)> gated_norm_fault = [](GatedNormJob&) {};

    DeviceInfo info() const override { return gpu_.info(); }
    void embed(const EmbedJob& job) override { gpu_.embed(job); }
    void residual_norm(const NormJob& job) override { gpu_.residual_norm(job); }
    void linear(const LinearJob& job) override { gpu_.linear(changed(job, linear_fault)); }
    void conv_prefill(const ConvJob& job) override { gpu_.conv_prefill(changed(job, conv_fault)); }
    void conv_decode(const ConvJob& job) override { gpu_.conv_decode(changed(job, conv_fault)); }
    void code_x(const CodeJob& job) override { gpu_.code_x(changed(job, code_fault)); }
    void rotate_x(const RotateJob& job) override { gpu_.rotate_x(changed(job, rotate_fault)); }
    void requantize(const RequantizeJob& job) override {
        gpu_.requantize(changed(job, requantize_fault));
    }
    void scan_prefill(const ScanJob& job) override { gpu_.scan_prefill(changed(job, scan_fault)); }
    void scan_decode(const ScanJob& job) override { gpu_.scan_decode(changed(job, scan_fault)); }
    void ssd_prefill(const SsdJob& job) override { gpu_.ssd_prefill(changed(job, ssd_fault)); }
    void ssd_decode(const SsdJob& job) override { gpu_.ssd_decode(changed(job, ssd_fault)); }
    void gated_norm(const GatedNormJob& job) override {
        gpu_.gated_norm(changed(job, gated_norm_fault));
    }
    void hadamard(const HadamardJob& job) override { gpu_.hadamard(job); }

private:
    template <typename Job>
    static Job changed(Job job, const std::function<void(Job&)>& fault) {
        fault(job);
        return job;
    }
    CudaDevice gpu_;
};

TEST_F(Rung2, AnotherOrderIsFound) {
    FaultyDevice device;
    device.scan_fault = [](ScanJob& job) { job.order = ScanOrder::Cub; };
    device.ssd_fault = [](SsdJob& job) { job.order = SsdOrder::Chunked; };
    Options other;
    other.scan_order = ScanOrder::Cub;
    other.ssd_order = SsdOrder::Chunked;
    for (const bool mamba2 : {false, true}) {
        const traces::Trace trace =
            mamba2 ? make_mamba2_trace(Phase::Prefill, 2, 60) : make_trace(Phase::Prefill, 4, 60);
        EXPECT_EQ(total_mismatches(compare_device(trace, device, other)), 0U);
        EXPECT_GT(total_mismatches(compare_device(trace, device, {})), 0U);
    }
}

/// Each scale in its left neighbour's place; `room` keeps them.
const float* moved_left(const float* scales, std::uint64_t count, std::vector<float>& room) {
    room.assign(scales, scales + count);
    std::rotate(room.begin(), room.begin() + 1, room.end());
    return room.data();
}

TEST_F(Rung2, FaultsInTheTablesOfMamba1AreFound) {
    std::vector<float> room;
    std::map<std::string, FaultyDevice> devices;
    devices["output scales"].conv_fault = [&](ConvJob& job) {
        job.output_scales = moved_left(job.output_scales, job.x.width, room);
    };
    devices["u scales"].scan_fault = [&](ScanJob& job) {
        job.u_scales = moved_left(job.u_scales, job.channels, room);
    };
    devices["state scales"].scan_fault = [&](ScanJob& job) {
        job.state_scales = moved_left(job.state_scales, job.channels * job.states, room);
    };
    for (const Phase phase : {Phase::Prefill, Phase::Decode}) {
        const traces::TraceInfo info = with_table(random_info(phase, 1, 20, 24), 2, 3);
        const traces::Trace trace = random_trace(trace_.path(), info, 4);
        for (auto& [fault, device] : devices) {
            EXPECT_GT(total_mismatches(compare_device(trace, device, {})), 0U) << fault;
        }
    }
}

TEST_F(Rung2, FaultsInMamba2AreFound) {
    std::vector<float> room;
    std::map<std::string, FaultyDevice> devices;
    devices["sections"].conv_fault = [](ConvJob& job) { --job.sections[0].end; };
    devices["output scales"].conv_fault = [&](ConvJob& job) {
        job.output_scales = moved_left(job.output_scales, job.x.width, room);
    };
    devices["x scales"].ssd_fault = [&](SsdJob& job) {
        job.x_scales = moved_left(job.x_scales, job.x.width, room);
    };
    devices["state scales"].ssd_fault = [&](SsdJob& job) {
        job.state_scales = moved_left(job.state_scales, job.x.width * job.states, room);
    };
    devices["heads"].ssd_fault = [](SsdJob& job) { job.groups = 1; };
    devices["groups"].gated_norm_fault = [](GatedNormJob& job) { job.groups = 1; };
    devices["one row"].linear_fault = [](LinearJob& job) {
        if (job.epilogue == Epilogue::ColumnsOneRow) job.epilogue = Epilogue::Columns;
    };
    const traces::Trace trace = make_mamba2_trace(Phase::Decode, 1, 40);
    for (auto& [fault, device] : devices) {
        EXPECT_GT(total_mismatches(compare_device(trace, device, {})), 0U) << fault;
    }
}

/// Runs a Mamba1 network of one code of x with each fault.
void expect_found(const std::string& path, std::map<std::string, FaultyDevice>& devices,
                  const char* code, traces::XProjInput input) {
    traces::TraceInfo info = with_codes(random_info(Phase::Prefill, 2, 20, 24), code);
    info.x_proj_input = input;
    const traces::Trace trace = random_trace(path, info, 4);
    for (auto& [fault, device] : devices) {
        EXPECT_GT(total_mismatches(compare_device(trace, device, {})), 0U) << fault;
    }
    FaultyDevice sound;
    EXPECT_EQ(total_mismatches(compare_device(trace, sound, {})), 0U);
}

/// The scan's input in floats, each in its left neighbour's place.
std::function<void(ScanJob&)> moves_input(std::vector<float>& room) {
    return [&room](ScanJob& job) {
        const std::uint64_t values = job.batch * job.tokens * job.fp32_u.stride;
        job.fp32_u.data = moved_left(job.fp32_u.data, values, room);
    };
}

TEST_F(Rung2, FaultsInCodesOfXAreFound) {
    std::vector<float> room;
    std::map<std::string, FaultyDevice> devices;
    devices["places"].code_fault = [](CodeJob& job) { --job.places; };
    devices["low scales"].code_fault = [](CodeJob& job) { job.low = job.high; };
    devices["decoding scales"].code_fault = [](CodeJob& job) {
        job.decoded_high = job.decoded_low;
    };
    devices["levels"].code_fault = [](CodeJob& job) { job.highest = 15.0F; };
    devices["no flags"].linear_fault = [](LinearJob& job) { job.flags = nullptr; };
    devices["high factor"].linear_fault = [](LinearJob& job) { job.high *= 1.01F; };
    devices["one scale"].linear_fault = [](LinearJob& job) { job.rescaled = false; };
    devices["the scan's input"].scan_fault = moves_input(room);
    expect_found(trace_.path(), devices, "dual4-skewed-overflow-sparse3",
                 traces::XProjInput::Codes);
    devices.clear();
    devices["threshold"].code_fault = [](CodeJob& job) { job.by_threshold = false; };
    devices["requantized"].requantize_fault = [&](RequantizeJob& job) {
        room.assign(job.scales, job.scales + job.channels);
        room.back() *= 1.5F;  // all channels have one scale
        job.scales = room.data();
    };
    expect_found(trace_.path(), devices, "dual4-signed-threshold", traces::XProjInput::Requantized);
}

TEST_F(Rung2, FaultsInRotatedCodesAreFound) {
    std::vector<float> room;
    std::map<std::string, FaultyDevice> devices;
    devices["scale"].rotate_fault = [](RotateJob& job) { job.scale *= 1.01F; };
    devices["factor"].rotate_fault = [](RotateJob& job) { job.factor *= 1.00001F; };
    devices["no row but the first"].rotate_fault = [](RotateJob& job) { job.rows = 1; };
    devices["the scan's input"].scan_fault = moves_input(room);
    expect_found(trace_.path(), devices, "rotated8-hadamard", traces::XProjInput::Copy);
    devices.erase("factor");
    devices["another rotation"].rotate_fault = [](RotateJob& job) {
        job.matrix = nullptr;
        job.factor = 0.14F;
    };
    expect_found(trace_.path(), devices, "rotated8-dense", traces::XProjInput::Requantized);
}

TEST_F(Rung2, AnotherTraceIsRefused) {
    make_trace(Phase::Prefill, 4);
    record_by_command({});
    const traces::Trace other = make_trace(Phase::Prefill, 5);
    EXPECT_THROW(compare_file(other, reference_.path()), traces::TraceError);
    EXPECT_THROW(compare_file(other, trace_.path()), traces::TraceError);  // no reference at all
}

TEST_F(Rung2, TheTableTellsWhatDiffers) {
    std::ostringstream good;
    CudaDevice gpu;
    std::vector<Rung2Case> cases = rung2_cases({3});
    cases.resize(3);
    for (Rung2Case& c : cases) c.info.dims = random_info(Phase::Prefill, 1, 1, 12).dims;
    EXPECT_TRUE(run_cases(cases, gpu, trace_.path(), good));
    EXPECT_NE(good.str().find("total"), std::string::npos);
    EXPECT_EQ(good.str().find("In this case"), std::string::npos);

    std::ostringstream bad;
    RecordingDevice idle;  // leaves zeros everywhere
    EXPECT_FALSE(run_cases(cases, idle, trace_.path(), bad));
    EXPECT_NE(bad.str().find("In this case"), std::string::npos);
    EXPECT_NE(bad.str().find("trace.layers.*.scan.output"), std::string::npos);
}

// Nine codes: Mamba1 twice with two inputs of x_proj, prefill in both orders and decode, Mamba2
// with a table and without, prefill and decode; and six of them that x_proj multiplies.
constexpr std::size_t kCodeCases = 9 * (4 * 3 + 2 * 2) + 6 * 3;

// Two rotations of two widths; three walks of Mamba1 with each of two inputs of x_proj, two of
// Mamba2.
constexpr std::size_t kRotationCases = 2U * 2U * (2U * 3U + 2U);

TEST(Rung2Cases, AreEveryLengthPhaseAndOrder) {
    const auto cases = rung2_cases({1, 2049});
    EXPECT_EQ(cases.size(), 2U * (2U * 4U + 3U) * 3U + 5U * 3U + kCodeCases + kRotationCases);
    EXPECT_EQ(cases.front().name, "mamba1 quamba1 w8a8, prefill, sequential, D 96, batch 1, L 1");
    std::set<std::string> names;
    for (const Rung2Case& c : cases) {
        EXPECT_NO_THROW(traces::layout(c.info)) << c.name;
        EXPECT_TRUE(names.insert(c.name).second) << c.name << " is there twice";
    }
    constexpr const char* kDenseRotation =
        "mamba2 quamba1 w8a8 G 2 rotated8-dense, decode, D 160, batch 2, L 129";
    for (const char* name :
         {"mamba1 quamba1 w8a8, prefill, cub, D 96, batch 2, L 2049",
          "mamba1 quamba1 w4a8, decode, D 128, batch 1, L 2049",
          "mamba1 quamba2 w8a8, prefill, cub, D 96, batch 2, L 2049",
          "mamba1 quamba2 w4a8, decode, D 2560, batch 1, L 33",
          "mamba2 quamba2 w8a8 G 2, prefill, recurrent, D 96, batch 2, L 1",
          "mamba2 quamba2 w4a8 G 2, prefill, chunked, D 128, batch 1, L 2049",
          "mamba2 quamba2 w8a8 G 1, decode, D 96, batch 1, L 2049",
          "mamba2 quamba1 w8a8 G 2, prefill, recurrent, D 96, batch 1, L 1",
          "mamba2 quamba2 w4a8 G 1, prefill, chunked, D 2560, batch 1, L 33",
          "mamba1 quamba1 w8a8 int5 codes, decode, D 96, batch 2, L 129",
          "mamba2 quamba2 w8a8 G 2 dual8-x4, decode, D 96, batch 2, L 129", kDenseRotation}) {
        EXPECT_EQ(names.count(name), 1U) << name;
    }
}

}  // namespace
}  // namespace mambasic::cuda_ref
