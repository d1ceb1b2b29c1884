#include "traces/synth/regroup.h"

#include "traces/describe.h"
#include "traces/error.h"
#include "traces/layer_groups.h"
#include "traces/metadata.h"
#include "traces/synth/mamba1_regrouping.h"
#include "traces/synth/mamba2_regrouping.h"
#include "traces/synth/pieces.h"
#include "traces/synth/replay.h"
#include "traces/synth/w4.h"

namespace mambasic::traces::synth {

namespace {

TraceInfo regrouped_info(const Trace& trace, const std::vector<TargetScales>& targets) {
    TraceInfo info = trace.info();
    LayerGroups groups;
    info.observers.clear();
    for (const TargetScales& target : targets) {
        info.observers.push_back(target.observed_by());
        groups.emplace_back();
        if (target.scheme == Scheme::Quamba1) continue;
        groups.back() =
            GroupShape{info.dims.table_ssd_groups(), target.head_groups, target.dim_groups};
    }
    set_layer_groups(groups, info);
    info.packed_w4 = false;
    info.notes["regroup.of_header_sha256"] = trace.header_sha256();
    return info;
}

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

struct LayerToWrite {
    const Trace& from;
    const TraceInfo& info;
    std::uint32_t index = 0;
};

/// Returns what the next layer sees.
template <typename Regrouping>
Stream write_layer(const LayerToWrite& what, const TargetScales& target, const Stream& input,
                   Assembler& assembler) {
    golden::LayerState state;
    const auto layer =
        Regrouping(what.from, what.index, input).run(target, what.info.table(what.index), state);
    const golden::LayerState before = state;
    const golden::LayerTensors tensors =
        run_layer(what.info, options_of(what.info, what.index), layer.view(), input, state);
    Pieces pieces;
    layer.add_to(pieces, what.info, what.index);
    pieces.add_states_in(what.info, what.index, before);
    pieces.add_recorded(what.info, what.index, tensors, state);
    assembler.write(pieces);
    return after(tensors);
}

void write_head(const Trace& trace, const Stream& last, Assembler& assembler) {
    const Head head = trace.head();
    const StoredLinear lm_head = unmoved(trace, "lm_head", head.lm_head);
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

void regroup(const Trace& trace, const TargetScales& target, const std::string& path,
             const Progress& progress) {
    regroup(trace, std::vector<TargetScales>(trace.info().layers, target), path, progress);
}

void regroup(const Trace& trace, const std::vector<TargetScales>& targets, const std::string& path,
             const Progress& progress) {
    if (targets.size() != trace.info().layers) {
        throw TraceError(trace.path() + ": has " + std::to_string(trace.info().layers) +
                         " layers, not " + std::to_string(targets.size()));
    }
    const TraceInfo info = regrouped_info(trace, targets);
    require_sane(path, info);
    require_intact(trace);  // what is written gets a hash of its own
    Assembler assembler(path, info);
    if (info.shapes_only) {
        assembler.finish();
        return;
    }
    write_begin(trace, assembler);
    Stream stream = first_input(trace);
    for (std::uint32_t index = 0; index < info.layers; ++index) {
        stream = info.dims.mamba2() ? write_layer<Mamba2Regrouping>(
                                          {trace, info, index}, targets[index], stream, assembler)
                                    : write_layer<Mamba1Regrouping>(
                                          {trace, info, index}, targets[index], stream, assembler);
        if (progress) progress(index + 1, info.layers);
    }
    if (info.has_head) write_head(trace, stream, assembler);
    assembler.finish();
}

}  // namespace mambasic::traces::synth
