// One Mamba2 layer of a trace on its way from one scheme's scales to another's.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "golden/layer.h"
#include "traces/synth/layer_sources.h"
#include "traces/synth/mamba2_quantized.h"
#include "traces/synth/replay.h"
#include "traces/trace.h"

namespace mambasic::traces::synth {

class Mamba2Regrouping {
public:
    /// The first of `inputs`, which must outlive this, is the trace that is regrouped.
    Mamba2Regrouping(const std::vector<CalibrationInput>& inputs, std::uint32_t index);

    /// `groups` are the target's. Leaves in `states` what the regrouped layer starts from in each
    /// trace; nothing in prefill.
    QuantizedMamba2 run(const TargetScales& target, const std::optional<GroupShape>& groups,
                        std::vector<golden::LayerState>& states) const;

private:
    QuantizedMamba2 moved_layer(const Grouping& grouping) const;
    /// In place of those of the float layer.
    void set_coded_scales(const TargetScales& target, const Grouping& grouping,
                          const Mamba2Observers& of_floats, QuantizedMamba2& layer) const;
    std::vector<golden::LayerState> starts(const Grouping& grouping,
                                           const QuantizedMamba2& layer) const;

    const Mamba2Layer layer_;
    const LayerSources sources_;
};

}  // namespace mambasic::traces::synth
