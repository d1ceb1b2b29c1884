// One layer of a trace that is to get other scales: what it sees, what it starts from, and how its
// channels stand. The same for both families.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "golden/layer.h"
#include "traces/synth/dequantized.h"
#include "traces/synth/float_ops.h"
#include "traces/synth/grouping.h"
#include "traces/synth/replay.h"
#include "traces/synth/stored_linear.h"
#include "traces/trace.h"

namespace mambasic::traces::synth {

/// A linear of the trace, its output channel i being channel order[i] there.
StoredLinear moved(const Trace& trace, const std::string& key, const Linear& linear,
                   std::vector<std::uint32_t> order);
/// Its output channels in their own order.
StoredLinear unmoved(const Trace& trace, const std::string& key, const Linear& linear);

class LayerSource {
public:
    /// `input` is what the layer sees; it and the trace must outlive this.
    LayerSource(const Trace& trace, std::uint32_t index, const Stream& input, StateScales scales);

    const Trace& trace() const { return trace_; }
    const Dims& dims() const { return trace_.info().dims; }
    std::uint32_t index() const { return index_; }
    std::string key(const std::string& name) const;
    Precision precision() const { return trace_.info().w4() ? Precision::W4A8 : Precision::W8A8; }

    /// A sequence of the batch and, in decode, what the layer starts from; null in prefill.
    using Visit = std::function<void(const Sample&, const LayerStart*)>;
    /// Starts are in the grouping's order.
    void each_sequence(const Grouping& grouping, const Visit& visit) const;

    /// Which channels share a scale as the trace has it; nothing moved.
    const Grouping& grouping() const { return scales_.grouping; }
    const Stream& input() const { return input_; }
    const golden::LayerState& state() const { return state_; }

    /// out_proj, whose columns the grouping moves.
    StoredLinear out_proj(const Linear& linear, const Grouping& grouping) const;

    /// What the layer starts from with the new scales of its states, [E][N] in the grouping's
    /// order; nothing in prefill.
    golden::LayerState moved_state(const Grouping& grouping,
                                   const std::vector<float>& scales) const;

private:
    LayerStart moved_start(std::uint32_t sequence, const Grouping& grouping) const;

    const Trace& trace_;
    const std::uint32_t index_;
    const Stream& input_;
    const StateScales scales_;
    const golden::LayerState state_;  // empty in prefill
};

}  // namespace mambasic::traces::synth
