// One Mamba1 layer of a trace on its way from one scheme's scales to another's.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "golden/layer.h"
#include "traces/synth/layer_sources.h"
#include "traces/synth/mamba1_quantized.h"
#include "traces/synth/replay.h"
#include "traces/trace.h"

namespace mambasic::traces::synth {

class Mamba1Regrouping {
public:
    /// The first of `inputs`, which must outlive this, is the trace that is regrouped.
    Mamba1Regrouping(const std::vector<CalibrationInput>& inputs, std::uint32_t index);

    /// `groups` are the target's. Leaves in `states` what the regrouped layer starts from in each
    /// trace; nothing in prefill.
    QuantizedMamba1 run(const TargetScales& target, const std::optional<GroupShape>& groups,
                        std::vector<golden::LayerState>& states) const;

private:
    XObservers observed_x(const TargetScales& target, const Grouping& grouping,
                          const Mamba1Floats& floats) const;
    StoredLinear folded_x_proj(const Grouping& grouping, const Mamba1Floats& floats,
                               const std::vector<float>& scales) const;
    QuantizedMamba1 moved_layer(const Grouping& grouping, StoredLinear x_proj) const;
    Mamba1Observers observed_run(const TargetScales& target, const Grouping& grouping,
                                 const QuantizedMamba1& layer) const;
    std::vector<golden::LayerState> starts(const Grouping& grouping,
                                           const QuantizedMamba1& layer) const;

    const Mamba1Layer layer_;
    const LayerSources sources_;
};

}  // namespace mambasic::traces::synth
