// Traces calibrated for a code of x, and what golden's convolution makes in them.
#pragma once

#include <cmath>
#include <functional>
#include <string>
#include <tuple>
#include <vector>

#include "regrouped.h"
#include "traces/x_code_text.h"

namespace mambasic::traces::test {

inline synth::TargetScales coded(synth::TargetScales target, const std::string& code,
                                 synth::Observation how) {
    EXPECT_TRUE(read_x_code(code, target.x_code)) << code;
    target.observer = how;
    return target;
}

inline synth::Observation codes_of(synth::Observation how, float quantile = 0, float factor = 0) {
    how.codes = true;
    how.quantile = quantile;
    how.factor = factor;
    return how;
}

/// One prefill trace of each family.
inline std::vector<Trace> both_families() {
    std::vector<Trace> out;
    out.push_back(captured_mamba1(synth::Precision::W8A8, Phase::Prefill, "mamba1"));
    out.push_back(
        captured(synth::Scheme::Quamba1, synth::Precision::W8A8, Phase::Prefill, "mamba2"));
    return out;
}

/// By cell of a layer's table.
struct LayerScales {
    std::vector<float> x, state, low, high, threshold;
    std::vector<std::uint32_t> cell_of;  // [E]
    double had = 0;
};

inline LayerScales layer_scales(const Trace& trace, std::uint32_t index) {
    const Dims& dims = trace.info().dims;
    GroupTable table;
    XScales own;
    LayerScales out;
    out.cell_of.assign(dims.d_inner, 0);
    const auto take = [](const float* from, std::size_t count) {
        return from == nullptr ? std::vector<float>{} : std::vector<float>(from, from + count);
    };
    if (dims.mamba2()) {
        const Mamba2Layer layer = trace.mamba2_layer(index);
        std::tie(table, own, out.had) = std::tuple(layer.groups, layer.x_scales, layer.had_scale);
    } else {
        const Mamba1Layer layer = trace.mamba1_layer(index);
        std::tie(own, out.had) = std::tuple(layer.x_scales, layer.had_scale);
        out.x = {layer.conv_output_scale};
        out.state = {layer.ssm_state_scale};
        if (layer.groups) table = *layer.groups;
    }
    const std::size_t cells = table.shape.cells();
    if (table.x_scales != nullptr) {
        out.x = take(table.x_scales, cells);
        out.state = take(table.state_scales, cells * table.state_columns);
    }
    for (std::uint32_t c = 0; c < dims.d_inner && cells > 1; ++c) {
        out.cell_of[c] = looked_up(dims, table, c);
    }
    out.low = take(own.low, cells);
    out.high = take(own.high, cells);
    out.threshold = take(own.threshold, cells);
    return out;
}

/// The layer's convolution in FP32 [tokens][E], given what flows into it; all else as in `flow`.
inline std::vector<float> conv_of(const Trace& trace, std::uint32_t index, Flow flow) {
    const TraceInfo& info = trace.info();
    golden::Options options;
    options.x_code.format = XFormat::Fp32;
    golden::LayerState state;
    const golden::LayerInput input = flow.input(info, info.tokens);
    if (info.dims.mamba2()) {
        golden::prefill_layer(info.dims, trace.mamba2_layer(index), input, options, flow.out,
                              state);
    } else {
        golden::prefill_layer(info.dims, trace.mamba1_layer(index), input, options, flow.out,
                              state);
    }
    std::vector<float> out;
    const std::size_t width = info.dims.conv_channels();
    for (std::size_t row = 0; row < flow.out.ssm_input.size(); row += width) {
        const float* x = flow.out.ssm_input.data() + row;
        out.insert(out.end(), x, x + info.dims.d_inner);
    }
    return out;
}

/// Goes through a prefill trace with its own codes: the layer, its conv output in FP32, and what
/// golden made of it.
inline void each_layer(const Trace& trace,
                       const std::function<void(std::uint32_t, const std::vector<float>&,
                                                const golden::LayerTensors&)>& visit) {
    const TraceInfo& info = trace.info();
    Flow flow;
    golden::LayerState state;
    const std::size_t rows = std::size_t{info.batch} * info.tokens;
    flow.hidden = golden::embed(info.dims, trace.head(), trace.tokens(), rows);
    for (std::uint32_t i = 0; i < info.layers; ++i) {
        const std::vector<float> x = conv_of(trace, i, flow);
        prefill(trace, i, info.tokens, flow, state);
        visit(i, x, flow.out);
        flow.next();
    }
}

/// The magnitudes of each cell.
inline std::vector<std::vector<float>> by_cell(const std::vector<float>& x,
                                               const LayerScales& scales) {
    std::vector<std::vector<float>> out(scales.x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        out[scales.cell_of[i % scales.cell_of.size()]].push_back(std::fabs(x[i]));
    }
    return out;
}

}  // namespace mambasic::traces::test
