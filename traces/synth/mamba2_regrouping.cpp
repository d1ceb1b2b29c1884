#include "traces/synth/mamba2_regrouping.h"

#include "traces/synth/dequantized.h"

namespace mambasic::traces::synth {

Mamba2Regrouping::Mamba2Regrouping(const Trace& trace, std::uint32_t index, const Stream& input)
    : layer_(trace.mamba2_layer(index)),
      source_(trace, index, input, state_scales(trace.info().dims, layer_)) {}

QuantizedMamba2 Mamba2Regrouping::run(const TargetScales& target,
                                      const std::optional<GroupShape>& groups,
                                      golden::LayerState& state) const {
    const Dims& dims = source_.dims();
    Mamba2Floats floats = dequantized(dims, layer_);
    const Grouping grouping = source_.grouping_for(
        groups, [&](const Sample& sample, const LayerStart* start, std::vector<float>& statistic) {
            observe_channels(dims, floats, sample, statistic, start);
        });
    reorder(dims, grouping, floats);
    Mamba2Observers observers(dims, target, grouping);
    source_.each_sequence(grouping, [&](const Sample& sample, const LayerStart* start) {
        if (start != nullptr) observers.conv_out.observe_state(start->ssm);
        calibrate(dims, floats, sample, observers, start);
    });
    QuantizedMamba2 out = moved_layer(grouping);
    out.set_inner_scales(grouping, observers);
    state = source_.moved_state(grouping, state_scales(dims, out.view().groups, grouping));
    return out;
}

QuantizedMamba2 Mamba2Regrouping::moved_layer(const Grouping& grouping) const {
    const Dims& dims = source_.dims();
    return {dims, layer_, grouping,
            moved(source_.trace(), source_.key("mixer.in_proj"), layer_.in_proj,
                  in_proj_order(dims, grouping)),
            source_.out_proj(layer_.out_proj, grouping)};
}

}  // namespace mambasic::traces::synth
