#include "traces/synth/layer_sources.h"

#include <algorithm>

#include "golden/arithmetic.h"
#include "traces/synth/sorted_grouping.h"

namespace mambasic::traces::synth {

LayerSources::LayerSources(const std::vector<CalibrationInput>& inputs, std::uint32_t index,
                           const StateScales& scales) {
    sources_.reserve(inputs.size());
    for (const CalibrationInput& input : inputs) {
        sources_.emplace_back(*input.trace, index, input.stream, scales);
    }
}

void LayerSources::each_sequence(const Grouping& grouping, const LayerSource::Visit& visit) const {
    for (const LayerSource& source : sources_) source.each_sequence(grouping, visit);
}

Grouping LayerSources::grouping_for(const std::optional<GroupShape>& groups,
                                    const Statistic& statistic) const {
    const Grouping& before = first().grouping();
    if (!groups) return ungrouped(dims());
    if (*groups == before.shape) return before;
    if (needs_no_order(dims(), *groups)) return even_groups(dims(), *groups);
    std::vector<float> channels(dims().d_inner, 0.0F);
    each_sequence(ungrouped(dims()), [&](const Sample& sample, const LayerStart* start) {
        statistic(sample, start, channels);
    });
    if (!needs_no_order(dims(), before.shape)) {
        return cut_in_place(dims(), *groups, channels);  // in the order that its groups are from
    }
    return dims().mamba2() ? group_channels(dims(), *groups, channels)
                           : group_sorted_channels(dims(), *groups, channels);
}

std::vector<golden::LayerState> LayerSources::moved_states(const Grouping& grouping,
                                                           const std::vector<float>& scales) const {
    std::vector<golden::LayerState> out;
    out.reserve(sources_.size());
    for (const LayerSource& source : sources_) {
        out.push_back(source.moved_state(grouping, scales));
    }
    return out;
}

void observe_rotated(const std::vector<arith::Half>& rows, std::size_t width,
                     MinMaxObserver& observer) {
    std::vector<float> y(rows.size());
    std::transform(rows.begin(), rows.end(), y.begin(), arith::from_half);
    const std::vector<float> rotated = float_hadamard(y, width);
    observer.observe(rotated.data(), rotated.size());
}

}  // namespace mambasic::traces::synth
