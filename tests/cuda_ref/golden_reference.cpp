#include "tests/cuda_ref/golden_reference.h"

#include <cstring>
#include <iomanip>
#include <ostream>

#include "cuda_ref/run_info.h"
#include "golden/layer.h"
#include "golden/options.h"
#include "traces/layout.h"

namespace mambasic::cuda_ref {

namespace {

using golden::LayerTensors;
using traces::Phase;

/// Appends what a call produced for its tokens to [batch][tokens][...] tensors.
class Collector {
public:
    Collector(NamedBytes& out, const traces::TraceInfo& info) : out_(out), info_(info) {}

    /// `values` is [batch][count][width]; it lands at tokens `first` .. of [batch][total][width].
    template <typename T>
    void rows(const std::string& key, const std::vector<T>& values, std::uint64_t first,
              std::uint64_t count, std::uint64_t total) {
        const std::uint64_t slice = values.size() * sizeof(T) / info_.batch;  // of one sequence
        const std::uint64_t token = slice / count;
        Bytes& bytes = out_[key];
        bytes.resize(info_.batch * total * token);
        for (std::uint64_t sequence = 0; sequence < info_.batch; ++sequence) {
            std::memcpy(bytes.data() + (sequence * total + first) * token,
                        reinterpret_cast<const char*>(values.data()) + sequence * slice, slice);
        }
    }

    template <typename T>
    void whole(const std::string& key, const std::vector<T>& values) {
        rows(key, values, 0, 1, 1);
    }

    void layer(std::uint32_t index, const LayerTensors& t, std::uint64_t first,
               std::uint64_t count) {
        const auto put = [&](const char* name, const auto& values) {
            if (values.empty()) return;  // the other family's
            rows(traces::trace_key(info_, index, name), values, first, count, info_.tokens);
        };
        put("norm.residual", t.residual);
        put("norm.output", t.norm);
        put("in_proj.output", t.in_proj);
        put("conv1d.output", t.conv);
        put("conv1d.codes", t.x_codes);
        put("conv1d.flags", t.x_flags);
        put("conv1d.values", t.values);
        put("rotate.output", t.rotated);
        put("unrotate.output", t.unrotated);
        put("x_proj.output", t.x_proj);
        put("dt_proj.output", t.dt_proj);
        put("scan.output", t.scan);
        put("gated_norm.output", t.gated_norm);
        put("had.output", t.hadamard);
        put("out_proj.output", t.out_proj);
        whole(traces::trace_key(info_, index, "scan.carry"), t.carry);
    }

    void states(std::uint32_t index, const golden::LayerState& state) {
        whole(traces::trace_key(info_, index, "conv1d.state"), state.conv);
        whole(traces::trace_key(info_, index, "scan.state"), state.ssm);
    }

