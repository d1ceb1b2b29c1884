#include "traces/layout.h"

#include <algorithm>

#include "traces/layout_list.h"

namespace mambasic::traces {

void TensorList::add_arrays(const LinearShape& linear) {
    const std::uint64_t n = padded_rows(linear.n, linear.kind);
    const std::uint64_t k = linear.k;
    const std::string weight = linear.key + ".weight";
    if (linear.kind != LinearKind::W4) {
        add(weight, DType::I8, {n, k});
        if (linear.kind == LinearKind::W8Columns) add(linear.key + ".b", DType::F32, {1, n});
        return;
    }
    if (info_.packed_w4) {
        add(weight, DType::I32, {k / 16, 2 * n});
    } else {
        add(weight, DType::U8, {n, k / 2});
    }
    add(linear.key + ".s_group", DType::F16, {k / kW4Group, n});
    add(linear.key + ".s_channel", DType::F32, {1, n});
}

void TensorList::add_alpha(const LinearShape& linear) {
    if (linear.kind == LinearKind::W8) add(linear.key + ".alpha", DType::F64, {});
}

void TensorList::add_scales(const LinearShape& linear) {
    if (linear.kind == LinearKind::W4) {
        add(linear.key + ".input_scale", DType::F32, {});
        return;
    }
    add(linear.key + ".a", DType::F32, {1, 1});
    if (linear.kind == LinearKind::W8) add(linear.key + ".b", DType::F32, {1, 1});
}

void TensorList::add_embedding() {
    const std::uint64_t vocab = info_.dims.vocab;
    const std::uint64_t d = info_.dims.d_model;
    const std::string weight = "backbone.embedding.weight";
    if (!info_.w4()) {
        add(weight, DType::I8, {vocab, d});
    } else if (info_.packed_w4) {
        add(weight, DType::I32, {vocab, d / 8});
    } else {
        add(weight, DType::U8, {vocab, d / 2});
    }
    add("backbone.embedding.scales", DType::F16, {vocab});
}

Shape TensorList::add_cells(std::uint32_t index) {
    const std::optional<GroupShape> table = info_.table(index);
    const std::string conv = weight_key(info_, index, "mixer.conv1d.");
    Shape cells{1};
    if (table) {
        cells = {table->ssd_groups, table->head_groups, table->dim_groups};
        add(conv + "x_head_group_range", DType::I32, {table->ssd_groups, table->head_groups});
        add(conv + "x_dim_group_range", DType::I32, cells);
    }
    add(conv + "x_out_scales", DType::F32, cells);
    add_code_scales(index, cells);
    return cells;
}

void TensorList::add_code_scales(std::uint32_t index, const Shape& cells) {
    const XCode code = info_.x_code(index);
    if (!code.own_scales()) return;
    const std::string conv = weight_key(info_, index, "mixer.conv1d.");
    add(conv + "x_low_scales", DType::F32, cells);
    if (code.format != XFormat::Dual4) return;
    add(conv + "x_high_scales", DType::F32, cells);
    if (code.rule == FlagRule::Threshold) add(conv + "x_thresholds", DType::F32, cells);
}

void TensorList::add_states(const std::string& at, const std::string& suffix) {
    add(at + "conv1d.state" + suffix, DType::I8,
        {info_.batch, info_.dims.conv_channels(), info_.dims.d_conv});
    add(at + "scan.state" + suffix, DType::I8,
        {info_.batch, info_.dims.d_inner, info_.dims.d_state});
}

namespace {

// Whether an op reads int8 codes of what the convolution makes (golden/spec/ssm.md 8, 8.7).
bool reads_int8(const TraceInfo& info, const XCode& code) {
    if (info.dims.mamba2()) return !code.values();  // B and C, at least
    return !code.own_codes() || info.x_proj_input != XProjInput::Codes;
}

void add_conv_output(TensorList& list, std::uint32_t index, const std::string& at) {
    const Dims& dims = list.dims();
    const XCode code = list.info().x_code(index);
    if (reads_int8(list.info(), code)) {
        list.add(at + "conv1d.output", DType::I8, list.rows(dims.conv_channels()));
    }
    if (code.own_codes()) list.add(at + "conv1d.codes", DType::I8, list.rows(dims.d_inner));
    if (code.dual()) list.add(at + "conv1d.flags", DType::I8, list.rows(dims.d_inner));
    if (code.values()) list.add(at + "conv1d.values", DType::F32, list.rows(dims.conv_channels()));
    if (!code.rotated()) return;
    list.add(at + "conv1d.values", DType::F32, list.rows(dims.d_inner));
    list.add(at + "rotate.output", DType::I8, list.rows(dims.d_inner));
    list.add(at + "unrotate.output", DType::F32, list.rows(dims.d_inner));
}

void add_ops(TensorList& list, std::uint32_t index, const std::string& at) {
    const Dims& dims = list.dims();
    list.add(at + "norm.residual", DType::F32, list.rows(dims.d_model));
    list.add(at + "norm.output", DType::I8, list.rows(dims.d_model));
    list.add(at + "in_proj.output", DType::I8, list.rows(dims.in_proj_width()));
    add_conv_output(list, index, at);
    if (!dims.mamba2()) {
        list.add(at + "x_proj.output", DType::I8, list.rows(dims.x_proj_width()));
        list.add(at + "dt_proj.output", DType::I8, list.rows(dims.d_inner));
    }
    list.add(at + "scan.output", DType::F16, list.rows(dims.d_inner));
    list.add(at + "scan.carry", DType::F32, {list.info().batch, dims.d_inner, dims.d_state});
    if (dims.mamba2()) list.add(at + "gated_norm.output", DType::F16, list.rows(dims.d_inner));
    list.add(at + "had.output", DType::I8, list.rows(dims.d_inner));
}

void add_recorded(TensorList& list, std::uint32_t index) {
    const TraceInfo& info = list.info();
    if (info.record == RecordLevel::None) return;
    const std::string at = trace_key(info, index, "");
    if (info.record == RecordLevel::All) add_ops(list, index, at);
    list.add_states(at, "");
    if (info.record == RecordLevel::All || index + 1 == info.layers) {
        list.add(at + "out_proj.output", DType::F16, list.rows(info.dims.d_model));
    }
}

// One matrix for all layers that are rotated by one.
void add_rotation(TensorList& list) {
    const std::vector<XCode>& codes = list.info().x_codes;
    const std::uint64_t e = list.dims().d_inner;
    const auto dense = [](const XCode& code) { return code.rotated() && code.dense; };
    if (std::any_of(codes.begin(), codes.end(), dense)) list.add(kRotationKey, DType::F16, {e, e});
}

void add_inputs(TensorList& list) {
    const TraceInfo& info = list.info();
    const Shape rows = list.rows(info.dims.d_model);
    if (!info.has_head) {
        list.add("trace.input.hidden", DType::F16, rows);
        if (info.first_layer > 0) list.add("trace.input.residual", DType::F32, rows);
        return;
    }
    list.add("trace.tokens", DType::I32, {info.batch, info.tokens});
    list.add_embedding();
    if (info.record == RecordLevel::All) list.add("trace.embedding.output", DType::F16, rows);
}

void add_head(TensorList& list) {
    const TraceInfo& info = list.info();
    const LinearShape lm_head = lm_head_shape(info);
    const std::uint64_t tokens = head_rows(info) / info.batch;
    list.add("backbone.norm_f.weight", DType::F16, {info.dims.d_model});
    list.add_arrays(lm_head);
    list.add("backbone.norm_f.output_scale", DType::F64, {});
    list.add_alpha(lm_head);
    list.add_scales(lm_head);
    if (info.record == RecordLevel::All) {
        const Shape rows{info.batch, tokens, info.dims.d_model};
        list.add("trace.norm_f.residual", DType::F32, rows);
        list.add("trace.norm_f.output", DType::I8, rows);
    }
    if (info.record != RecordLevel::None) {
        list.add("trace.lm_head.output", DType::F16, {info.batch, tokens, info.dims.vocab});
    }
}

}  // namespace

std::vector<Tensor> layout(const TraceInfo& info) {
    std::vector<Tensor> out;
    TensorList list(info, out);
    add_inputs(list);
    add_rotation(list);
    for (std::uint32_t index = 0; index < info.layers; ++index) {
        if (info.dims.mamba2()) {
            add_mamba2_weights(list, index);
        } else {
            add_mamba1_weights(list, index);
        }
        if (info.phase == Phase::Decode) list.add_states(trace_key(info, index, ""), "_in");
        add_recorded(list, index);
    }
    if (info.has_head) add_head(list);
    return out;
}

std::vector<Duplicate> duplicates(const TraceInfo& info) {
    std::vector<Duplicate> out;
    if (!info.dims.mamba2()) return out;
    std::map<std::string, std::string> twins{{"x_out_scales", "x_scales"},
                                             {"B_out_scales", "B_scale"},
                                             {"C_out_scales", "C_scale"},
                                             {"x_head_group_range", "x_head_group_range"},
                                             {"x_dim_group_range", "x_dim_group_range"}};
    for (const Tensor& tensor : layout(info)) {
        const std::string middle = ".mixer.conv1d.";
        const std::size_t at = tensor.name.find(middle);
        if (at == std::string::npos) continue;
        const auto twin = twins.find(tensor.name.substr(at + middle.size()));
        if (twin == twins.end()) continue;
        out.push_back({tensor.name.substr(0, at) + ".mixer.qchunk_scan." + twin->second, tensor});
    }
    return out;
}

std::string weight_key(const TraceInfo& info, std::uint32_t index, const std::string& name) {
    return "backbone.layers." + std::to_string(info.first_layer + index) + "." + name;
}

std::string trace_key(const TraceInfo& info, std::uint32_t index, const std::string& name) {
    return "trace.layers." + std::to_string(info.first_layer + index) + "." + name;
}

std::uint64_t head_rows(const TraceInfo& info) {
    return std::uint64_t{info.batch} * (info.phase == Phase::Prefill ? 1 : info.tokens);
}

}  // namespace mambasic::traces
