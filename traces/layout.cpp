#include "traces/layout.h"

namespace mambasic::traces {

namespace {

using Shape = std::vector<std::uint64_t>;

class List {
public:
    explicit List(std::vector<Tensor>& out) : out_(out) {}
    void add(const std::string& name, DType dtype, Shape shape) {
        out_.push_back({name, dtype, std::move(shape), nullptr});
    }
    void add_linear_scales(const std::string& prefix) {
        add(prefix + ".a", DType::F32, {1, 1});
        add(prefix + ".b", DType::F32, {1, 1});
    }

private:
    std::vector<Tensor>& out_;
};

void add_layer_arrays(List& list, const std::string& at, const Dims& dims) {
    const std::uint64_t d = dims.d_model;
    const std::uint64_t e = dims.d_inner;
    list.add(at + "norm.weight", DType::F16, {d});
    list.add(at + "mixer.in_proj.weight", DType::I8, {padded_rows(2 * dims.d_inner), d});
    list.add(at + "mixer.conv1d.weight", DType::I8, {e, dims.d_conv});
    list.add(at + "mixer.conv1d.bias", DType::I8, {e});
    list.add(at + "mixer.x_proj.weight", DType::I8, {padded_rows(dims.x_proj_width()), e});
    list.add(at + "mixer.dt_proj.weight", DType::I8, {padded_rows(dims.d_inner), dims.dt_rank});
    list.add(at + "mixer.selective_scan.dt_bias", DType::I8, {e});
    list.add(at + "mixer.selective_scan.A_log", DType::I8, {e, dims.d_state});
    list.add(at + "mixer.selective_scan.D", DType::I8, {e});
    list.add(at + "mixer.out_proj.weight", DType::I8, {padded_rows(dims.d_model), e});
}

// F64 first: scalars then need no padding between them.
void add_layer_scalars(List& list, const std::string& at) {
    list.add(at + "norm.output_scale", DType::F64, {});
    for (const char* name : {"in_proj.alpha", "conv1d.weight_scale", "conv1d.bias_scale",
                             "conv1d.input_scale", "conv1d.output_scale", "x_proj.alpha",
                             "dt_proj.alpha", "had.x_H_scale", "out_proj.alpha"}) {
        list.add(at + "mixer." + name, DType::F64, {});
    }
    for (const char* name : {"in_proj", "x_proj", "dt_proj", "out_proj"}) {
        list.add_linear_scales(at + "mixer." + name);
    }
    for (const char* name : {"dt_bias_scale", "A_scale", "D_scale", "u_scale", "dt_scale",
                             "B_scale", "C_scale", "z_scale", "ssm_state_scale"}) {
        list.add(at + "mixer.selective_scan." + name, DType::F32, {});
    }
}

void add_states(List& list, const std::string& at, const TraceInfo& info,
                const std::string& suffix) {
    list.add(at + "conv1d.state" + suffix, DType::I8,
             {info.batch, info.dims.d_inner, info.dims.d_conv});
    list.add(at + "scan.state" + suffix, DType::I8,
             {info.batch, info.dims.d_inner, info.dims.d_state});
}

void add_recorded(List& list, const std::string& at, const TraceInfo& info, bool last) {
    if (info.record == RecordLevel::None) return;
    const Dims& dims = info.dims;
    const auto rows = [&info](std::uint64_t channels) {
        return Shape{info.batch, info.tokens, channels};
    };
    if (info.record == RecordLevel::All) {
        list.add(at + "norm.residual", DType::F32, rows(dims.d_model));
        list.add(at + "norm.output", DType::I8, rows(dims.d_model));
        list.add(at + "in_proj.output", DType::I8, rows(2ULL * dims.d_inner));
        list.add(at + "conv1d.output", DType::I8, rows(dims.d_inner));
        list.add(at + "x_proj.output", DType::I8, rows(dims.x_proj_width()));
        list.add(at + "dt_proj.output", DType::I8, rows(dims.d_inner));
        list.add(at + "scan.output", DType::F16, rows(dims.d_inner));
        list.add(at + "scan.carry", DType::F32, {info.batch, dims.d_inner, dims.d_state});
        list.add(at + "had.output", DType::I8, rows(dims.d_inner));
    }
    add_states(list, at, info, "");
    if (info.record == RecordLevel::All || last) {
        list.add(at + "out_proj.output", DType::F16, rows(dims.d_model));
    }
}

void add_inputs(List& list, const TraceInfo& info) {
    const Shape rows{info.batch, info.tokens, info.dims.d_model};
    if (!info.has_head) {
        list.add("trace.input.hidden", DType::F16, rows);
        if (info.first_layer > 0) list.add("trace.input.residual", DType::F32, rows);
        return;
    }
    list.add("trace.tokens", DType::I32, {info.batch, info.tokens});
    list.add("backbone.embedding.weight", DType::I8, {info.dims.vocab, info.dims.d_model});
    list.add("backbone.embedding.scales", DType::F16, {info.dims.vocab});
    if (info.record == RecordLevel::All) list.add("trace.embedding.output", DType::F16, rows);
}

void add_head(List& list, const TraceInfo& info) {
    const std::uint64_t d = info.dims.d_model;
    const std::uint64_t tokens = head_rows(info) / info.batch;
    list.add("backbone.norm_f.weight", DType::F16, {d});
    list.add("lm_head.weight", DType::I8, {padded_rows(info.dims.vocab), d});
    list.add("backbone.norm_f.output_scale", DType::F64, {});
    list.add("lm_head.alpha", DType::F64, {});
    list.add_linear_scales("lm_head");
    if (info.record == RecordLevel::All) {
        list.add("trace.norm_f.residual", DType::F32, {info.batch, tokens, d});
        list.add("trace.norm_f.output", DType::I8, {info.batch, tokens, d});
    }
    if (info.record != RecordLevel::None) {
        list.add("trace.lm_head.output", DType::F16, {info.batch, tokens, info.dims.vocab});
    }
}

}  // namespace

std::vector<Tensor> layout(const TraceInfo& info) {
    std::vector<Tensor> out;
    List list(out);
    add_inputs(list, info);
    for (std::uint32_t index = 0; index < info.layers; ++index) {
        const std::string weights = weight_key(info, index, "");
        const std::string recorded = trace_key(info, index, "");
        add_layer_arrays(list, weights, info.dims);
        add_layer_scalars(list, weights);
        if (info.phase == Phase::Decode) add_states(list, recorded, info, "_in");
        add_recorded(list, recorded, info, index + 1 == info.layers);
    }
    if (info.has_head) add_head(list, info);
    return out;
}

std::string weight_key(const TraceInfo& info, std::uint32_t index, const std::string& name) {
    return "backbone.layers." + std::to_string(info.first_layer + index) + "." + name;
}

std::string trace_key(const TraceInfo& info, std::uint32_t index, const std::string& name) {
    return "trace.layers." + std::to_string(info.first_layer + index) + "." + name;
}

std::uint32_t padded_rows(std::uint32_t n) { return (n + 15) / 16 * 16; }

std::uint64_t head_rows(const TraceInfo& info) {
    return std::uint64_t{info.batch} * (info.phase == Phase::Prefill ? 1 : info.tokens);
}

}  // namespace mambasic::traces
