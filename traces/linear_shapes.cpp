// Which linears a layer has, and what each is made of.
#include <stdexcept>

#include "traces/layout.h"

namespace mambasic::traces {

namespace {

std::vector<LinearShape> mamba1_linears(const TraceInfo& info) {
    const Dims& dims = info.dims;
    const LinearKind kind = info.w4() ? LinearKind::W4 : LinearKind::W8;
    return {{"in_proj", kind, dims.in_proj_width(), dims.d_model},
            {"x_proj", kind, dims.x_proj_width(), dims.d_inner},
            {"dt_proj", LinearKind::W8, dims.d_inner, dims.dt_rank},
            {"out_proj", kind, dims.d_model, dims.d_inner}};
}

std::vector<LinearShape> mamba2_linears(const TraceInfo& info) {
    const Dims& dims = info.dims;
    return {{"in_proj", info.w4() ? LinearKind::W4 : LinearKind::W8Columns, dims.in_proj_width(),
             dims.d_model},
            {"out_proj", info.w4() ? LinearKind::W4 : LinearKind::W8, dims.d_model, dims.d_inner}};
}

}  // namespace

std::vector<LinearShape> linear_shapes(const TraceInfo& info, std::uint32_t index) {
    std::vector<LinearShape> out = info.dims.mamba2() ? mamba2_linears(info) : mamba1_linears(info);
    for (LinearShape& linear : out) linear.key = weight_key(info, index, "mixer." + linear.key);
    return out;
}

LinearShape linear_shape(const TraceInfo& info, std::uint32_t index, const std::string& name) {
    const std::string key = weight_key(info, index, "mixer." + name);
    for (const LinearShape& linear : linear_shapes(info, index)) {
        if (linear.key == key) return linear;
    }
    throw std::logic_error("no linear '" + name + "' in this family");
}

LinearShape lm_head_shape(const TraceInfo& info) {
    return {"lm_head", info.w4() ? LinearKind::W4 : LinearKind::W8, info.dims.vocab,
            info.dims.d_model};
}

std::uint32_t padded_rows(std::uint32_t n) { return padded_rows(n, LinearKind::W8); }

std::uint32_t padded_rows(std::uint32_t n, LinearKind kind) {
    const std::uint32_t unit = kind == LinearKind::W4 ? 64 : 16;
    return (n + unit - 1) / unit * unit;
}

}  // namespace mambasic::traces
