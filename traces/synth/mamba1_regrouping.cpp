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

Mamba1Regrouping::Mamba1Regrouping(const Trace& trace, std::uint32_t index, const Stream& input)
    : layer_(trace.mamba1_layer(index)),
      source_(trace, index, input, state_scales(trace.info().dims, layer_)) {}

QuantizedMamba1 Mamba1Regrouping::run(const TargetScales& target,
                                      const std::optional<GroupShape>& groups,
                                      golden::LayerState& state) const {
    const Dims& dims = source_.dims();
    Mamba1Floats floats = dequantized(dims, layer_);
    const Grouping grouping = source_.grouping_for(
        groups, [&](const Sample& sample, const LayerStart* start, std::vector<float>& statistic) {
            raise_to_means(conv_output(dims, floats, sample, start), statistic);
        });
    reorder(dims, grouping, floats);
    // What comes behind x_proj is calibrated on x_proj as it is then stored.
    const std::vector<float> scales = observed_x_scales(target, grouping, floats);
    StoredLinear x_proj = folded_x_proj(grouping, floats, scales);
    floats.x_proj = x_proj_floats(x_proj.view(), scales, layer_.b_scale);
    Mamba1Observers observers(dims, target, grouping);
    source_.each_sequence(grouping, [&](const Sample& sample, const LayerStart* start) {
        if (start != nullptr) observers.x.observe_state(start->ssm);
        calibrate(dims, floats, sample, observers, start);
    });
    QuantizedMamba1 out = moved_layer(grouping, std::move(x_proj));
    out.set_inner_scales(target, grouping, observers);
    StateScales states = state_scales(dims, out.view());
    state = source_.moved_state(grouping, states.state);
    return out;
}

// By channel; conv_output and calibrate give the same numbers, so these are the scales of the
// table.
std::vector<float> Mamba1Regrouping::observed_x_scales(const TargetScales& target,
                                                       const Grouping& grouping,
                                                       const Mamba1Floats& floats) const {
    const Dims& dims = source_.dims();
    XObservers observers(dims, target, grouping);
    source_.each_sequence(grouping, [&](const Sample& sample, const LayerStart* start) {
        observers.observe_x(conv_output(dims, floats, sample, start));
    });
    return reordered(observers.x_scales(), 1, grouping.cells);
}

// Requantized only where the scales of its columns change against each other, or its columns move.
StoredLinear Mamba1Regrouping::folded_x_proj(const Grouping& grouping, const Mamba1Floats& floats,
                                             const std::vector<float>& scales) const {
    const std::vector<float> before = x_scales(source_.dims(), layer_);
    const bool same = scales == before;
    if (moves_nothing(grouping) && (same || (all_equal(scales) && all_equal(before)))) {
        StoredLinear kept = unmoved(source_.trace(), source_.key("mixer.x_proj"), layer_.x_proj);
        if (!same) kept.change_input_scale(before.front(), scales.front(), layer_.b_scale);
        return kept;
    }
    const float reference = *std::max_element(scales.begin(), scales.end());
    std::vector<float> rows = floats.x_proj;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        rows[i] = half_rounded(rows[i] * (scales[i % scales.size()] / reference));
    }
    StoredLinear out(source_.precision(), rows_of(rows, source_.dims().d_inner));
    out.set_int8_factors(reference, {layer_.b_scale});
    return out;
}

QuantizedMamba1 Mamba1Regrouping::moved_layer(const Grouping& grouping, StoredLinear x_proj) const {
    const Dims& dims = source_.dims();
    const auto linear = [this](const char* name, const Linear& from,
                               std::vector<std::uint32_t> order) {
        return moved(source_.trace(), source_.key(name), from, std::move(order));
    };
    return {
        dims, layer_, grouping,
        Mamba1Linears{linear("mixer.in_proj", layer_.in_proj, in_proj_order(dims, grouping)),
                      std::move(x_proj), linear("mixer.dt_proj", layer_.dt_proj, grouping.channels),
                      source_.out_proj(layer_.out_proj, grouping)}};
}

}  // namespace mambasic::traces::synth
