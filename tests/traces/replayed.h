// A trace's layers run through golden again, in another order of loops than the synthesizer's, and
// compared with what it recorded. For both families.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "golden/layer.h"
#include "handmade_trace.h"
#include "traces/synth/synthesize.h"
#include "traces/synth/weights.h"

namespace mambasic::traces::test {

inline Trace made(const synth::SynthOptions& options, const std::string& name) {
    const std::string path = temp_path(name);
    synth::synthesize(options, path);
    return Trace::open(path);
}

template <typename T>
void expect_recorded(const Trace& trace, const std::string& key, const std::vector<T>& values) {
    const Tensor* tensor = trace.find(key);
    ASSERT_NE(tensor, nullptr) << key;
    ASSERT_EQ(tensor->bytes(), values.size() * sizeof(T)) << key;
    EXPECT_EQ(std::memcmp(tensor->data, values.data(), tensor->bytes()), 0) << key;
}

/// What flows from layer to layer while golden runs.
struct Flow {
    std::vector<arith::Half> hidden;
    std::vector<float> residual;
    golden::LayerTensors out;

    golden::LayerInput input(const TraceInfo& info, std::uint32_t tokens) const {
        return {info.batch, tokens, hidden.data(), residual.empty() ? nullptr : residual.data(),
                info.epsilon};
    }
    void next() {
        hidden = out.out_proj;
        residual = out.residual;
    }
};

/// What golden is told of a layer of the trace.
inline golden::Options coded_options(const Trace& trace, std::uint32_t index) {
    golden::Options out;
    if (!trace.info().x_codes.empty()) out.x_code = trace.info().x_codes[index];
    out.x_proj_input = trace.info().x_proj_input;
    return out;
}

inline void prefill(const Trace& trace, std::uint32_t index, std::uint32_t tokens, Flow& flow,
                    golden::LayerState& state) {
    const Dims& dims = trace.info().dims;
    const golden::LayerInput input = flow.input(trace.info(), tokens);
    const golden::Options options = coded_options(trace, index);
    if (dims.mamba2()) {
        golden::prefill_layer(dims, trace.mamba2_layer(index), input, options, flow.out, state);
    } else {
        golden::prefill_layer(dims, trace.mamba1_layer(index), input, options, flow.out, state);
    }
}

inline void decode(const Trace& trace, std::uint32_t index, Flow& flow, golden::LayerState& state) {
    const Dims& dims = trace.info().dims;
    const golden::LayerInput input = flow.input(trace.info(), 1);
    const golden::Options options = coded_options(trace, index);
    if (dims.mamba2()) {
        golden::decode_layer(dims, trace.mamba2_layer(index), input, options, flow.out, state);
    } else {
        golden::decode_layer(dims, trace.mamba1_layer(index), input, options, flow.out, state);
    }
}

/// What the page says is there; `at` is what the keys begin with.
inline void expect_conv_recorded(const Trace& trace, const std::string& at, const XCode& code,
                                 const golden::LayerTensors& out) {
    if (!(code.values() && trace.info().dims.mamba2())) {
        expect_recorded(trace, at + "output", out.conv);
    }
    if (code.own_codes()) expect_recorded(trace, at + "codes", out.x_codes);
    if (code.dual()) expect_recorded(trace, at + "flags", out.x_flags);
    if (code.values() || code.rotated()) expect_recorded(trace, at + "values", out.values);
}

inline void expect_layer_recorded(const Trace& trace, std::uint32_t index,
                                  const golden::LayerTensors& out,
                                  const golden::LayerState& state) {
    const std::string at = "trace.layers." + std::to_string(index) + ".";
    expect_recorded(trace, at + "norm.residual", out.residual);
    expect_recorded(trace, at + "norm.output", out.norm);
    expect_recorded(trace, at + "in_proj.output", out.in_proj);
    expect_conv_recorded(trace, at + "conv1d.", trace.info().x_code(index), out);
    if (trace.info().x_code(index).rotated()) {
        expect_recorded(trace, at + "rotate.output", out.rotated);
        expect_recorded(trace, at + "unrotate.output", out.unrotated);
    }
    if (trace.info().dims.mamba2()) {
        expect_recorded(trace, at + "gated_norm.output", out.gated_norm);
    } else {
        expect_recorded(trace, at + "x_proj.output", out.x_proj);
        expect_recorded(trace, at + "dt_proj.output", out.dt_proj);
    }
    expect_recorded(trace, at + "scan.output", out.scan);
    expect_recorded(trace, at + "scan.carry", out.carry);
    expect_recorded(trace, at + "had.output", out.hadamard);
    expect_recorded(trace, at + "conv1d.state", state.conv);
    expect_recorded(trace, at + "scan.state", state.ssm);
    expect_recorded(trace, at + "out_proj.output", out.out_proj);
}

/// Every recorded tensor of a prefill of one sequence.
inline void expect_prefill_is_goldens(const Trace& trace) {
    const TraceInfo& info = trace.info();
    Flow flow;
    golden::LayerState state;
    flow.hidden = golden::embed(info.dims, trace.head(), trace.tokens(), info.tokens);
    expect_recorded(trace, "trace.embedding.output", flow.hidden);
    for (std::uint32_t i = 0; i < info.layers; ++i) {
        prefill(trace, i, info.tokens, flow, state);
        expect_layer_recorded(trace, i, flow.out, state);
        flow.next();
    }
    const std::size_t last = (info.tokens - 1) * std::size_t{info.dims.d_model};
    const golden::HeadTensors head =
        golden::run_head(info.dims, trace.head(), flow.hidden.data() + last,
                         flow.residual.data() + last, 1, info.epsilon, {});
    expect_recorded(trace, "trace.norm_f.output", head.norm);
    expect_recorded(trace, "trace.lm_head.output", head.logits);
}

inline std::vector<std::int32_t> tokens_of_step(const Trace& trace, std::uint32_t step) {
    std::vector<std::int32_t> out;
    for (std::uint32_t b = 0; b < trace.info().batch; ++b) {
        out.push_back(trace.tokens()[b * trace.info().tokens + step]);
    }
    return out;
}

/// Steps outer and layers inner, the other way round than the synthesizer goes: the logits of every
/// step and the states after the last.
inline void expect_decode_is_goldens(const Trace& trace) {
    const TraceInfo& info = trace.info();
    const Dims& dims = info.dims;
    std::vector<golden::LayerState> states(info.layers);
    for (std::uint32_t i = 0; i < info.layers; ++i) {
        const std::size_t conv = std::size_t{info.batch} * dims.conv_channels() * 4;
        const std::size_t ssm = std::size_t{info.batch} * dims.d_inner * dims.d_state;
        states[i].conv.assign(trace.conv_state_in(i), trace.conv_state_in(i) + conv);
        states[i].ssm.assign(trace.ssm_state_in(i), trace.ssm_state_in(i) + ssm);
    }
    const auto* logits = trace.find("trace.lm_head.output")->as<arith::Half>();
    for (std::uint32_t t = 0; t < info.tokens; ++t) {
        Flow flow;
        flow.hidden =
            golden::embed(dims, trace.head(), tokens_of_step(trace, t).data(), info.batch);
        for (std::uint32_t i = 0; i < info.layers; ++i) {
            decode(trace, i, flow, states[i]);
            flow.next();
        }
        const golden::HeadTensors head =
            golden::run_head(dims, trace.head(), flow.hidden.data(), flow.residual.data(),
                             info.batch, info.epsilon, {});
        for (std::size_t b = 0; b < info.batch; ++b) {
            const auto* row = head.logits.data() + b * dims.vocab;
            EXPECT_TRUE(
                std::equal(row, row + dims.vocab, logits + (b * info.tokens + t) * dims.vocab))
                << "sequence " << b << " step " << t;
        }
    }
    for (std::uint32_t i = 0; i < info.layers; ++i) {
        const std::string at = "trace.layers." + std::to_string(i) + ".";
        expect_recorded(trace, at + "scan.state", states[i].ssm);
        expect_recorded(trace, at + "conv1d.state", states[i].conv);
    }
}

/// A decode trace of one sequence starts from the states that a prefill of the prompt leaves, layer
/// by layer.
inline void expect_states_of_the_prompt(const synth::SynthOptions& options, const Trace& trace) {
    const std::vector<std::int32_t> prompt = synth::draw_tokens(
        {options.dims, options.seed, options.outlier_share}, "prompt", options.prompt_tokens);
    Flow flow;
    golden::LayerState state;
    flow.hidden = golden::embed(options.dims, trace.head(), prompt.data(), prompt.size());
    for (std::uint32_t i = 0; i < trace.info().layers; ++i) {
        prefill(trace, i, options.prompt_tokens, flow, state);
        const std::string at = "trace.layers." + std::to_string(i) + ".";
        expect_recorded(trace, at + "conv1d.state_in", state.conv);
        expect_recorded(trace, at + "scan.state_in", state.ssm);
        flow.next();
    }
    EXPECT_LT(std::count(state.ssm.begin(), state.ssm.end(), 0),
              static_cast<std::ptrdiff_t>(state.ssm.size() / 2));
}

}  // namespace mambasic::traces::test
