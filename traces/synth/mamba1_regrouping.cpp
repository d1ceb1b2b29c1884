#include "traces/synth/mamba1_regrouping.h"

#include <algorithm>
#include <utility>

#include "traces/synth/dequantized.h"
#include "traces/synth/quantize.h"

namespace mambasic::traces::synth {

namespace {

bool all_equal(const std::vector<float>& values) {
    return std::all_of(values.begin(), values.end(),
                       [&values](float value) { return value == values.front(); });
}

}  // namespace

Mamba1Regrouping::Mamba1Regrouping(const std::vector<CalibrationInput>& inputs, std::uint32_t index)
    : layer_(inputs.front().trace->mamba1_layer(index)),
      sources_(inputs, index, state_scales(inputs.front().trace->info().dims, layer_)) {}

QuantizedMamba1 Mamba1Regrouping::run(const TargetScales& target,
                                      const std::optional<GroupShape>& groups,
                                      std::vector<golden::LayerState>& states) const {
    const Dims& dims = sources_.dims();
    Mamba1Floats floats = dequantized(dims, layer_);
    const Grouping grouping = sources_.grouping_for(
        groups, [&](const Sample& sample, const LayerStart* start, std::vector<float>& statistic) {
            raise_to_means(conv_output(dims, floats, sample, start), statistic);
        });
    reorder(dims, grouping, floats);
    // What comes behind x_proj is calibrated on x_proj as it is then stored.
    const XObservers x = observed_x(target, grouping, floats);
    const std::vector<float> scales = reordered(x.x_scales(), 1, grouping.cells);
    StoredLinear x_proj = folded_x_proj(grouping, floats, scales);
    floats.x_proj = x_proj_floats(x_proj.view(), scales, layer_.b_scale);
    Mamba1Observers observers(dims, target, grouping);
    sources_.each_sequence(grouping, [&](const Sample& sample, const LayerStart* start) {
        if (start != nullptr) observers.x.observe_state(start->ssm);
        calibrate(dims, floats, sample, observers, start);
    });
    observers.x.take_x(x);
    QuantizedMamba1 out = moved_layer(grouping, std::move(x_proj));
    out.set_inner_scales(target, grouping, observers);
    if (target.observed_by().codes) {
        Mamba1Observers coded = observed_run(target, grouping, out);
        coded.x.take_x(x);
        out.set_inner_scales(target, grouping, coded);
    }
    states = starts(grouping, out);
    return out;
}

// conv_output and calibrate give the same numbers.
XObservers Mamba1Regrouping::observed_x(const TargetScales& target, const Grouping& grouping,
                                        const Mamba1Floats& floats) const {
    const Dims& dims = sources_.dims();
    XObservers observers(dims, target, grouping);
    if (target.observed_by().codes) {
        sources_.each_conv_output(layer_, grouping,
                                  [&](const std::vector<float>& y) { observers.observe_x(y); });
        return observers;
    }
    sources_.each_sequence(grouping, [&](const Sample& sample, const LayerStart* start) {
        observers.observe_x(conv_output(dims, floats, sample, start));
    });
    return observers;
}

// The states and out_proj's input of the layer as it is then stored, but for their own scales. In
// decode the codes of the states are those of the float layer's scales.
Mamba1Observers Mamba1Regrouping::observed_run(const TargetScales& target, const Grouping& grouping,
                                               const QuantizedMamba1& layer) const {
    const Dims& dims = sources_.dims();
    Mamba1Observers out(dims, target, grouping);
    sources_.each_sequence(grouping, [&](const Sample&, const LayerStart* start) {
        if (start != nullptr) out.x.observe_state(start->ssm);
    });
    std::vector<golden::LayerState> states = starts(grouping, layer);
    sources_.each_run(layer.view(), target.x_code, states,
                      [&](const TraceInfo& info, const golden::LayerTensors& made) {
                          for (std::uint32_t b = 0; b < info.batch; ++b) {
                              out.x.observe_state(sequence_of(made.carry, info.batch, b));
                          }
                          observe_rotated(made.scan, dims.d_inner, out.out_proj_input);
                      });
    return out;
}

std::vector<golden::LayerState> Mamba1Regrouping::starts(const Grouping& grouping,
                                                         const QuantizedMamba1& layer) const {
    const StateScales scales = state_scales(sources_.dims(), layer.view());
    return sources_.moved_states(grouping, scales.state);
}

// Requantized only where the scales of its columns change against each other, or its columns move.
StoredLinear Mamba1Regrouping::folded_x_proj(const Grouping& grouping, const Mamba1Floats& floats,
                                             const std::vector<float>& scales) const {
    const std::vector<float> before = x_scales(sources_.dims(), layer_);
    const bool same = scales == before;
    if (moves_nothing(grouping) && (same || (all_equal(scales) && all_equal(before)))) {
        StoredLinear kept =
            unmoved(sources_.first().trace(), sources_.first().key("mixer.x_proj"), layer_.x_proj);
        if (!same) kept.change_input_scale(before.front(), scales.front(), layer_.b_scale);
        return kept;
    }
    const float reference = *std::max_element(scales.begin(), scales.end());
    std::vector<float> rows = floats.x_proj;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        rows[i] = half_rounded(rows[i] * (scales[i % scales.size()] / reference));
    }
    StoredLinear out(sources_.first().precision(), rows_of(rows, sources_.dims().d_inner));
    out.set_int8_factors(reference, {layer_.b_scale});
    return out;
}

QuantizedMamba1 Mamba1Regrouping::moved_layer(const Grouping& grouping, StoredLinear x_proj) const {
    const Dims& dims = sources_.dims();
    const auto linear = [this](const char* name, const Linear& from,
                               std::vector<std::uint32_t> order) {
        return moved(sources_.first().trace(), sources_.first().key(name), from, std::move(order));
    };
    return {
        dims, layer_, grouping,
        Mamba1Linears{linear("mixer.in_proj", layer_.in_proj, in_proj_order(dims, grouping)),
                      std::move(x_proj), linear("mixer.dt_proj", layer_.dt_proj, grouping.channels),
                      sources_.first().out_proj(layer_.out_proj, grouping)}};
}

}  // namespace mambasic::traces::synth
