#include "tests/sim/check/perfect_chip.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "sim/commands/networks.h"
#include "sim/reference.h"
#include "traces/synth/synthesize.h"

namespace mambasic::sim {

using traces::Phase;

void run_perfect_chip(const traces::Trace& trace, const OnOutput& on_output) {
    const traces::TraceInfo& info = trace.info();
    const auto golden = golden_reference(trace, golden::Options{});
    const auto hand_out = [&](std::int32_t layer, std::uint32_t step) {
        LayerOutput output{layer, step, {}};
        for (const traces::Tensor& t : golden->tensors(output)) {
            output.tensors.push_back({t.name, t.dtype, t.shape, t.data});
        }
        on_output(output);
    };
    const std::uint32_t steps = info.phase == Phase::Decode ? info.tokens : 1;
    for (std::uint32_t step = 0; step < steps; ++step) {
        if (info.has_head) hand_out(LayerOutput::kEmbedding, step);
        for (std::uint32_t i = 0; i < info.layers; ++i) {
            hand_out(static_cast<std::int32_t>(i), step);
        }
        if (info.has_head) hand_out(LayerOutput::kHead, step);
    }
}

std::string scratch_path(const std::string& name) {
    return testing::TempDir() + "mambasic-" + std::to_string(::getpid()) + "-" + name;
}

traces::Trace tiny_trace(Phase phase, traces::RecordLevel record, const TinyModel& model) {
    const Network network = load_network(model.network);
    auto options = traces::synth::default_options(network.name, network.dims, phase);
    options.scheme = model.scheme;
    if (model.scheme == traces::synth::Scheme::Quamba2)
        options.groups = {network.dims.groups, 4, 4};
    options.batch = 2;
    options.tokens = phase == Phase::Decode ? 3 : 9;
    options.prompt_tokens = phase == Phase::Decode ? 7 : 0;
    options.record = record;
    const std::string path = scratch_path("trace");
    traces::synth::synthesize(options, path);
    traces::Trace trace = traces::Trace::open(path);
    ::unlink(path.c_str());  // the mapping stays
    return trace;
}

}  // namespace mambasic::sim
