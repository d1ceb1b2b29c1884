#include "traces/synth/regroup.h"

#include <algorithm>
#include <cstring>

#include "traces/describe.h"
#include "traces/error.h"
#include "traces/layer_groups.h"
#include "traces/layout.h"
#include "traces/metadata.h"
#include "traces/synth/mamba1_regrouping.h"
#include "traces/synth/mamba2_regrouping.h"
#include "traces/synth/pieces.h"
#include "traces/synth/random_rotation.h"
#include "traces/synth/replay.h"
#include "traces/synth/w4.h"

namespace mambasic::traces::synth {

namespace {

constexpr const char* kOtherSamples = "regroup.also_calibrated_on_header_sha256";
constexpr const char* kRotationSeedNote = "regroup.rotation_seed";

std::string why_not_together(const TraceInfo& first, const TraceInfo& other) {
    if (other.model != first.model) {
        return "is of model " + other.model + ", not " + first.model;
    }
    if (other.layers != first.layers) {
        return "holds " + std::to_string(other.layers) + " of its layers, not " +
               std::to_string(first.layers);
    }
    if (other.scheme != first.scheme) return "has the scales of " + other.scheme;
    return "has other weights or scales";
}

// Weights and scales of `first`'s layers, byte for byte; what the other holds besides is its own.
void require_same_layers(const Trace& first, const Trace& other) {
    if (first.info().shapes_only || other.info().shapes_only) {
        const Trace& empty = first.info().shapes_only ? first : other;
        throw TraceError(empty.path() + ": holds shapes only, there is nothing to calibrate on");
    }
    if (first.info().first_layer != other.info().first_layer) {
        throw error_in_metadata(other.path(), "first_layer",
                                std::to_string(other.info().first_layer) + " is not " +
                                    std::to_string(first.info().first_layer) + ", that of " +
                                    first.path());
    }
    for (const Tensor& tensor : first.tensors()) {
        const bool of_a_layer = tensor.name.rfind("backbone.layers.", 0) == 0;
        if (!of_a_layer) continue;
        const Tensor* same = other.find(tensor.name);
        if (same != nullptr && same->dtype == tensor.dtype && same->shape == tensor.shape &&
            std::memcmp(same->data, tensor.data, tensor.bytes()) == 0) {
            continue;
        }
        throw TraceError(other.path() + ": " + why_not_together(first.info(), other.info()) +
                         "; traces calibrated together are runs of one model with the same scales "
                         "as " +
                         first.path() + " (the first tensor that differs is " + tensor.name + ")");
    }
}

bool needs_matrix(const TraceInfo& info) {
    return std::any_of(info.x_codes.begin(), info.x_codes.end(),
                       [](const XCode& code) { return code.rotated() && code.dense; });
}

// What a matrix that is in the trace is of stays noted.
void note_rotation(const Trace& trace, TraceInfo& info) {
    if (!needs_matrix(info)) {
        info.notes.erase(kRotationSeedNote);
    } else if (trace.find(kRotationKey) == nullptr) {
        info.notes[kRotationSeedNote] = std::to_string(kRotationSeed);
    }
}

TraceInfo regrouped_info(const std::vector<const Trace*>& traces,
                         const std::vector<TargetScales>& targets) {
    TraceInfo info = traces.front()->info();
    LayerGroups groups;
    info.observers.clear();
    info.x_codes.clear();
    info.x_proj_input = XProjInput::Copy;
    for (const TargetScales& target : targets) {
        info.observers.push_back(target.observed_by());
        info.x_codes.push_back(target.x_code);
        groups.emplace_back();
        if (target.scheme == Scheme::Quamba1) continue;
        groups.back() =
            GroupShape{info.dims.table_ssd_groups(), target.head_groups, target.dim_groups};
    }
    set_layer_groups(groups, info);
    info.packed_w4 = false;
    info.notes["regroup.of_header_sha256"] = traces.front()->header_sha256();
    note_rotation(*traces.front(), info);
    info.notes.erase(kOtherSamples);
    for (std::size_t i = 1; i < traces.size(); ++i) {
        std::string& others = info.notes[kOtherSamples];
        others += (i == 1 ? "" : ", ") + traces[i]->header_sha256();
    }
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

// The trace's own, whatever made it, or else a random one.
std::vector<arith::Half> rotation_for(const Trace& trace, const TraceInfo& info) {
    if (!needs_matrix(info)) return {};
    const Tensor* own = trace.find(kRotationKey);
    if (own == nullptr) return random_rotation(info.dims.d_inner);
    const auto* data = own->as<arith::Half>();
    return {data, data + own->elements()};
}

// Tokens and embedding, or the input that stands in for them, as the trace has them.
void write_begin(const Trace& trace, const std::vector<arith::Half>& matrix, Assembler& assembler) {
    Pieces pieces;
    for (const Tensor& tensor : trace.tensors()) {
        const bool of_a_layer = tensor.name.find(".layers.") != std::string::npos;
        if (!of_a_layer) pieces.add(tensor.name, tensor.data, tensor.bytes());
    }
    if (!matrix.empty()) pieces.add(kRotationKey, matrix);
    std::vector<std::uint8_t> embedding;
    if (trace.info().has_head && trace.info().packed_w4) {
        embedding = plain_embedding(trace);
        pieces.add("backbone.embedding.weight", embedding);
    }
    assembler.write(pieces);
}

struct LayerToWrite {
    const TraceInfo& info;
    std::uint32_t index = 0;
    const TargetScales& target;
};

/// Leaves in `inputs` what the next layer sees.
template <typename Regrouping>
void write_layer(const LayerToWrite& what, std::vector<CalibrationInput>& inputs,
                 Assembler& assembler) {
    std::vector<golden::LayerState> states;
    const auto layer =
        Regrouping(inputs, what.index).run(what.target, what.info.table(what.index), states);
    const golden::LayerState before = states.front();
    const golden::Options options = options_of(what.info, what.index);
    for (std::size_t i = 0; i < inputs.size(); ++i) {
        const TraceInfo& info = inputs[i].trace->info();
        const golden::LayerTensors made =
            run_layer(info, options, layer.view(), inputs[i].stream, states[i]);
        inputs[i].stream = after(made);
        if (i > 0) continue;
        Pieces pieces;
        layer.add_to(pieces, what.info, what.index);
        pieces.add_states_in(what.info, what.index, before);
        pieces.add_recorded(what.info, what.index, made, states[i]);
        assembler.write(pieces);
    }
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
    calibrate({&trace}, targets, path, progress);
}

void calibrate(const std::vector<const Trace*>& traces, const std::vector<TargetScales>& targets,
               const std::string& path, const Progress& progress) {
    const Trace& trace = *traces.front();
    if (targets.size() != trace.info().layers) {
        throw TraceError(trace.path() + ": has " + std::to_string(trace.info().layers) +
                         " layers, not " + std::to_string(targets.size()));
    }
    const TraceInfo info = regrouped_info(traces, targets);
    require_sane(path, info);
    for (const Trace* other : traces) {
        require_intact(*other);  // what is written gets a hash of its own
        if (other != &trace) require_same_layers(trace, *other);
    }
    Assembler assembler(path, info);
    if (info.shapes_only) {
        assembler.finish();
        return;
    }
    const std::vector<arith::Half> matrix = rotation_for(trace, info);
    write_begin(trace, matrix, assembler);
    std::vector<CalibrationInput> inputs;
    inputs.reserve(traces.size());
    for (const Trace* one : traces) inputs.push_back({one, first_input(*one)});
    for (std::uint32_t index = 0; index < info.layers; ++index) {
        TargetScales target = targets[index];
        target.rotation = matrix.data();
        const LayerToWrite what{info, index, target};
        if (info.dims.mamba2()) {
            write_layer<Mamba2Regrouping>(what, inputs, assembler);
        } else {
            write_layer<Mamba1Regrouping>(what, inputs, assembler);
        }
        if (progress) progress(index + 1, info.layers);
    }
    if (info.has_head) write_head(trace, inputs.front().stream, assembler);
    assembler.finish();
}

}  // namespace mambasic::traces::synth
