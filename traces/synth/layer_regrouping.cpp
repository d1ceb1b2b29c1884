#include "traces/synth/layer_regrouping.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "golden/arithmetic.h"
#include "traces/layout.h"
#include "traces/synth/dequantized.h"
#include "traces/synth/mamba2_weights.h"
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

// A permutation ascends only where it is the identity.
bool moves_nothing(const Grouping& grouping) {
    return std::is_sorted(grouping.channels.begin(), grouping.channels.end());
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

LayerRegrouping::LayerRegrouping(const Trace& trace, std::uint32_t index, const Stream& input)
    : trace_(trace),
      dims_(trace.info().dims),
      index_(index),
      input_(input),
      layer_(trace.mamba2_layer(index)),
      state_(state_in(trace, index)) {}

template <typename Visit>
void LayerRegrouping::each_sequence(const Visit& visit) const {
    const TraceInfo& info = trace_.info();
    for (std::uint32_t b = 0; b < info.batch; ++b) {
        const std::size_t at = std::size_t{b} * info.tokens * dims_.d_model;
        const float* residual = input_.residual_or_null();
        visit(Sample{info.tokens, input_.hidden.data() + at,
                     residual == nullptr ? nullptr : residual + at, info.epsilon},
              b);
    }
}

QuantizedMamba2 LayerRegrouping::run(const TargetScales& target,
                                     const std::optional<GroupShape>& groups,
                                     golden::LayerState& state) const {
    Mamba2Floats floats = dequantized(dims_, layer_);
    const Grouping grouping = groups ? grouping_for(*groups, floats) : ungrouped(dims_);
    reorder(dims_, grouping, floats);
    Mamba2Observers observers(dims_, target, grouping);
    each_sequence([&](const Sample& sample, std::uint32_t sequence) {
        if (state_.ssm.empty()) {
            calibrate(dims_, floats, sample, observers);
            return;
        }
        const Mamba2Start start = moved_start(sequence, grouping);
        observers.conv_out.observe_state(start.ssm);
        calibrate(dims_, floats, sample, observers, &start);
    });
    QuantizedMamba2 out = moved_layer(grouping);
    out.set_inner_scales(grouping, observers);
    state = moved_state(out.view().groups, grouping);
    return out;
}

Grouping LayerRegrouping::grouping_for(const GroupShape& groups, const Mamba2Floats& floats) const {
    if (groups == layer_.groups.shape) return grouping_of(dims_, layer_.groups);
    if (needs_no_order(dims_, groups)) return even_groups(dims_, groups);
    std::vector<float> statistic(dims_.d_inner, 0.0F);
    each_sequence([&](const Sample& sample, std::uint32_t sequence) {
        const Mamba2Start start = start_of(sequence);
        observe_channels(dims_, floats, sample, statistic, state_.conv.empty() ? nullptr : &start);
    });
    if (needs_no_order(dims_, layer_.groups.shape)) {
        return group_channels(dims_, groups, statistic);
    }
    return cut_in_place(dims_, groups, statistic);  // in the order that its groups are made from
}

Mamba2Start LayerRegrouping::start_of(std::uint32_t sequence) const {
    if (state_.conv.empty()) return {};
    return dequantized_start(dims_, layer_, state_, sequence);
}

Mamba2Start LayerRegrouping::moved_start(std::uint32_t sequence, const Grouping& grouping) const {
    Mamba2Start out = start_of(sequence);
    const std::vector<std::uint32_t> conv = conv_order(dims_, grouping);
    std::vector<float> rows;
    for (std::size_t row = 0; row < out.conv.size(); row += conv.size()) {
        const std::vector<float> one = reordered(out.conv.data() + row, 1, conv);
        rows.insert(rows.end(), one.begin(), one.end());
    }
    out.conv = std::move(rows);
    out.ssm = reordered(out.ssm, dims_.d_state, grouping.channels);
    return out;
}

QuantizedMamba2 LayerRegrouping::moved_layer(const Grouping& grouping) const {
    const TraceInfo& info = trace_.info();
    const std::string out_key = weight_key(info, index_, "mixer.out_proj");
    StoredLinear in_proj = moved(trace_, weight_key(info, index_, "mixer.in_proj"), layer_.in_proj,
                                 in_proj_order(dims_, grouping));
    if (moves_nothing(grouping)) {
        return {dims_, layer_, grouping, std::move(in_proj),
                unmoved(trace_, out_key, layer_.out_proj)};
    }
    std::vector<float> out_proj = unrotated_out_proj(dims_, layer_);
    reorder_and_rotate(grouping, out_proj);
    const Precision precision = info.w4() ? Precision::W4A8 : Precision::W8A8;
    return {dims_, layer_, grouping, std::move(in_proj),
            StoredLinear(precision, rows_of(out_proj, dims_.d_inner))};
}

// Codes of the conv state move; those of the SSM state also change their scale.
golden::LayerState LayerRegrouping::moved_state(const GroupTable& table,
                                                const Grouping& grouping) const {
    golden::LayerState out;
    if (state_.ssm.empty()) return out;
    const std::vector<std::uint32_t> channels = conv_order(dims_, grouping);
    const std::size_t conv = channels.size() * dims_.d_conv;
    const std::size_t states = dims_.d_state;
    for (std::uint32_t b = 0; b < trace_.info().batch; ++b) {
        const std::vector<std::int8_t> codes =
            reordered(state_.conv.data() + b * conv, dims_.d_conv, channels);
        out.conv.insert(out.conv.end(), codes.begin(), codes.end());
        const std::vector<float> values = moved_start(b, grouping).ssm;
        for (std::size_t i = 0; i < values.size(); ++i) {
            const float scale = state_scale(table, grouping.cells[i / states], i % states);
            out.ssm.push_back(arith::quantize_rhe(values[i] / scale));
        }
    }
    return out;
}

}  // namespace mambasic::traces::synth
