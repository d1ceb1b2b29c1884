// Golden in step with a run, what a trace recorded and what a run dumped must be the same bits; and
// each must notice when the chip's are not.
#include "sim/reference.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "models/common/error.h"
#include "sim/check.h"
#include "sim/dump.h"
#include "tests/sim/check/perfect_chip.h"

namespace mambasic::sim {
namespace {

using traces::Phase;
using traces::RecordLevel;
using traces::Trace;

constexpr std::size_t kTinyTensors = 2 * 12 + 1 + 3;  // two layers, the embedding, the head

reports::CheckSection check(const Trace& trace, std::unique_ptr<Reference> reference) {
    Check check(trace.info(), std::move(reference), Distances::Off);
    run_perfect_chip(trace, [&](const LayerOutput& output) { check.on_output(output); });
    return check.result();
}

std::uint64_t elements_of(const reports::CheckSection& section) {
    std::uint64_t elements = 0;
    for (const reports::CheckTensor& tensor : section.tensors) elements += tensor.elements;
    return elements;
}

class References : public testing::TestWithParam<Phase> {};

TEST_P(References, TheRecordingIsGolden) {
    const Trace trace = tiny_trace(GetParam(), RecordLevel::All);
    const reports::CheckSection section = check(trace, recorded_reference(trace, trace.info()));
    EXPECT_EQ(section.mismatches, 0U);
    EXPECT_EQ(section.against, "recorded");
    EXPECT_EQ(section.tensors.size(), kTinyTensors);
    std::uint64_t recorded = 0;
    for (const traces::Tensor& tensor : trace.tensors()) {
        const bool input = tensor.name.find("_in") != std::string::npos ||
                           tensor.name == "trace.tokens" || tensor.name.rfind("trace.", 0) != 0;
        if (!input) recorded += tensor.elements();
    }
    EXPECT_EQ(elements_of(section), recorded) << "some recorded element was not compared";
}

TEST_P(References, ALittleRecordingIsComparedAsFarAsItGoes) {
    const Trace trace = tiny_trace(GetParam(), RecordLevel::Outputs);
    const reports::CheckSection section = check(trace, recorded_reference(trace, trace.info()));
    EXPECT_EQ(section.mismatches, 0U);
    // Two states of each layer, the last layer's output, the logits.
    EXPECT_EQ(section.tensors.size(), 6U);
}

TEST_P(References, ADumpReadsBackAsItWas) {
    const Trace trace = tiny_trace(GetParam(), RecordLevel::None);
    const std::string path = scratch_path("dump");
    Dump dump(trace, trace.info(), path);
    run_perfect_chip(trace, [&](const LayerOutput& output) { dump.on_output(output); });
    EXPECT_NE(::access(path.c_str(), F_OK), 0) << "half a file under its final name";
    dump.finish();
    const reports::CheckSection section = check(trace, file_reference(trace, trace.info(), path));
    EXPECT_EQ(section.mismatches, 0U);
    EXPECT_EQ(section.tensors.size(), kTinyTensors);
    const Trace other = tiny_trace(GetParam(), RecordLevel::All);
    EXPECT_THROW(file_reference(other, other.info(), path), models::UserError)
        << "a dump of another trace";
    ::unlink(path.c_str());
}

TEST_P(References, GoldenCarriesItsOwnState) {
    const Trace trace = tiny_trace(GetParam(), RecordLevel::None);
    Check check(trace.info(), golden_reference(trace, golden::Options{}), Distances::Off);
    // The chip hands on a wrong residual; golden must not build upon it.
    run_perfect_chip(trace, [&](const LayerOutput& output) {
        LayerOutput spoiled = output;
        std::vector<float> residual;
        for (OutputTensor& tensor : spoiled.tensors) {
            if (output.layer != 0 || tensor.name != "norm.residual") continue;
            const auto* data = static_cast<const float*>(tensor.data);
            residual.assign(data, data + tensor.shape[0] * tensor.shape[1] * tensor.shape[2]);
            residual[1] += 1.0F;
            tensor.data = residual.data();
        }
        check.on_output(spoiled);
    });
    const reports::CheckSection section = check.result();
    const std::uint64_t steps = GetParam() == Phase::Decode ? trace.info().tokens : 1;
    EXPECT_EQ(section.mismatches, steps);
    for (const reports::CheckTensor& tensor : section.tensors) {
        EXPECT_EQ(tensor.mismatches > 0, tensor.name == "layers.0.norm.residual") << tensor.name;
    }
}

TEST_P(References, OptionsOfTheChipReachGolden) {
    const Trace trace = tiny_trace(GetParam(), RecordLevel::None);
    golden::Options options;
    options.softplus = arith::Softplus::LogExpPlus1;  // the perfect chip has log1p
    const reports::CheckSection section = check(trace, golden_reference(trace, options));
    EXPECT_GT(section.mismatches, 0U);
}

std::string names_of(const std::vector<traces::Tensor>& tensors) {
    std::string names;
    for (const traces::Tensor& tensor : tensors) {
        const bool conv = tensor.name.rfind("conv1d.", 0) == 0 && tensor.name != "conv1d.state";
        if (conv) names += tensor.name.substr(7) + " " + std::to_string(tensor.elements()) + " ";
    }
    return names;
}

TEST_P(References, EveryLayerHasItsOwnCodeOfX) {
    const Trace trace = tiny_trace(GetParam(), RecordLevel::None);
    std::vector<traces::XCode> codes(2);
    codes[0].format = traces::XFormat::Dual8;
    codes[0].factor = 4;
    golden::Options options;
    const std::uint32_t tokens = GetParam() == Phase::Decode ? 1 : trace.info().tokens;
    const std::string size = std::to_string(2 * tokens * trace.info().dims.d_inner) + " ";
    const auto expect_tensors = [&](const std::string& first, const std::string& second) {
        const auto golden = golden_reference(trace, options, nullptr, codes);
        golden->tensors({LayerOutput::kEmbedding, 0, {}});
        EXPECT_EQ(names_of(golden->tensors({0, 0, {}})), first);
        EXPECT_EQ(names_of(golden->tensors({1, 0, {}})), second);
    };
    const std::string output = "output " + size;
    const std::string coded = "codes " + size + "flags " + size;
    expect_tensors(output + coded, output);
    options.x_proj_input = traces::XProjInput::Codes;
    expect_tensors(coded, output);
    codes[1].format = traces::XFormat::Int8Sim;
    options.x_proj_input = traces::XProjInput::Requantized;
    expect_tensors(output + coded, output + "values " + size);
}

TEST_P(References, NothingRecordedIsTheUsersError) {
    const Trace trace = tiny_trace(GetParam(), RecordLevel::None);
    EXPECT_THROW(recorded_reference(trace, trace.info()), models::UserError);
}

INSTANTIATE_TEST_SUITE_P(Phases, References, testing::Values(Phase::Prefill, Phase::Decode),
                         [](const auto& test) {
                             return test.param == Phase::Decode ? "Decode" : "Prefill";
                         });

}  // namespace
}  // namespace mambasic::sim
