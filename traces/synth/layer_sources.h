// One layer as all traces of a calibration saw it, which hold the same weights and scales.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "traces/synth/layer_source.h"
#include "traces/synth/observers.h"

namespace mambasic::traces::synth {

/// A trace, and what its layer sees that is at work.
struct CalibrationInput {
    const Trace* trace = nullptr;
    Stream stream;
};

class LayerSources {
public:
    /// The inputs must outlive this.
    LayerSources(const std::vector<CalibrationInput>& inputs, std::uint32_t index,
                 const StateScales& scales);

    /// Of the trace that is written.
    const LayerSource& first() const { return sources_.front(); }
    const Dims& dims() const { return first().dims(); }

    /// Of every trace.
    void each_sequence(const Grouping& grouping, const LayerSource::Visit& visit) const;

    /// Raises each channel's statistic [E] by one sequence; channels stand as in the trace.
    using Statistic =
        std::function<void(const Sample&, const LayerStart*, std::vector<float>& statistic)>;
    /// Which channels share a scale, and where they go (regroup.h).
    Grouping grouping_for(const std::optional<GroupShape>& groups,
                          const Statistic& statistic) const;

    /// LayerSource::moved_state of each trace.
    std::vector<golden::LayerState> moved_states(const Grouping& grouping,
                                                 const std::vector<float>& scales) const;

    /// What the convolution makes of one sequence [tokens][conv channels], in FP32 as the quantized
    /// layer `layer` of the trace makes it, but in the grouping's order.
    template <typename Layer>
    void each_conv_output(const Layer& layer, const Grouping& grouping,
                          const std::function<void(std::vector<float>)>& visit) const;

    /// The layer with its new scales in each of the traces; `states` [traces] in and out.
    template <typename Layer>
    void each_run(
        const Layer& layer, const XCode& code, std::vector<golden::LayerState>& states,
        const std::function<void(const TraceInfo&, const golden::LayerTensors&)>& visit) const;

private:
    std::vector<LayerSource> sources_;
};

/// Lets the observer see out_proj's input, whose rows have `width` and are not transformed yet.
void observe_rotated(const std::vector<arith::Half>& rows, std::size_t width,
                     MinMaxObserver& observer);

/// Sequence b of [batch][values of one].
template <typename T>
std::vector<T> sequence_of(const std::vector<T>& all, std::uint32_t batch, std::uint32_t b) {
    const auto count = static_cast<std::ptrdiff_t>(all.size() / batch);
    return {all.begin() + b * count, all.begin() + (b + 1) * count};
}

template <typename Layer>
void LayerSources::each_conv_output(const Layer& layer, const Grouping& grouping,
                                    const std::function<void(std::vector<float>)>& visit) const {
    golden::Options options;
    options.x_code.format = XFormat::Fp32;
    const std::vector<std::uint32_t> order = conv_order(dims(), grouping);
    for (const LayerSource& source : sources_) {
        const TraceInfo& info = source.trace().info();
        golden::LayerState state = source.state();
        const golden::LayerTensors made = run_layer(info, options, layer, source.input(), state);
        for (std::uint32_t b = 0; b < info.batch; ++b) {
            std::vector<float> y = sequence_of(made.ssm_input, info.batch, b);
            reorder_columns(order, y);
            visit(std::move(y));
        }
    }
}

template <typename Layer>
void LayerSources::each_run(
    const Layer& layer, const XCode& code, std::vector<golden::LayerState>& states,
    const std::function<void(const TraceInfo&, const golden::LayerTensors&)>& visit) const {
    golden::Options options;
    options.x_code = code;
    for (std::size_t i = 0; i < sources_.size(); ++i) {
        const TraceInfo& info = sources_[i].trace().info();
        visit(info, run_layer(info, options, layer, sources_[i].input(), states[i]));
    }
}

}  // namespace mambasic::traces::synth
