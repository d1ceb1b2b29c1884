#include "cuda_ref/command.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/cuda_ref/random_trace.h"
#include "tests/cuda_ref/recording_device.h"
#include "tests/cuda_ref/temporary_file.h"
#include "traces/metadata.h"
#include "traces/safetensors.h"
#include "traces/writer.h"

namespace mambasic::cuda_ref {
namespace {

struct Result {
    int status;
    std::string out;
    std::string err;
};

Result run(
    const std::vector<std::string>& arguments,
    const DeviceFactory& open_device = [] { return std::make_unique<RecordingDevice>(); }) {
    std::ostringstream out;
    std::ostringstream err;
    const int status = run_command(arguments, open_device, {"v1", "13.0", "-flags"}, out, err);
    return {status, out.str(), err.str()};
}

void expect_usage_error(const std::vector<std::string>& arguments, const std::string& message) {
    const Result result = run(arguments);
    EXPECT_EQ(result.status, 2);
    EXPECT_EQ(result.out, "");
    EXPECT_EQ(result.err, "mambasic_cuda_ref: " + message + "\n");
}

TEST(CommandLine, OptionsReachTheRun) {
    const Command command =
        parse_command({"T", "-o", "R", "--order", "cub", "--softplus", "log-exp-plus-1",
                       "--norm-sum", "16", "--quirks", "quamba"});
    EXPECT_EQ(command.trace, "T");
    EXPECT_EQ(command.out, "R");
    EXPECT_EQ(command.options.scan_order, ScanOrder::Cub);
    EXPECT_EQ(command.options.softplus, arith::Softplus::LogExpPlus1);
    EXPECT_EQ(command.options.norm_sum.tree_width, 16U);
    EXPECT_TRUE(command.options.quamba_quirks);
    const Command trees =
        parse_command({"-o", "R", "--ssm-sum", "4", "--norm-sum", "sequential", "T"});
    EXPECT_EQ(trees.options.ssm_sum.tree_width, 4U);
    EXPECT_EQ(trees.options.norm_sum.tree_width, 0U);
    const Command mamba2 = parse_command(
        {"-o", "R", "--order", "recurrent", "--ssd-sum", "4", "--gated-norm-sum", "32", "T"});
    EXPECT_EQ(mamba2.options.ssd_order, SsdOrder::Recurrent);
    EXPECT_EQ(mamba2.options.ssd_sum.tree_width, 4U);
    EXPECT_EQ(mamba2.options.gated_norm_sum.tree_width, 32U);
    EXPECT_EQ(parse_command({"-o", "R", "--order", "chunked", "T"}).options.ssd_order,
              SsdOrder::Chunked);
}

TEST(CommandLine, CodesOfXReachTheRun) {
    const Command command = parse_command(
        {"T", "-o", "R", "--x-code", "dual8-x4-sparse2", "--x-proj-input", "requantized"});
    ASSERT_TRUE(command.options.x_code && command.options.x_proj_input);
    EXPECT_EQ(command.options.x_code->format, traces::XFormat::Dual8);
    EXPECT_EQ(command.options.x_code->factor, 4.0F);
    EXPECT_EQ(command.options.x_code->sparse_percent, 2U);
    EXPECT_EQ(*command.options.x_proj_input, traces::XProjInput::Requantized);
    const Options usual = parse_command({"T", "-o", "R"}).options;
    EXPECT_FALSE(usual.x_code || usual.x_proj_input);
}

TEST(CommandCodes, OthersThanTheTracesAreRefused) {
    const TemporaryFile trace("codes.safetensors");
    const TemporaryFile reference("codes_reference.safetensors");
    const auto refuses = [&](const traces::TraceInfo& info, std::vector<std::string> options,
                             const std::string& message) {
        random_trace(trace.path(), info, 1);
        options.insert(options.begin(), {trace.path(), "-o", reference.path()});
        expect_usage_error(options, message);
        EXPECT_FALSE(std::filesystem::exists(reference.path()));
    };
    const auto mamba1 = random_info(traces::Phase::Prefill, 1, 3, 24);
    const auto mamba2 = random_mamba2_info(traces::Phase::Prefill, 1, 3, 24);
    const std::string layer = trace.path() + ": layer 0: ";
    refuses(mamba1, {"--x-code", "int6"},
            "--x-code: 'int6' is no code such as int8, fp32, int8-sim, int5, "
            "dual4-skewed-overflow, dual8-x4, uniform8-x4 or rotated8-hadamard");
    refuses(mamba1, {"--x-code", "int5"},
            layer + "the trace has no scales for int5; its code of x is int8");
    refuses(with_codes(mamba1, "dual4-signed-overflow"), {"--x-code", "dual4-skewed-overflow"},
            layer +
                "the trace has no scales for dual4-skewed-overflow; its code of x is "
                "dual4-signed-overflow");
    refuses(mamba2, {"--order", "chunked", "--x-code", "fp32"},
            layer + "chunks multiply int8 codes, not fp32; order recurrent takes every code of x");
    refuses(mamba1, {"--x-code", "fp32", "--x-proj-input", "codes"},
            layer +
                "x_proj multiplies codes of one scale or two, neither fp32 nor codes with a "
                "table; it can read copy or requantized");
    refuses(with_table(mamba1, 2, 3), {"--x-code", "dual8-x4", "--x-proj-input", "codes"},
            layer +
                "x_proj multiplies codes of one scale or two, neither dual8-x4 nor codes with "
                "a table; it can read copy or requantized");
    refuses(mamba1, {"--x-code", "rotated8-hadamard"},
            layer + "no kernel rotates x, as rotated8-hadamard does");
    refuses(mamba2, {"--x-proj-input", "codes"},
            "--x-proj-input: " + trace.path() + " is of mamba2, which has no x_proj");
}

TEST(CommandLine, WithoutOptionsItIsTheChipsArithmetic) {
    const Options options = parse_command({"T", "-o", "R"}).options;
    EXPECT_EQ(options.scan_order, ScanOrder::Sequential);
    EXPECT_EQ(options.softplus, arith::Softplus::Log1p);
    EXPECT_EQ(options.norm_sum.tree_width, 8U);
    EXPECT_EQ(options.ssm_sum.tree_width, 0U);
    EXPECT_EQ(options.ssd_order, SsdOrder::Recurrent);
    EXPECT_EQ(options.gated_norm_sum.tree_width, 8U);
    EXPECT_EQ(options.ssd_sum.tree_width, 16U);
    EXPECT_FALSE(options.quamba_quirks);
}

TEST(CommandLine, BadInputIsOneLine) {
    expect_usage_error({}, "no trace given; see --help");
    expect_usage_error({"T"}, "no output file given: -o REF");
    expect_usage_error({"T", "-o"}, "-o: its value is missing");
    expect_usage_error({"T", "U", "-o", "R"}, "'U': only one trace can be recorded at a time");
    expect_usage_error({"T", "--ordr", "cub"}, "unknown option '--ordr'; see --help");
    expect_usage_error({"T", "-o", "R", "--order", "tree"},
                       "--order: 'tree' is not 'sequential' or 'cub' or 'recurrent' or 'chunked'");
    expect_usage_error({"T", "-o", "R", "--softplus", "x"},
                       "--softplus: 'x' is not 'log1p' or 'log-exp-plus-1'");
    expect_usage_error({"T", "-o", "R", "--norm-sum", "12"},
                       "--norm-sum: '12' is not 'sequential' or a power of two from 2 to 256");
    expect_usage_error({"T", "-o", "R", "--order", "cub", "--ssm-sum", "4"},
                       "--ssm-sum: order cub sums the states in sequence");
    expect_usage_error({"T", "-o", "R", "--order", "chunked", "--ssd-sum", "4"},
                       "--ssd-sum: order chunked has sums of its own");
}

TEST(CommandLine, HelpNamesEveryOption) {
    const Result result = run({"--help"});
    EXPECT_EQ(result.status, 0);
    for (const char* option :
         {"-o", "--order sequential|cub", "--order recurrent|chunked", "--softplus", "--norm-sum",
          "--gated-norm-sum", "--ssm-sum", "--ssd-sum", "--quirks"}) {
        EXPECT_NE(result.out.find(option), std::string::npos) << option;
    }
}

class CommandRun : public testing::Test {
protected:
    const TemporaryFile trace_{"command.safetensors"};
    const TemporaryFile reference_{"command.ref.safetensors"};

