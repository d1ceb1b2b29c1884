// SQNR against an FP32 SSM input along whole traces: what each layer starts from.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <type_traits>

#include "golden/group_scales.h"
#include "sim/check.h"
#include "sim/quality.h"
#include "tests/sim/check/perfect_chip.h"
#include "traces/synth/regroup.h"

namespace mambasic::sim {
namespace {

using golden::LayerState;
using golden::LayerTensors;
using reports::QualityFigures;
using traces::Phase;
using traces::RecordLevel;
using traces::Trace;
using traces::synth::Scheme;

/// Sums of squares, and their ratio.
struct Powers {
    double signal = 0, noise = 0;
    void add(double wanted, double got) {
        signal += wanted * wanted;
        noise += std::pow(got - wanted, 2);
    }
    double decibels() const { return 10 * std::log10(signal / noise); }
};

golden::Options fp32() {
    golden::Options options;
    options.x_code.format = traces::XFormat::Fp32;
    return options;
}

/// The layer outputs' SQNR of a trace, walked through by hand; of Mamba1 the SSM input's too.
struct Walk {
    explicit Walk(const Trace& t) : trace(t), info(t.info()), output(info.layers), u(info.layers) {
        const bool decode = info.phase == Phase::Decode;
        for (std::uint32_t i = 0; decode && i < info.layers; ++i) {
            const std::size_t conv = std::size_t{info.batch} * info.dims.conv_channels() * 4;
            const std::size_t ssm = std::size_t{info.batch} * info.dims.d_inner * info.dims.d_state;
            states.push_back({{trace.conv_state_in(i), trace.conv_state_in(i) + conv},
                              {trace.ssm_state_in(i), trace.ssm_state_in(i) + ssm}});
        }
        const std::uint32_t steps = decode ? info.tokens : 1;
        for (std::uint32_t step_index = 0; step_index < steps; ++step_index) step(step_index);
    }

    void step(std::uint32_t index) {
        const bool decode = info.phase == Phase::Decode;
        const std::uint32_t tokens = decode ? 1 : info.tokens;
        std::vector<std::int32_t> ids(trace.tokens(), trace.tokens() + info.batch * info.tokens);
        for (std::uint32_t b = 0; decode && b < info.batch; ++b) {
            ids[b] = trace.tokens()[b * info.tokens + index];
        }
        hidden = golden::embed(info.dims, trace.head(), ids.data(), info.batch * tokens);
        residual.clear();
        for (std::uint32_t i = 0; i < info.layers; ++i) {
            const golden::LayerInput input{info.batch, tokens, hidden.data(),
                                           i == 0 ? nullptr : residual.data(), info.epsilon};
            if (info.dims.mamba2()) {
                layer(i, trace.mamba2_layer(i), input);
            } else {
                layer(i, trace.mamba1_layer(i), input);
            }
        }
    }

    template <typename Layer>
    void layer(std::uint32_t index, const Layer& view, const golden::LayerInput& input) {
        LayerTensors usual, exact;
        LayerState state;
        if (info.phase == Phase::Decode) {
            state = states[index];
            decode_layer(info.dims, view, input, fp32(), exact, state);
            decode_layer(info.dims, view, input, {}, usual, states[index]);
        } else {
            prefill_layer(info.dims, view, input, fp32(), exact, state);
            prefill_layer(info.dims, view, input, {}, usual, state);
        }
        for (std::size_t i = 0; i < usual.out_proj.size(); ++i) {
            output[index].add(static_cast<double>(arith::from_half(exact.out_proj[i])),
                              static_cast<double>(arith::from_half(usual.out_proj[i])));
        }
        if constexpr (std::is_same_v<Layer, traces::Mamba1Layer>) {
            for (std::size_t i = 0; i < usual.conv.size(); ++i) {
                const auto channel = static_cast<std::uint32_t>(i % info.dims.d_inner);
                const float scale =
                    view.groups
                        ? view.groups
                              ->x_scales[golden::group_cell(info.dims, *view.groups, channel)]
                        : view.u_scale;
                u[index].add(static_cast<double>(exact.ssm_input[i]),
                             static_cast<double>(scale * static_cast<float>(usual.conv[i])));
            }
        }
        hidden = usual.out_proj;
        residual = usual.residual;
    }

