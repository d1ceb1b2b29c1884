// The program that proves rung 2, on the emulated GPU: it finds nothing where all is well, and
// finds what is wrong.
#include "tests/cuda_ref/rung2.h"

#include <gtest/gtest.h>

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

TEST_F(Rung2, AnotherOrderIsFound) {
    const traces::Trace trace = make_trace(Phase::Prefill, 4, 60);
    Options cub;
    cub.scan_order = ScanOrder::Cub;
    class CubDevice : public Device {  // takes the wrong order
    public:
        DeviceInfo info() const override { return gpu_.info(); }
        void embed(const EmbedJob& job) override { gpu_.embed(job); }
        void residual_norm(const NormJob& job) override { gpu_.residual_norm(job); }
        void linear(const LinearJob& job) override { gpu_.linear(job); }
        void conv_prefill(const ConvJob& job) override { gpu_.conv_prefill(job); }
        void conv_decode(const ConvJob& job) override { gpu_.conv_decode(job); }
        void scan_prefill(const ScanJob& job) override {
            ScanJob other = job;
            other.order = ScanOrder::Cub;
            gpu_.scan_prefill(other);
        }
        void scan_decode(const ScanJob& job) override { gpu_.scan_decode(job); }
        void ssd_prefill(const SsdJob& job) override { gpu_.ssd_prefill(job); }
        void ssd_decode(const SsdJob& job) override { gpu_.ssd_decode(job); }
        void gated_norm(const GatedNormJob& job) override { gpu_.gated_norm(job); }
        void hadamard(const HadamardJob& job) override { gpu_.hadamard(job); }

    private:
        CudaDevice gpu_;
    };
    CubDevice device;
    EXPECT_EQ(total_mismatches(compare_device(trace, device, cub)), 0U);
    EXPECT_GT(total_mismatches(compare_device(trace, device, {})), 0U);
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

TEST(Rung2Cases, AreEveryLengthPhaseAndOrder) {
    const auto cases = rung2_cases({1, 2049});
    EXPECT_EQ(cases.size(), 2U * 2U * 3U + 2U * 3U);
    EXPECT_EQ(cases.front().name, "prefill, sequential, D 96, batch 1, L 1");
    EXPECT_EQ(cases[11].name, "decode, D 96, batch 2, L 2049");
    for (const Rung2Case& c : cases) EXPECT_NO_THROW(traces::layout(c.info)) << c.name;
}

}  // namespace
}  // namespace mambasic::cuda_ref
