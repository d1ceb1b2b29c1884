#include "traces/synth/layer_source.h"

#include <numeric>
#include <utility>

#include "golden/arithmetic.h"
#include "traces/layout.h"
#include "traces/synth/out_proj.h"
#include "traces/w4.h"

namespace mambasic::traces::synth {

namespace {

// The codes of a W4 linear as the file holds them.
W4Linear stored_w4(const Trace& trace, const std::string& key, const Linear& linear) {
    W4Linear out;
    out.codes = trace.find(key + ".weight")->data;
    out.s_group = trace.find(key + ".s_group")->as<std::uint16_t>();
    out.s_channel = trace.find(key + ".s_channel")->as<float>();
    out.n_padded = linear.n_padded;
    out.k = linear.k;
    out.packed = trace.info().packed_w4;
    return out;
}

}  // namespace

StoredLinear moved(const Trace& trace, const std::string& key, const Linear& linear,
                   std::vector<std::uint32_t> order) {
    if (linear.kind != LinearKind::W4) return {linear, nullptr, std::move(order)};
    const W4Linear codes = stored_w4(trace, key, linear);
    return {linear, &codes, std::move(order)};
}

StoredLinear unmoved(const Trace& trace, const std::string& key, const Linear& linear) {
    std::vector<std::uint32_t> order(linear.n);
    std::iota(order.begin(), order.end(), 0U);
    return moved(trace, key, linear, std::move(order));
}

LayerSource::LayerSource(const Trace& trace, std::uint32_t index, const Stream& input,
                         StateScales scales)
    : trace_(trace),
      index_(index),
      input_(input),
      scales_(std::move(scales)),
      state_(state_in(trace, index)) {}

std::string LayerSource::key(const std::string& name) const {
    return weight_key(trace_.info(), index_, name);
}

void LayerSource::each_sequence(const Grouping& grouping, const Visit& visit) const {
    const TraceInfo& info = trace_.info();
    for (std::uint32_t b = 0; b < info.batch; ++b) {
        const std::size_t at = std::size_t{b} * info.tokens * info.dims.d_model;
        const float* residual = input_.residual_or_null();
        const Sample sample{info.tokens, input_.hidden.data() + at,
                            residual == nullptr ? nullptr : residual + at, info.epsilon};
        if (state_.ssm.empty()) {
            visit(sample, nullptr);
            continue;
        }
        const LayerStart start = moved_start(b, grouping);
        visit(sample, &start);
    }
}

StoredLinear LayerSource::out_proj(const Linear& linear, const Grouping& grouping) const {
    if (moves_nothing(grouping)) return unmoved(trace_, key("mixer.out_proj"), linear);
    std::vector<float> rows = unrotated_out_proj(linear);
    reorder_and_rotate(grouping, rows);
    return {precision(), rows_of(rows, dims().d_inner)};
}

LayerStart LayerSource::moved_start(std::uint32_t sequence, const Grouping& grouping) const {
    LayerStart out = dequantized_start(dims(), scales_, state_, sequence);
    reorder_columns(conv_order(dims(), grouping), out.conv);
    out.ssm = reordered(out.ssm, dims().d_state, grouping.channels);
    return out;
}

// Codes of the conv state move; those of the SSM state also change their scale.
golden::LayerState LayerSource::moved_state(const Grouping& grouping,
                                            const std::vector<float>& scales) const {
    golden::LayerState out;
    if (state_.ssm.empty()) return out;
    const std::vector<std::uint32_t> channels = conv_order(dims(), grouping);
    const std::size_t conv = channels.size() * dims().d_conv;
    for (std::uint32_t b = 0; b < trace_.info().batch; ++b) {
        const std::vector<std::int8_t> codes =
            reordered(state_.conv.data() + b * conv, dims().d_conv, channels);
        out.conv.insert(out.conv.end(), codes.begin(), codes.end());
        const std::vector<float> values = moved_start(b, grouping).ssm;
        for (std::size_t i = 0; i < values.size(); ++i) {
            out.ssm.push_back(arith::quantize_rhe(values[i] / scales[i]));
        }
    }
    return out;
}

}  // namespace mambasic::traces::synth
