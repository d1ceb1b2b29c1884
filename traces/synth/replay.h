// Runs golden over the tokens of a trace: a prompt at once, or decode step after step. Steps go
// one at a time because the number of rows in a call decides its epilogue (kernels.md 2.2).
#pragma once

#include <cstdint>
#include <vector>

#include "golden/layer.h"
#include "traces/trace.h"

namespace mambasic::traces::synth {

/// What flows from layer to layer, [batch][tokens][D].
struct Stream {
    std::vector<arith::Half> hidden;
    std::vector<float> residual;  // empty before layer 0

    const float* residual_or_null() const { return residual.empty() ? nullptr : residual.data(); }
};

/// How golden runs layer `index` of such a trace: the usual way, with the layer's code of x.
golden::Options options_of(const TraceInfo& info, std::uint32_t index);

/// Phase, batch, tokens, dims and epsilon are taken from `info`. In decode `state` goes in and out,
/// in prefill it only comes out. Every tensor is [batch][tokens][channels]; `carry` is the last.
golden::LayerTensors run_layer(const TraceInfo& info, const golden::Options& options,
                               const Mamba1Layer& layer, const Stream& input,
                               golden::LayerState& state);
golden::LayerTensors run_layer(const TraceInfo& info, const golden::Options& options,
                               const Mamba2Layer& layer, const Stream& input,
                               golden::LayerState& state);

/// Final norm and LM head on what the last layer left: in prefill the last token of each sequence.
golden::HeadTensors run_head(const TraceInfo& info, const Head& head, const Stream& input);

/// What the trace's first layer took in: the embedding of its tokens, or the input that it holds.
Stream first_input(const Trace& trace);
/// What a layer started from; empty in prefill.
golden::LayerState state_in(const Trace& trace, std::uint32_t index);

/// The stream after a layer; takes the two vectors out of `tensors` by copy.
Stream after(const golden::LayerTensors& tensors);

}  // namespace mambasic::traces::synth
