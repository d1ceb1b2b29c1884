#include "traces/synth/group.h"

#include <numeric>
#include <utility>

#include "traces/error.h"
#include "traces/layout.h"
#include "traces/metadata.h"
#include "traces/synth/dequantized.h"
#include "traces/synth/grouping.h"
#include "traces/synth/mamba2_quantized.h"
#include "traces/synth/pieces.h"
#include "traces/synth/replay.h"
#include "traces/synth/w4.h"

namespace mambasic::traces::synth {

namespace {

void require_groupable(const Trace& trace) {
    const TraceInfo& info = trace.info();
    if (info.dims.mamba2() && !info.grouped()) return;
    const std::string found =
        info.dims.mamba2() ? "it has groups already" : "it is of family " + info.family;
    throw TraceError(trace.path() + ": only a Mamba2 trace of scheme quamba1 can be grouped; " +
                     found);
}

TraceInfo grouped_info(const Trace& trace, std::uint32_t head_groups, std::uint32_t dim_groups) {
    TraceInfo info = trace.info();
    info.scheme = "quamba2";
    info.groups = {info.dims.groups, head_groups, dim_groups};
    info.packed_w4 = false;
    info.notes["group.of_header_sha256"] = trace.header_sha256();
    return info;
}

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

StoredLinear moved(const Trace& trace, const std::string& key, const Linear& linear,
                   std::vector<std::uint32_t> order) {
    if (linear.kind != LinearKind::W4) return {linear, nullptr, std::move(order)};
    const W4Linear codes = stored_w4(trace, key, linear);
    return {linear, &codes, std::move(order)};
}

// One layer on its way from one scale to many.
class LayerGrouping {
public:
    LayerGrouping(const Trace& trace, std::uint32_t index, const Stream& input)
        : trace_(trace),
          dims_(trace.info().dims),
          index_(index),
          input_(input),
          layer_(trace.mamba2_layer(index)),
          state_(state_in(trace, index)) {}

    /// Leaves in `state` what the regrouped layer starts from.
    QuantizedMamba2 run(const GroupShape& shape, golden::LayerState& state) const {
        Mamba2Floats floats = dequantized(dims_, layer_);
        std::vector<float> statistic(dims_.d_inner, 0.0F);
        each_sequence([&](const Sample& sample, std::uint32_t) {
            observe_channels(dims_, floats, sample, statistic);
        });
        const Grouping grouping = group_channels(dims_, shape, statistic);
        reorder(dims_, grouping, floats);
        Mamba2Observers observers(dims_, Scheme::Quamba2, grouping);
        each_sequence([&](const Sample& sample, std::uint32_t sequence) {
            calibrate_sequence(sample, sequence, floats, grouping, observers);
        });
        QuantizedMamba2 out = quantized(grouping);
        out.set_inner_scales(grouping, observers);
        state = regrouped(out.view(), grouping);
        return out;
    }

private:
    template <typename Visit>
    void each_sequence(const Visit& visit) const {
        const TraceInfo& info = trace_.info();
        for (std::uint32_t b = 0; b < info.batch; ++b) {
            const std::size_t at = std::size_t{b} * info.tokens * dims_.d_model;
            const float* residual = input_.residual_or_null();
            visit(Sample{info.tokens, input_.hidden.data() + at,
                         residual == nullptr ? nullptr : residual + at, info.epsilon},
                  b);
        }
    }

    void calibrate_sequence(const Sample& sample, std::uint32_t sequence,
                            const Mamba2Floats& floats, const Grouping& grouping,
                            Mamba2Observers& observers) const {
        if (state_.ssm.empty()) {
            calibrate(dims_, floats, sample, observers);
            return;
        }
        Mamba2Start start = dequantized_start(dims_, layer_, state_, sequence);
        const std::vector<std::uint32_t> conv = conv_order(dims_, grouping);
        std::vector<float> rows;
        for (std::size_t row = 0; row < start.conv.size(); row += conv.size()) {
            const std::vector<float> one = reordered(start.conv.data() + row, 1, conv);
            rows.insert(rows.end(), one.begin(), one.end());
        }
        start.conv = std::move(rows);
        start.ssm = reordered(start.ssm, dims_.d_state, grouping.channels);
        observers.conv_out.observe_state(start.ssm);
        calibrate(dims_, floats, sample, observers, &start);
    }

    QuantizedMamba2 quantized(const Grouping& grouping) const {
        const std::string in_proj = weight_key(trace_.info(), index_, "mixer.in_proj");
        std::vector<float> out_proj = unrotated_out_proj(dims_, layer_);
        reorder_and_rotate(grouping, out_proj);
        const Precision precision = trace_.info().w4() ? Precision::W4A8 : Precision::W8A8;
        return {dims_, layer_, grouping,
                moved(trace_, in_proj, layer_.in_proj, in_proj_order(dims_, grouping)),
                StoredLinear(precision, rows_of(out_proj, dims_.d_inner))};
    }

