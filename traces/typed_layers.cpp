// A trace's layers and ends as typed views.
#include <stdexcept>

#include "traces/trace_impl.h"

namespace mambasic::traces {

namespace {

void require_family(const TraceInfo& info, bool mamba2) {
    if (info.dims.mamba2() == mamba2) return;
    throw std::logic_error("the trace's layers are of family " + info.family);
}

}  // namespace

void Trace::Impl::expand_w4(const LinearShape& shape, Linear& out) {
    W4Linear stored;
    stored.codes = array<std::byte>(shape.key + ".weight");
    if (stored.codes == nullptr) return;  // shapes only
    stored.s_group = array<std::uint16_t>(shape.key + ".s_group");
    stored.s_channel = array<float>(shape.key + ".s_channel");
    stored.n_padded = out.n_padded;
    stored.k = out.k;
    stored.packed = info.packed_w4;
    const auto made = expanded.get(shape.key, [&stored] { return expand(stored); });
    out.weight = made->weight.data();
    out.column = made->column.data();
    out.owner = made;
}

Linear Trace::Impl::linear(const LinearShape& shape) {
    Linear out;
    out.kind = shape.kind;
    out.n = shape.n;
    out.n_padded = padded_rows(shape.n, shape.kind);
    out.k = shape.k;
    if (shape.kind == LinearKind::W4) {
        out.a = scale(shape.key + ".input_scale");
        expand_w4(shape, out);
        return out;
    }
    out.weight = array<std::int8_t>(shape.key + ".weight");
    out.a = scale(shape.key + ".a");
    if (shape.kind == LinearKind::W8Columns) {
        out.column = array<float>(shape.key + ".b");
    } else {
        out.b = scale(shape.key + ".b");
        out.alpha = scale(shape.key + ".alpha");
    }
    return out;
}

void Trace::Impl::fill_conv(const std::string& at, Mamba1Layer& layer) const {
    layer.conv_weight = array<std::int8_t>(at + "weight");
    layer.conv_bias = array<std::int8_t>(at + "bias");
    layer.conv_weight_scale = scale(at + "weight_scale");
    layer.conv_bias_scale = scale(at + "bias_scale");
    layer.conv_input_scale = scale(at + "input_scale");
}

void Trace::Impl::fill_scan(const std::string& at, Mamba1Layer& layer) const {
    layer.dt_bias = array<std::int8_t>(at + "dt_bias");
    layer.a_log = array<std::int8_t>(at + "A_log");
    layer.d = array<std::int8_t>(at + "D");
    layer.dt_bias_scale = scale(at + "dt_bias_scale");
    layer.a_scale = scale(at + "A_scale");
    layer.d_scale = scale(at + "D_scale");
    layer.dt_scale = scale(at + "dt_scale");
    layer.b_scale = scale(at + "B_scale");
    layer.c_scale = scale(at + "C_scale");
    layer.z_scale = scale(at + "z_scale");
}

void Trace::Impl::fill_conv(const std::string& at, Mamba2Layer& layer) const {
    layer.conv_weight = array<std::int8_t>(at + "weight");
    layer.conv_bias = array<std::int8_t>(at + "bias");
    const auto section = [this, &at](const std::string& name) {
        return ConvSection{scale(at + name + "_scale"), scale(at + "w" + name + "_scale"),
                           scale(at + "b" + name + "_scale")};
    };
    layer.conv_x = section("x");
    layer.conv_b = section("B");
    layer.conv_c = section("C");
}

GroupTable Trace::Impl::group_table(std::uint32_t index, const std::string& state_scales) const {
    GroupTable table;
    const std::string mixer = weight_key(info, index, "mixer.");
    const std::string conv = mixer + "conv1d.";
    const std::optional<GroupShape> groups = info.table(index);
    table.shape = groups.value_or(GroupShape{});
    table.head_end = groups ? array<std::int32_t>(conv + "x_head_group_range") : &all_heads;
    table.dim_end = groups ? array<std::int32_t>(conv + "x_dim_group_range") : &all_dims;
    table.x_scales = array<float>(conv + "x_out_scales");
    table.state_scales = array<float>(mixer + state_scales);
    table.state_columns = groups ? info.dims.d_state : 1;
    return table;
}

XScales Trace::Impl::code_scales(std::uint32_t index) const {
    const std::string conv = weight_key(info, index, "mixer.conv1d.");
    const bool dense = info.x_code(index).dense;  // other layers of the trace may need the matrix
    return {array<float>(conv + "x_low_scales"), array<float>(conv + "x_high_scales"),
            array<float>(conv + "x_thresholds"),
            dense ? array<std::uint16_t>(kRotationKey) : nullptr};
}

void Trace::Impl::fill_x_scales(std::uint32_t index, Mamba1Layer& layer) const {
    layer.x_scales = code_scales(index);
    if (info.table(index)) {
        layer.groups = group_table(index, "selective_scan.ssm_state_scale");
        return;
    }
    const std::string mixer = weight_key(info, index, "mixer.");
    layer.conv_output_scale = scale(mixer + "conv1d.output_scale");
    layer.u_scale = scale(mixer + "selective_scan.u_scale");
    layer.ssm_state_scale = scale(mixer + "selective_scan.ssm_state_scale");
}

void Trace::Impl::fill_x_scales(std::uint32_t index, Mamba2Layer& layer) const {
    const std::string conv = weight_key(info, index, "mixer.conv1d.");
    layer.groups = group_table(index, "qchunk_scan.ssm_state_scale");
    layer.x_scales = code_scales(index);
    layer.bc_scales = layer.groups.shape.ssd_groups;
    layer.b_scales = array<float>(conv + "B_out_scales");
    layer.c_scales = array<float>(conv + "C_out_scales");
}

void Trace::Impl::fill_scan(const std::string& at, Mamba2Layer& layer) const {
    layer.dt_bias = array<std::uint16_t>(at + "dt_bias");
    layer.a_log = array<std::int8_t>(at + "A_log");
    layer.d = array<std::int8_t>(at + "D");
    layer.dt_scale = scale(at + "dt_scale");
    layer.a_scale = scale(at + "A_log_scale");
    layer.d_scale = scale(at + "D_scale");
}

Mamba1Layer Trace::mamba1_layer(std::uint32_t index) const {
    require_family(impl_->info, false);
    const std::string at = weight_key(impl_->info, index, "");
    const std::string mixer = at + "mixer.";
    const std::vector<LinearShape> linears = linear_shapes(impl_->info, index);
    Mamba1Layer layer;
    layer.norm_weight = impl_->array<std::uint16_t>(at + "norm.weight");
    layer.norm_output_scale = impl_->scale(at + "norm.output_scale");
    layer.in_proj = impl_->linear(linears[0]);
    impl_->fill_conv(mixer + "conv1d.", layer);
    impl_->fill_x_scales(index, layer);
    layer.x_proj = impl_->linear(linears[1]);
    layer.dt_proj = impl_->linear(linears[2]);
    impl_->fill_scan(mixer + "selective_scan.", layer);
    layer.had_scale = impl_->scalar(mixer + "had.x_H_scale");
    layer.out_proj = impl_->linear(linears[3]);
    return layer;
}

Mamba2Layer Trace::mamba2_layer(std::uint32_t index) const {
    require_family(impl_->info, true);
    const std::string at = weight_key(impl_->info, index, "");
    const std::string mixer = at + "mixer.";
    const std::vector<LinearShape> linears = linear_shapes(impl_->info, index);
    Mamba2Layer layer;
    layer.norm_weight = impl_->array<std::uint16_t>(at + "norm.weight");
    layer.norm_output_scale = impl_->scale(at + "norm.output_scale");
    layer.in_proj = impl_->linear(linears[0]);
    impl_->fill_conv(mixer + "conv1d.", layer);
    impl_->fill_x_scales(index, layer);
    impl_->fill_scan(mixer + "qchunk_scan.", layer);
    layer.gated_norm_weight = impl_->array<std::uint16_t>(mixer + "norm.weight");
    layer.z_scale = impl_->scale(mixer + "norm.z_scale");
    layer.had_scale = impl_->scalar(mixer + "had.x_H_scale");
    layer.out_proj = impl_->linear(linears[1]);
    return layer;
}

Head Trace::head() const {
    const std::string weight = "backbone.embedding.weight";
    Head head;
    head.embedding_weight = impl_->array<std::int8_t>(weight);
    if (impl_->info.w4() && head.embedding_weight != nullptr) {
        const auto made = impl_->expanded.get(weight, [this, &weight] {
            return unpack_embedding(impl_->array<std::byte>(weight), impl_->info.packed_w4,
                                    impl_->info.dims.vocab, impl_->info.dims.d_model);
        });
        head.embedding_weight = made->weight.data();
        head.owner = made;
    }
    head.embedding_scales = impl_->array<std::uint16_t>("backbone.embedding.scales");
    head.norm_f_weight = impl_->array<std::uint16_t>("backbone.norm_f.weight");
    head.norm_f_output_scale = impl_->scale("backbone.norm_f.output_scale");
    head.lm_head = impl_->linear(lm_head_shape(impl_->info));
    return head;
}

}  // namespace mambasic::traces
