// One Mamba2 layer of a trace on its way from one scheme's scales to another's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "golden/layer.h"
#include "traces/synth/grouping.h"
#include "traces/synth/mamba2_calibrate.h"
#include "traces/synth/mamba2_quantized.h"
#include "traces/synth/replay.h"
#include "traces/synth/stored_linear.h"
#include "traces/trace.h"

namespace mambasic::traces::synth {

/// A linear of the trace, its output channel i being channel order[i] there.
StoredLinear moved(const Trace& trace, const std::string& key, const Linear& linear,
                   std::vector<std::uint32_t> order);
/// Its output channels in their own order.
StoredLinear unmoved(const Trace& trace, const std::string& key, const Linear& linear);

class LayerRegrouping {
public:
    /// `input` is what the layer sees; it and the trace must outlive this.
    LayerRegrouping(const Trace& trace, std::uint32_t index, const Stream& input);

    /// `groups` are the target's. Leaves in `state` what the regrouped layer starts from; nothing
    /// in prefill.
    QuantizedMamba2 run(const TargetScales& target, const std::optional<GroupShape>& groups,
                        golden::LayerState& state) const;

private:
    template <typename Visit>
    void each_sequence(const Visit& visit) const;
    Grouping grouping_for(const GroupShape& groups, const Mamba2Floats& floats) const;
    Mamba2Start start_of(std::uint32_t sequence) const;
    Mamba2Start moved_start(std::uint32_t sequence, const Grouping& grouping) const;
    QuantizedMamba2 moved_layer(const Grouping& grouping) const;
    golden::LayerState moved_state(const GroupTable& table, const Grouping& grouping) const;

    const Trace& trace_;
    const Dims& dims_;
    const std::uint32_t index_;
    const Stream& input_;
    const Mamba2Layer layer_;
    const golden::LayerState state_;  // empty in prefill
};

}  // namespace mambasic::traces::synth
