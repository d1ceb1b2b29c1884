#include "traces/synth/mamba2_regrouping.h"

#include "traces/synth/dequantized.h"

namespace mambasic::traces::synth {

Mamba2Regrouping::Mamba2Regrouping(const std::vector<CalibrationInput>& inputs, std::uint32_t index)
    : layer_(inputs.front().trace->mamba2_layer(index)),
      sources_(inputs, index, state_scales(inputs.front().trace->info().dims, layer_)) {}

QuantizedMamba2 Mamba2Regrouping::run(const TargetScales& target,
                                      const std::optional<GroupShape>& groups,
                                      std::vector<golden::LayerState>& states) const {
    const Dims& dims = sources_.dims();
    Mamba2Floats floats = dequantized(dims, layer_);
    const Grouping grouping = sources_.grouping_for(
        groups, [&](const Sample& sample, const LayerStart* start, std::vector<float>& statistic) {
            observe_channels(dims, floats, sample, statistic, start);
        });
    reorder(dims, grouping, floats);
    Mamba2Observers observers(dims, target, grouping);
    sources_.each_sequence(grouping, [&](const Sample& sample, const LayerStart* start) {
        if (start != nullptr) observers.conv_out.observe_state(start->ssm);
        calibrate(dims, floats, sample, observers, start);
    });
    QuantizedMamba2 out = moved_layer(grouping);
    if (target.observed_by().codes) {
        set_coded_scales(target, grouping, observers, out);
    } else {
        out.set_inner_scales(grouping, observers);
    }
    states = starts(grouping, out);
    return out;
}

// x, B and C do not depend on their scales; the states and out_proj's input do, so they are seen in
// the layer that has these already. In decode the codes of its states are those of the float
// layer's scales.
void Mamba2Regrouping::set_coded_scales(const TargetScales& target, const Grouping& grouping,
                                        const Mamba2Observers& of_floats,
                                        QuantizedMamba2& layer) const {
    const Dims& dims = sources_.dims();
    Mamba2Observers coded(dims, target, grouping);
    sources_.each_conv_output(layer_, grouping,
                              [&](const std::vector<float>& y) { coded.conv_out.observe_conv(y); });
    Mamba2Observers before = of_floats;
    before.conv_out.take_conv(coded.conv_out);
    layer.set_inner_scales(grouping, before);
    sources_.each_sequence(grouping, [&](const Sample&, const LayerStart* start) {
        if (start != nullptr) coded.conv_out.observe_state(start->ssm);
    });
    std::vector<golden::LayerState> states = starts(grouping, layer);
    sources_.each_run(layer.view(), target.x_code, states,
                      [&](const TraceInfo& info, const golden::LayerTensors& made) {
                          for (std::uint32_t b = 0; b < info.batch; ++b) {
                              coded.conv_out.observe_state(sequence_of(made.carry, info.batch, b));
                          }
                          observe_rotated(made.gated_norm, dims.d_inner, coded.out_proj_input);
                      });
    layer.set_inner_scales(grouping, coded);
}

std::vector<golden::LayerState> Mamba2Regrouping::starts(const Grouping& grouping,
                                                         const QuantizedMamba2& layer) const {
    return sources_.moved_states(grouping,
                                 state_scales(sources_.dims(), layer.view().groups, grouping));
}

QuantizedMamba2 Mamba2Regrouping::moved_layer(const Grouping& grouping) const {
    const Dims& dims = sources_.dims();
    return {dims, layer_, grouping,
            moved(sources_.first().trace(), sources_.first().key("mixer.in_proj"), layer_.in_proj,
                  in_proj_order(dims, grouping)),
            sources_.first().out_proj(layer_.out_proj, grouping)};
}

}  // namespace mambasic::traces::synth