    void write_trace() {
        random_trace(trace_.path(), random_info(traces::Phase::Prefill, 1, 3, 24), 1);
    }
};

TEST_F(CommandRun, RecordsAndSaysSo) {
    write_trace();
    const Result result = run({trace_.path(), "-o", reference_.path()});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(result.out, reference_.path() + ": 28 tensors from a fake GPU\n");
    EXPECT_FALSE(traces::SafetensorsFile::open(reference_.path()).tensors().empty());
}

TEST_F(CommandRun, RefusesOptionsOfTheOtherFamily) {
    const auto refusal = [&](std::vector<std::string> arguments) {
        arguments.insert(arguments.end(), {trace_.path(), "-o", reference_.path()});
        const Result result = run(arguments);
        EXPECT_EQ(result.status, 2);
        EXPECT_FALSE(std::filesystem::exists(reference_.path()));
        return result.err;
    };
    const std::string of_mamba1 = trace_.path() + " is of mamba1, which ";
    write_trace();
    EXPECT_EQ(refusal({"--order", "chunked"}), "mambasic_cuda_ref: --order chunked: " + of_mamba1 +
                                                   "has the orders 'sequential' and 'cub'\n");
    EXPECT_EQ(refusal({"--ssd-sum", "8"}),
              "mambasic_cuda_ref: --ssd-sum: " + of_mamba1 + "has --ssm-sum\n");
    EXPECT_EQ(refusal({"--gated-norm-sum", "8"}),
              "mambasic_cuda_ref: --gated-norm-sum: " + of_mamba1 + "has no gated norm\n");

    const std::string of_mamba2 = trace_.path() + " is of mamba2, which ";
    random_trace(trace_.path(), random_mamba2_info(traces::Phase::Prefill, 1, 3, 24), 1);
    EXPECT_EQ(refusal({"--order", "cub"}), "mambasic_cuda_ref: --order cub: " + of_mamba2 +
                                               "has the orders 'recurrent' and 'chunked'\n");
    EXPECT_EQ(refusal({"--ssm-sum", "8"}),
              "mambasic_cuda_ref: --ssm-sum: " + of_mamba2 + "has --ssd-sum\n");
}

TEST_F(CommandRun, RecordsMamba2) {
    random_trace(trace_.path(), random_mamba2_info(traces::Phase::Prefill, 1, 3, 24), 1);
    const Result result = run({trace_.path(), "-o", reference_.path(), "--order", "chunked"});
    EXPECT_EQ(result.status, 0) << result.err;
    EXPECT_EQ(result.out, reference_.path() + ": 26 tensors from a fake GPU\n");
}

TEST_F(CommandRun, WithoutAGpuItSaysSoAndWritesNothing) {
    write_trace();
    const Result result =
        run({trace_.path(), "-o", reference_.path()},
            []() -> std::unique_ptr<Device> { throw DeviceError("no usable CUDA GPU: none"); });
    EXPECT_EQ(result.status, 2);
    EXPECT_EQ(result.err, "mambasic_cuda_ref: no usable CUDA GPU: none\n");
    EXPECT_FALSE(std::filesystem::exists(reference_.path()));
}

TEST_F(CommandRun, AFailingKernelLeavesNothingBehind) {
    class FailingDevice : public Device {
    public:
        DeviceInfo info() const override { return {}; }
        void embed(const EmbedJob&) override { throw DeviceError("CUDA: kernel: it failed"); }
        void residual_norm(const NormJob&) override {}
        void linear(const LinearJob&) override {}
        void conv_prefill(const ConvJob&) override {}
        void conv_decode(const ConvJob&) override {}
        void code_x(const CodeJob&) override {}
        void rotate_x(const RotateJob&) override {}
        void requantize(const RequantizeJob&) override {}
        void scan_prefill(const ScanJob&) override {}
        void scan_decode(const ScanJob&) override {}
        void ssd_prefill(const SsdJob&) override {}
        void ssd_decode(const SsdJob&) override {}
        void gated_norm(const GatedNormJob&) override {}
        void hadamard(const HadamardJob&) override {}
    };
    write_trace();
    const Result result = run({trace_.path(), "-o", reference_.path()},
                              [] { return std::make_unique<FailingDevice>(); });
    EXPECT_EQ(result.status, 2);
    EXPECT_EQ(result.err, "mambasic_cuda_ref: CUDA: kernel: it failed\n");
    const auto folder = std::filesystem::path(reference_.path()).parent_path();
    const std::string stem = std::filesystem::path(reference_.path()).filename();
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        EXPECT_NE(entry.path().filename().string().rfind(stem, 0), 0U) << entry.path();
    }
}

TEST_F(CommandRun, RefusesWhatItCannotRun) {
    const Result missing = run({trace_.path(), "-o", reference_.path()});
    EXPECT_EQ(missing.status, 2);
    EXPECT_NE(missing.err.find(trace_.path()), std::string::npos) << missing.err;

    write_trace();
    const Result same = run({trace_.path(), "-o", trace_.path()});
    EXPECT_EQ(same.err, "mambasic_cuda_ref: -o " + trace_.path() + ": would overwrite the trace\n");

    traces::TraceInfo info = random_info(traces::Phase::Prefill, 1, 3, 24);
    info.shapes_only = true;
    traces::SafetensorsWriter(trace_.path(), traces::metadata_of(info), {}).finish();
    const Result shapes = run({trace_.path(), "-o", reference_.path()});
    EXPECT_EQ(shapes.status, 2);
    EXPECT_EQ(shapes.err, "mambasic_cuda_ref: " + trace_.path() +
                              ": holds shapes only, there is nothing to compute from\n");
}

}  // namespace
}  // namespace mambasic::cuda_ref