    // Codes of the conv state move; those of the SSM state also change their scale.
    golden::LayerState regrouped(const Mamba2Layer& layer, const Grouping& grouping) const {
        golden::LayerState out;
        if (state_.ssm.empty()) return out;
        const std::size_t conv = std::size_t{dims_.conv_channels()} * dims_.d_conv;
        const std::size_t states = dims_.d_state;
        const std::size_t ssm = dims_.d_inner * states;
        for (std::uint32_t b = 0; b < trace_.info().batch; ++b) {
            const std::vector<std::int8_t> moved_conv =
                reordered(state_.conv.data() + b * conv, dims_.d_conv, conv_order(dims_, grouping));
            out.conv.insert(out.conv.end(), moved_conv.begin(), moved_conv.end());
            const std::vector<std::int8_t> moved_ssm =
                reordered(state_.ssm.data() + b * ssm, states, grouping.channels);
            for (std::size_t i = 0; i < ssm; ++i) {
                const float value =
                    static_cast<float>(moved_ssm[i]) * layer_.groups.state_scales[0];
                const std::size_t cell = grouping.cells[i / states];
                const float scale = layer.groups.state_scales[cell * states + i % states];
                out.ssm.push_back(arith::quantize_rhe(value / scale));
            }
        }
        return out;
    }

    const Trace& trace_;
    const Dims& dims_;
    const std::uint32_t index_;
    const Stream& input_;
    const Mamba2Layer layer_;
    const golden::LayerState state_;
};

// Packed codes of an embedding as plain ones.
std::vector<std::uint8_t> plain_embedding(const Trace& trace) {
    const Head head = trace.head();
    const std::size_t count = std::size_t{trace.info().dims.vocab} * trace.info().dims.d_model;
    std::vector<std::uint8_t> codes(count);
    for (std::size_t i = 0; i < count; ++i) {
        codes[i] = static_cast<std::uint8_t>(head.embedding_weight[i] + 8);
    }
    std::vector<std::uint8_t> out(count / 2);
    pack_nibbles(codes.data(), count, out.data());
    return out;
}

// Tokens and embedding, or the input that stands in for them, as the trace has them.
void write_begin(const Trace& trace, Assembler& assembler) {
    Pieces pieces;
    for (const Tensor& tensor : trace.tensors()) {
        const bool of_a_layer = tensor.name.find(".layers.") != std::string::npos;
        if (!of_a_layer) pieces.add(tensor.name, tensor.data, tensor.bytes());
    }
    std::vector<std::uint8_t> embedding;
    if (trace.info().has_head && trace.info().packed_w4) {
        embedding = plain_embedding(trace);
        pieces.add("backbone.embedding.weight", embedding);
    }
    assembler.write(pieces);
}

void write_head(const Trace& trace, const Stream& last, Assembler& assembler) {
    const Head head = trace.head();
    std::vector<std::uint32_t> unmoved(head.lm_head.n);
    std::iota(unmoved.begin(), unmoved.end(), 0U);
    const StoredLinear lm_head = moved(trace, "lm_head", head.lm_head, unmoved);
    const golden::HeadTensors recorded = run_head(trace.info(), head, last);
    Pieces pieces;
    pieces.add("backbone.norm_f.weight", head.norm_f_weight,
               trace.info().dims.d_model * sizeof(std::uint16_t));
    pieces.add_f64("backbone.norm_f.output_scale", static_cast<double>(head.norm_f_output_scale));
    lm_head.add_to(pieces, "lm_head");
    pieces.add_recorded_head(recorded);
    assembler.write(pieces);
}

}  // namespace

void group(const Trace& trace, std::uint32_t head_groups, std::uint32_t dim_groups,
           const std::string& path, const Progress& progress) {
    require_groupable(trace);
    const TraceInfo info = grouped_info(trace, head_groups, dim_groups);
    require_sane(path, info);
    Assembler assembler(path, info);
    if (info.shapes_only) {
        assembler.finish();
        return;
    }
    write_begin(trace, assembler);
    Stream stream = first_input(trace);
    for (std::uint32_t index = 0; index < info.layers; ++index) {
        golden::LayerState state;
        const QuantizedMamba2 layer = LayerGrouping(trace, index, stream).run(info.groups, state);
        const golden::LayerState before = state;
        const golden::LayerTensors tensors = run_layer(info, layer.view(), stream, state);
        Pieces pieces;
        layer.add_to(pieces, info, index);
        pieces.add_states_in(info, index, before);
        pieces.add_recorded(info, index, tensors, state);
        assembler.write(pieces);
        stream = after(tensors);
        if (progress) progress(index + 1, info.layers);
    }
    if (info.has_head) write_head(trace, stream, assembler);
    assembler.finish();
}

}  // namespace mambasic::traces::synth
