// One Mamba2 layer of a trace on its way from one scheme's scales to another's.
#pragma once

#include <cstdint>
#include <optional>

#include "golden/layer.h"
#include "traces/synth/layer_source.h"
#include "traces/synth/mamba2_quantized.h"
#include "traces/synth/replay.h"
#include "traces/trace.h"

namespace mambasic::traces::synth {

class Mamba2Regrouping {
public:
    /// `input` is what the layer sees; it and the trace must outlive this.
    Mamba2Regrouping(const Trace& trace, std::uint32_t index, const Stream& input);

    /// `groups` are the target's. Leaves in `state` what the regrouped layer starts from; nothing
    /// in prefill.
    QuantizedMamba2 run(const TargetScales& target, const std::optional<GroupShape>& groups,
                        golden::LayerState& state) const;

private:
    QuantizedMamba2 moved_layer(const Grouping& grouping) const;

    const Mamba2Layer layer_;
    const LayerSource source_;
};

}  // namespace mambasic::traces::synth