    const Trace& trace;
    const traces::TraceInfo& info;
    std::vector<LayerState> states;
    std::vector<golden::Half> hidden;
    std::vector<float> residual;
    std::vector<Powers> output;
    std::vector<Powers> u;  // of Mamba1
};

reports::QualitySection quality_of(const Trace& trace) {
    Quality quality(trace.info(), golden::Options{});
    Check check(trace.info(), golden_reference(trace, golden::Options{}, &quality), Distances::Off);
    run_perfect_chip(trace, [&](const LayerOutput& output) { check.on_output(output); });
    EXPECT_EQ(check.result().mismatches, 0U) << "measuring changed golden";
    return quality.result();
}

void expect_walk(const Trace& trace) {
    const reports::QualitySection got = quality_of(trace);
    const Walk walk(trace);
    ASSERT_EQ(got.layers.size(), walk.output.size());
    Powers whole;
    for (std::size_t i = 0; i < walk.output.size(); ++i) {
        const QualityFigures& figures = got.layers[i].figures;
        EXPECT_NEAR(*figures.layer_output_db, walk.output[i].decibels(), 1e-9);
        if (!trace.info().dims.mamba2()) {
            EXPECT_NEAR(*figures.ssm_input_db, walk.u[i].decibels(), 1e-9);
        }
        whole.signal += walk.output[i].signal;
        whole.noise += walk.output[i].noise;
    }
    EXPECT_NEAR(*got.all.layer_output_db, whole.decibels(), 1e-9);
}

/// The trace with groups in each layer that has a target with groups.
Trace regrouped(const Trace& trace, const std::vector<traces::synth::TargetScales>& targets) {
    const std::string path = scratch_path("regrouped");
    regroup(trace, targets, path);
    Trace made = Trace::open(path);
    ::unlink(path.c_str());  // the mapping stays
    return made;
}

const traces::synth::TargetScales kGroups{Scheme::Quamba2, 4, 4};

class QualityOfTrace : public testing::TestWithParam<Phase> {};

INSTANTIATE_TEST_SUITE_P(Phases, QualityOfTrace, testing::Values(Phase::Prefill, Phase::Decode));

TEST_P(QualityOfTrace, EveryLayerStartsFromTheRunsOwnInputAndStates) {
    expect_walk(tiny_trace(GetParam(), RecordLevel::None));
    expect_walk(tiny_trace(GetParam(), RecordLevel::None, {"tiny2-g2", Scheme::Quamba2}));
}

TEST_P(QualityOfTrace, AMamba1LayerHasTheScalesOfItsOwnTable) {
    const Trace one = tiny_trace(GetParam(), RecordLevel::None);
    expect_walk(regrouped(one, std::vector(one.info().layers, kGroups)));
    std::vector<traces::synth::TargetScales> hybrid(one.info().layers);
    hybrid.back() = kGroups;
    expect_walk(regrouped(one, hybrid));
}

// Of the prompt that they were calibrated on: nothing saturates in Quamba2.
TEST(QualityOfPrompt, GroupScalesAreWorthSomething) {
    const auto of_scheme = [](Scheme scheme) {
        return quality_of(tiny_trace(Phase::Prefill, RecordLevel::None, {"tiny2-g2", scheme})).all;
    };
    const QualityFigures one = of_scheme(Scheme::Quamba1);
    const QualityFigures groups = of_scheme(Scheme::Quamba2);
    EXPECT_GT(*groups.ssm_input_db, *one.ssm_input_db + 2);
    EXPECT_GT(*groups.ssm_input_x_db, *one.ssm_input_x_db + 2);
    EXPECT_GT(*groups.layer_output_db, *one.layer_output_db + 1);
}

TEST(QualityOfPrompt, GroupScalesAreWorthSomethingInMamba1) {
    const Trace trace = tiny_trace(Phase::Prefill, RecordLevel::None);
    const QualityFigures one = quality_of(trace).all;
    const QualityFigures groups =
        quality_of(regrouped(trace, std::vector(trace.info().layers, kGroups))).all;
    EXPECT_GT(*groups.ssm_input_db, *one.ssm_input_db + 2);
}

}  // namespace
}  // namespace mambasic::sim