    void head(const golden::HeadTensors& t, std::uint64_t step) {
        const std::uint64_t total = traces::head_rows(info_) / info_.batch;
        rows("trace.norm_f.residual", t.residual, step, 1, total);
        rows("trace.norm_f.output", t.norm, step, 1, total);
        rows("trace.lm_head.output", t.logits, step, 1, total);
    }

private:
    NamedBytes& out_;
    const traces::TraceInfo& info_;
};

/// [batch][count][width] out of [batch][tokens][width].
template <typename T>
std::vector<T> tokens_of(const std::vector<T>& values, const traces::TraceInfo& info,
                         std::uint64_t first, std::uint64_t count) {
    const std::uint64_t width = info.dims.d_model;
    std::vector<T> out(values.empty() ? 0 : info.batch * count * width);
    for (std::uint64_t sequence = 0; sequence < info.batch && !values.empty(); ++sequence) {
        std::memcpy(out.data() + sequence * count * width,
                    values.data() + (sequence * info.tokens + first) * width,
                    count * width * sizeof(T));
    }
    return out;
}

template <typename T>
std::vector<T> typed(const Bytes& bytes) {
    std::vector<T> out(bytes.size() / sizeof(T));
    std::memcpy(out.data(), bytes.data(), bytes.size());
    return out;
}

golden::Options options_of(const Options& options) {
    golden::Options out;
    const bool cub = options.scan_order == ScanOrder::Cub;
    out.scan_order = cub ? golden::ScanOrder::Cub : golden::ScanOrder::Sequential;
    const bool chunked = options.ssd_order == SsdOrder::Chunked;
    out.ssd_order = chunked ? golden::SsdOrder::Chunked : golden::SsdOrder::Recurrent;
    out.norm_sum = {options.norm_sum.tree_width};
    out.gated_norm_sum = {options.gated_norm_sum.tree_width};
    out.ssd_sum = {options.ssd_sum.tree_width};
    out.ssm_sum = {options.ssm_sum.tree_width};
    out.softplus = options.softplus;
    out.quamba_quirks = options.quamba_quirks;
    return out;
}

struct Walk {
    const traces::Trace& trace;
    const traces::TraceInfo run;  // with the codes of x of this walk
    golden::Options options;
    Collector& collector;
    std::vector<golden::Half> hidden;
    std::vector<float> residual;
};

template <typename Layer>
void run_call(const Walk& walk, const Layer& layer, const golden::LayerInput& input,
              LayerTensors& out, golden::LayerState& state) {
    const traces::Dims& dims = walk.trace.info().dims;
    if (walk.trace.info().phase == Phase::Decode) {
        golden::decode_layer(dims, layer, input, walk.options, out, state);
    } else {
        golden::prefill_layer(dims, layer, input, walk.options, out, state);
    }
}

golden::LayerState first_state(const traces::Trace& trace, std::uint32_t index) {
    const traces::TraceInfo& info = trace.info();
    const traces::Dims& dims = info.dims;
    golden::LayerState state;
    if (info.phase != Phase::Decode) return state;
    const std::int8_t* conv = trace.conv_state_in(index);
    const std::int8_t* ssm = trace.ssm_state_in(index);
    const std::uint64_t batch = info.batch;
    state.conv.assign(conv, conv + batch * dims.conv_channels() * dims.d_conv);
    state.ssm.assign(ssm, ssm + batch * dims.d_inner * dims.d_state);
    return state;
}

/// All tokens at once in prefill, one step after the other in decode.
void run_layer(Walk& walk, std::uint32_t index) {
    const traces::TraceInfo& info = walk.trace.info();
    const std::uint32_t count = info.phase == Phase::Decode ? 1 : info.tokens;
    golden::LayerState state = first_state(walk.trace, index);
    walk.options.x_code = walk.run.x_code(index);
    for (std::uint64_t first = 0; first < info.tokens; first += count) {
        const auto hidden = tokens_of(walk.hidden, info, first, count);
        const auto residual = tokens_of(walk.residual, info, first, count);
        golden::LayerInput input;
        input.batch = info.batch;
        input.tokens = count;
        input.hidden = hidden.data();
        input.residual = residual.empty() ? nullptr : residual.data();
        input.epsilon = info.epsilon;
        LayerTensors out;
        if (info.dims.mamba2()) {
            run_call(walk, walk.trace.mamba2_layer(index), input, out, state);
        } else {
            run_call(walk, walk.trace.mamba1_layer(index), input, out, state);
        }
        walk.collector.layer(index, out, first, count);
    }
    walk.collector.states(index, state);
}

void run_head(const Walk& walk) {
    const traces::TraceInfo& info = walk.trace.info();
    const std::uint64_t steps = traces::head_rows(info) / info.batch;
    for (std::uint64_t step = 0; step < steps; ++step) {
        const std::uint64_t token = info.phase == Phase::Decode ? step : info.tokens - 1;
        const auto hidden = tokens_of(walk.hidden, info, token, 1);
        const auto residual = tokens_of(walk.residual, info, token, 1);
        walk.collector.head(
            golden::run_head(info.dims, walk.trace.head(), hidden.data(), residual.data(),
                             info.batch, info.epsilon, walk.options),
            step);
    }
}

}  // namespace

NamedBytes golden_outputs(const traces::Trace& trace, const Options& options) {
    const traces::TraceInfo& info = trace.info();
    const std::uint64_t rows = std::uint64_t{info.batch} * info.tokens;
    NamedBytes out;
    Collector collector(out, info);
    Walk walk{trace, run_info(info, options), options_of(options), collector, {}, {}};
    walk.options.x_proj_input = walk.run.x_proj_input;
    if (info.has_head) {
        walk.hidden = golden::embed(info.dims, trace.head(), trace.tokens(), rows);
        collector.rows("trace.embedding.output", walk.hidden, 0, info.tokens, info.tokens);
    } else {
        const std::uint64_t elements = rows * info.dims.d_model;
        walk.hidden.assign(trace.input_hidden(), trace.input_hidden() + elements);
        const float* residual = trace.input_residual();
        if (residual != nullptr) walk.residual.assign(residual, residual + elements);
    }
    for (std::uint32_t index = 0; index < info.layers; ++index) {
        run_layer(walk, index);
        walk.hidden = typed<golden::Half>(out[traces::trace_key(info, index, "out_proj.output")]);
        walk.residual = typed<float>(out[traces::trace_key(info, index, "norm.residual")]);
    }
    if (info.has_head) run_head(walk);
    return out;
}

Difference compare(const NamedBytes& golden, const traces::Tensor& tensor) {
    const auto found = golden.find(tensor.name);
    Difference difference{tensor.name, tensor.elements(), tensor.elements()};
    if (found == golden.end() || found->second.size() != tensor.bytes()) return difference;
    const std::size_t size = traces::bytes_of(tensor.dtype);
    difference.mismatches = 0;
    for (std::uint64_t i = 0; i < tensor.elements(); ++i) {
        const bool equal =
            std::memcmp(found->second.data() + i * size, tensor.data + i * size, size) == 0;
        difference.mismatches += equal ? 0 : 1;
    }
    return difference;
}

std::uint64_t total_mismatches(const std::vector<Difference>& differences) {
    std::uint64_t total = 0;
    for (const Difference& difference : differences) total += difference.mismatches;
    return total;
}

void print_table(std::ostream& out, const std::string& title,
                 const std::vector<Difference>& differences) {
    out << title << '\n';
    std::uint64_t elements = 0;
    const auto line = [&out](const std::string& name, std::uint64_t count, std::uint64_t wrong) {
        out << "  " << std::left << std::setw(36) << name << std::right << std::setw(12) << count
            << std::setw(12) << wrong << '\n';
    };
    out << "  " << std::left << std::setw(36) << "tensor" << std::right << std::setw(12)
        << "elements" << std::setw(12) << "mismatches" << '\n';
    for (const Difference& difference : differences) {
        line(difference.tensor, difference.elements, difference.mismatches);
        elements += difference.elements;
    }
    line("total", elements, total_mismatches(differences));
}

}  // namespace mambasic::cuda_ref
