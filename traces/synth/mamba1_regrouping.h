// One Mamba1 layer of a trace on its way from one scheme's scales to another's.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "golden/layer.h"
#include "traces/synth/layer_source.h"
#include "traces/synth/mamba1_quantized.h"
#include "traces/synth/replay.h"
#include "traces/trace.h"

namespace mambasic::traces::synth {

class Mamba1Regrouping {
public:
    /// `input` is what the layer sees; it and the trace must outlive this.
    Mamba1Regrouping(const Trace& trace, std::uint32_t index, const Stream& input);

    /// `groups` are the target's. Leaves in `state` what the regrouped layer starts from; nothing
    /// in prefill.
    QuantizedMamba1 run(const TargetScales& target, const std::optional<GroupShape>& groups,
                        golden::LayerState& state) const;

private:
    std::vector<float> observed_x_scales(const TargetScales& target, const Grouping& grouping,
                                         const Mamba1Floats& floats) const;
    StoredLinear folded_x_proj(const Grouping& grouping, const Mamba1Floats& floats,
                               const std::vector<float>& scales) const;
    QuantizedMamba1 moved_layer(const Grouping& grouping, StoredLinear x_proj) const;

    const Mamba1Layer layer_;
    const LayerSource source_;
};

}  // namespace mambasic::traces::synth
