#include "traces/synth/slice.h"

#include "traces/describe.h"
#include "traces/error.h"
#include "traces/layer_groups.h"
#include "traces/layout.h"
#include "traces/synth/pieces.h"
#include "traces/synth/replay.h"

namespace mambasic::traces::synth {

namespace {

Stream replayed(const Trace& trace, std::uint32_t index, const Stream& input) {
    golden::LayerState state = state_in(trace, index);
    const golden::Options options = options_of(trace.info(), index);
    if (trace.info().dims.mamba2()) {
        return after(run_layer(trace.info(), options, trace.mamba2_layer(index), input, state));
    }
    return after(run_layer(trace.info(), options, trace.mamba1_layer(index), input, state));
}

// What layer `index` took in: recorded by the layer before it, or run again from the first.
Stream input_of(const Trace& trace, std::uint32_t index) {
    if (index == 0) return first_input(trace);
    const Tensor* hidden = trace.recorded(index - 1, "out_proj.output");
    const Tensor* residual = trace.recorded(index - 1, "norm.residual");
    if (hidden != nullptr && residual != nullptr) {
        const auto* h = hidden->as<arith::Half>();
        const auto* r = residual->as<float>();
        return {{h, h + hidden->elements()}, {r, r + residual->elements()}};
    }
    Stream stream = first_input(trace);
    for (std::uint32_t i = 0; i < index; ++i) stream = replayed(trace, i, stream);
    return stream;
}

// Of what is known of each layer, or of none.
template <typename T>
void keep_only(std::vector<T>& all, std::uint32_t first, std::uint32_t count) {
    if (all.empty()) return;
    all = std::vector<T>(all.begin() + first, all.begin() + first + count);
}

TraceInfo sliced_info(const Trace& trace, std::uint32_t first, std::uint32_t count) {
    TraceInfo info = trace.info();
    info.has_head = info.has_head && count == info.layers;
    info.first_layer += first;
    LayerGroups groups;
    for (std::uint32_t i = 0; i < count; ++i) groups.push_back(trace.info().table(first + i));
    set_layer_groups(groups, info);
    keep_only(info.observers, first, count);
    keep_only(info.x_codes, first, count);
    info.layers = count;
    info.notes["slice.of_header_sha256"] = trace.header_sha256();
    return info;
}

}  // namespace

void slice(const Trace& trace, std::uint32_t first, std::uint32_t count, const std::string& path) {
    const TraceInfo& whole = trace.info();
    if (count == 0 || first >= whole.layers || count > whole.layers - first) {
        throw TraceError(trace.path() + ": layers " + std::to_string(first) + ":" +
                         std::to_string(std::uint64_t{first} + count) +
                         " are not within 0:" + std::to_string(whole.layers));
    }
    require_intact(trace);  // what is written gets a hash of its own
    const TraceInfo info = sliced_info(trace, first, count);
    Assembler assembler(path, info);
    if (info.shapes_only) {
        assembler.finish();
        return;
    }
    Pieces pieces;
    for (const Tensor& tensor : layout(info)) {
        const Tensor* kept = trace.find(tensor.name);
        if (kept != nullptr) pieces.add(kept->name, kept->data, kept->bytes());
    }
    Stream input;
    if (!info.has_head) {
        input = input_of(trace, first);
        pieces.add("trace.input.hidden", input.hidden);
        pieces.add("trace.input.residual", input.residual);
    }
    const std::string output = trace_key(info, count - 1, "out_proj.output");
    Stream stream = input;
    if (info.record == RecordLevel::Outputs && pieces.find(output) == nullptr) {
        for (std::uint32_t i = first; i < first + count; ++i) stream = replayed(trace, i, stream);
        pieces.add(output, stream.hidden);
    }
    assembler.write(pieces);
    assembler.finish();
}

}  // namespace mambasic::traces::synth
