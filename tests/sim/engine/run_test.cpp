// run() as its callers see it, over a synthesized trace.
#include "sim/run.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "models/common/error.h"
#include "sim/run_inputs.h"
#include "tests/sim/engine/cases.h"
#include "traces/synth/synthesize.h"

namespace mambasic::sim {
namespace {

class RunTest : public testing::Test {
protected:
    traces::Trace make(traces::Phase phase, bool shapes_only = false) {
        traces::synth::SynthOptions o =
            traces::synth::default_options("tiny", {96, 192, 16, 4, 16, 2, 256}, phase);
        o.tokens = phase == traces::Phase::Prefill ? 19 : 3;
        o.prompt_tokens = 5;
        o.batch = 2;
        o.seed = 11;
        o.shapes_only = shapes_only;
        path_ = std::filesystem::temp_directory_path() /
                ("mambasic_run_test_" + std::to_string(::getpid()));
        traces::synth::synthesize(o, path_);
        return traces::Trace::open(path_);
    }
    void TearDown() override { std::filesystem::remove(path_); }

    const ChipConfig chip_ = test::chip_of({});
    const Scheme scheme_ = Scheme::load("quamba1");
    std::filesystem::path path_;
};

TEST_F(RunTest, HandsOutSegmentsInOrderWithWholeTensors) {
    const traces::Trace trace = make(traces::Phase::Decode);
    std::vector<std::pair<std::int32_t, std::uint32_t>> seen;
    std::size_t layer_tensors = 0;
    RunOptions options;
    options.on_output = [&](const LayerOutput& out) {
        seen.emplace_back(out.layer, out.step);
        if (out.layer == 0) layer_tensors = out.tensors.size();
        for (const OutputTensor& t : out.tensors) EXPECT_NE(t.data, nullptr) << t.name;
    };
    Progress last;
    options.on_progress = [&](const Progress& p) { last = p; };
    run(chip_, scheme_, trace, options);
    using L = LayerOutput;
    EXPECT_EQ(seen, (std::vector<std::pair<std::int32_t, std::uint32_t>>{{L::kEmbedding, 0},
                                                                         {0, 0},
                                                                         {1, 0},
                                                                         {L::kHead, 0},
                                                                         {L::kEmbedding, 1},
                                                                         {0, 1},
                                                                         {1, 1},
                                                                         {L::kHead, 1},
                                                                         {L::kEmbedding, 2},
                                                                         {0, 2},
                                                                         {1, 2},
                                                                         {L::kHead, 2}}));
    EXPECT_EQ(layer_tensors, 12U);
    EXPECT_EQ(last.done, 2U * 3 * 2);
    EXPECT_EQ(last.total, last.done);
}

TEST_F(RunTest, TimingDoesNotDependOnNumerics) {
    const traces::Trace trace = make(traces::Phase::Prefill);
    int ends[2] = {-1, -1};
    ASSERT_EQ(::pipe(ends), 0);
    RunOptions options;
    const pid_t pid = ::fork();
    if (pid == 0) {
        options.numerics = false;
        const reports::Totals t = run(chip_, scheme_, trace, options).totals;
        const std::uint64_t out[3] = {t.cycles, t.dram_read_bytes, t.dram_written_bytes};
        ::_exit(::write(ends[1], out, sizeof(out)) == sizeof(out) ? 0 : 1);
    }
    std::uint64_t timing[3] = {};
    ASSERT_EQ(::read(ends[0], timing, sizeof(timing)), static_cast<ssize_t>(sizeof(timing)));
    ::waitpid(pid, nullptr, 0);
    const reports::Report report = run(chip_, scheme_, trace, options);
    EXPECT_EQ(report.totals.cycles, timing[0]);
    EXPECT_EQ(report.totals.dram_read_bytes, timing[1]);
    EXPECT_EQ(report.totals.dram_written_bytes, timing[2]);
    EXPECT_EQ(report.lookup.lookups, 2U * 2 * 3);  // layers, sequences, tiles of 8 tokens
    EXPECT_EQ(report.layers.size(), 2U);
}

// The first element of every layer's tensor of this name.
template <typename T>
void multiply(const std::filesystem::path& path, const std::string& name, T factor) {
    const traces::Trace trace = traces::Trace::open(path);
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    for (const traces::Tensor& tensor : trace.tensors()) {
        if (tensor.name.find(name) == std::string::npos) continue;
        const T other = *tensor.as<T>() * factor;
        const auto* first = trace.tensors().front().data;
        std::uint64_t header = 0;
        file.seekg(0).read(reinterpret_cast<char*>(&header), sizeof(header));
        file.seekp(static_cast<std::streamoff>(sizeof(header) + header) + (tensor.data - first));
        file.write(reinterpret_cast<const char*>(&other), sizeof(other));
    }
}

// What a layer makes of the SSM input, in a process of its own.
std::string scans_of(const ChipConfig& chip, const char* scheme, const traces::Trace& trace) {
    int ends[2] = {-1, -1};
    if (::pipe(ends) != 0) return "no pipe";
    const pid_t pid = ::fork();
    if (pid == 0) {
        std::string bytes;
        RunOptions options;
        options.on_output = [&](const LayerOutput& out) {
            for (const OutputTensor& t : out.tensors) {
                if (t.name.rfind("scan.", 0) != 0) continue;
                std::uint64_t size = traces::bytes_of(t.dtype);
                for (const std::uint64_t n : t.shape) size *= n;
                bytes.append(static_cast<const char*>(t.data), size);
            }
        };
        run(chip, Scheme::load(scheme), trace, options);
        for (std::size_t at = 0; at < bytes.size();) {
            const ssize_t n = ::write(ends[1], bytes.data() + at, bytes.size() - at);
            if (n <= 0) ::_exit(1);
            at += static_cast<std::size_t>(n);
        }
        ::_exit(0);
    }
    ::close(ends[1]);
    std::string all;
    char buffer[4096];
    for (ssize_t n = 0; (n = ::read(ends[0], buffer, sizeof(buffer))) > 0;) {
        all.append(buffer, static_cast<std::size_t>(n));
    }
    ::close(ends[0]);
    int status = -1;
    ::waitpid(pid, &status, 0);
    EXPECT_EQ(status, 0);
    return all;
}

// ssm.md 8.3: int8 in FP32 is int8, bit for bit; also where what decodes is not what coded.
TEST_F(RunTest, Int8InFp32ScansWhatInt8Does) {
    make(traces::Phase::Prefill);
    const std::string before = scans_of(chip_, "quamba1", traces::Trace::open(path_));
    multiply<float>(path_, "selective_scan.u_scale", 0.93F);
    const traces::Trace trace = traces::Trace::open(path_);
    const std::string int8 = scans_of(chip_, "quamba1", trace);
    EXPECT_NE(int8, before);
    EXPECT_FALSE(int8.empty());
    EXPECT_TRUE(scans_of(chip_, "int8-sim", trace) == int8);
}

// Of a scale that is finite, and a factor that is.
TEST_F(RunTest, AMultipleOfAScaleBeyondFp32IsRefused) {
    make(traces::Phase::Prefill);
    const Scheme dual = Scheme::load("se8-2025");
    RunOptions options;
    const auto check = [&] { check_inputs(chip_, dual, traces::Trace::open(path_), options); };
    EXPECT_NO_THROW(check());
    multiply<float>(path_, "selective_scan.u_scale", 1e38F);
    try {
        check();
        FAIL() << "a scale of infinity";
    } catch (const models::UserError& e) {
        EXPECT_NE(std::string(e.what()).find("largest scale of layer 0 of " + path_.string() +
                                             " it is more than FP32 holds; write less than "),
                  std::string::npos)
            << e.what();
    }
    options.numerics = false;  // nothing is multiplied
    EXPECT_NO_THROW(check());
}

TEST_F(RunTest, LayersSumToTheRunWithItsEnds) {
    const traces::Trace trace = make(traces::Phase::Prefill, true);
    RunOptions options;
    options.numerics = false;
    const reports::Report r = run(chip_, scheme_, trace, options);
    std::uint64_t layers = 0;
    for (const reports::LayerRow& l : r.layers) layers += l.cycles;
    EXPECT_LT(layers, r.totals.cycles);
    EXPECT_GT(layers, r.totals.cycles / 2);
    std::uint64_t read = 0;
    for (const reports::OpRow& op : r.ops) read += op.dram_read_bytes;
    EXPECT_EQ(read, r.totals.dram_read_bytes);
    EXPECT_EQ(r.dram.weights.read_bytes + r.dram.activations.read_bytes + r.dram.tables.read_bytes +
                  r.dram.state.read_bytes,
              read);
}

TEST_F(RunTest, ShapesOnlyNeedsTimingOnly) {
    const traces::Trace trace = make(traces::Phase::Prefill, true);
    EXPECT_THROW(run(chip_, scheme_, trace, {}), models::UserError);
}

TEST_F(RunTest, LaterLayerNeedsItsInputRecorded) {
    const traces::Trace trace = make(traces::Phase::Prefill);
    RunOptions options;
    options.first_layer = 1;
    EXPECT_THROW(run(chip_, scheme_, trace, options), models::UserError);
    options.first_layer = 2;
    EXPECT_THROW(run(chip_, scheme_, trace, options), models::UserError);
}

TEST_F(RunTest, LayersOfAHybridAreReportedByTheirSchemes) {
    traces::synth::SynthOptions o = traces::synth::default_options(
        "tiny2", {128, 256, 16, 4, 0, 4, 256, traces::Family::Mamba2, 8, 32, 2, 16},
        traces::Phase::Prefill);
    o.tokens = 19;
    o.shapes_only = true;
    path_ = std::filesystem::temp_directory_path() /
            ("mambasic_run_test_" + std::to_string(::getpid()));
    traces::synth::synthesize(o, path_);
    RunOptions options;
    options.numerics = false;
    options.first_layer = 1;
    const reports::Report r =
        run(chip_, Scheme::load("hybrid"), traces::Trace::open(path_), options);
    EXPECT_EQ(r.provenance.scheme, "hybrid");
    ASSERT_EQ(r.layers.size(), 3U);
    EXPECT_EQ(r.layers[0].scheme, "quamba1");
    EXPECT_EQ(r.layers[1].scheme, "quamba2");
    EXPECT_EQ(r.layers[2].scheme, "quamba2");
    EXPECT_EQ(r.lookup.kind, "none, sequential");
    // Quamba1 keeps 4 scales, Quamba2 32 + 4 and 32 x 16 of the states.
    EXPECT_EQ(r.lookup.scales_bytes, 4U * (3 + 2 * 36));
    EXPECT_EQ(r.lookup.state_scales_bytes, 4U * (1 + 2 * 32 * 16));
    EXPECT_EQ(r.dram.tables.read_bytes,
              r.lookup.ranges_bytes + r.lookup.scales_bytes + r.lookup.state_scales_bytes);
}

TEST_F(RunTest, SecondRunInAProcessIsRefused) {
    const traces::Trace trace = make(traces::Phase::Prefill);
    RunOptions options;
    options.numerics = false;
    run(chip_, scheme_, trace, options);
    EXPECT_THROW(run(chip_, scheme_, trace, options), models::InternalError);
}

}  // namespace
}  // namespace mambasic::sim
