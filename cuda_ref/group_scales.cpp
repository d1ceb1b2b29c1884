#include "cuda_ref/group_scales.h"

#include <algorithm>

namespace mambasic::cuda_ref {

namespace {

/// The first of `count` ascending end positions that is above `position`; one range takes all.
std::uint32_t range_of(const std::int32_t* ends, std::uint32_t count, std::uint32_t position) {
    if (count == 1) return 0;
    const auto* found = std::upper_bound(ends, ends + count, static_cast<std::int32_t>(position));
    return static_cast<std::uint32_t>(found - ends);
}

void append(std::vector<float>& out, std::uint64_t count, float value) {
    out.insert(out.end(), count, value);
}

/// Of x and the state.
GroupScales scales_of_x(const traces::Dims& dims, const traces::GroupTable& table) {
    GroupScales scales;
    for (const std::uint32_t cell : cells_of_channels(dims, table)) {
        scales.x.push_back(table.x_scales[cell]);
        const float* states = table.state_scales + std::uint64_t{cell} * table.state_columns;
        for (std::uint32_t n = 0; n < dims.d_state; ++n) {
            scales.state.push_back(states[table.state_columns == 1 ? 0 : n]);
        }
    }
    return scales;
}

}  // namespace

std::vector<std::uint32_t> cells_of_channels(const traces::Dims& dims,
                                             const traces::GroupTable& table) {
    const traces::GroupShape& shape = table.shape;
    const std::uint32_t heads = dims.table_heads();
    const std::uint32_t group_heads = heads / shape.ssd_groups;
    std::vector<std::uint32_t> cells;
    cells.reserve(dims.d_inner);
    for (std::uint32_t head = 0; head < heads; ++head) {
        const std::uint32_t first = head / group_heads * shape.head_groups;  // of its SSD group
        const std::uint32_t head_group =
            first + range_of(table.head_end + first, shape.head_groups, head % group_heads);
        const std::uint32_t first_cell = head_group * shape.dim_groups;
        const std::int32_t* dim_end = table.dim_end + first_cell;
        for (std::uint32_t dim = 0; dim < dims.table_head_dim(); ++dim) {
            cells.push_back(first_cell + range_of(dim_end, shape.dim_groups, dim));
        }
    }
    return cells;
}

std::vector<std::uint32_t> cells_of_channels(const traces::Dims& dims,
                                             const traces::Mamba1Layer& layer) {
    if (!layer.groups) return {};
    return cells_of_channels(dims, *layer.groups);
}

GroupScales group_scales(const traces::Dims& dims, const traces::Mamba1Layer& layer) {
    if (layer.groups) return scales_of_x(dims, *layer.groups);
    return {std::vector<float>(dims.d_inner, layer.u_scale),
            {},
            {},
            std::vector<float>(std::uint64_t{dims.d_inner} * dims.d_state, layer.ssm_state_scale)};
}

GroupScales group_scales(const traces::Dims& dims, const traces::Mamba2Layer& layer) {
    GroupScales scales = scales_of_x(dims, layer.groups);
    for (std::uint32_t group = 0; group < dims.groups; ++group) {
        const std::uint32_t stored = layer.bc_scales == 1 ? 0 : group;
        scales.b.push_back(layer.b_scales[stored]);
        scales.c.push_back(layer.c_scales[stored]);
    }
    return scales;
}

std::vector<float> conv_output_scales(const traces::Mamba1Layer& layer, const GroupScales& scales) {
    if (layer.groups) return scales.x;
    return std::vector<float>(scales.x.size(), layer.conv_output_scale);
}

std::vector<float> conv_output_scales(const traces::Dims& dims, const GroupScales& scales) {
    std::vector<float> out = scales.x;
    for (const float scale : scales.b) append(out, dims.d_state, scale);
    for (const float scale : scales.c) append(out, dims.d_state, scale);
    return out;
}

}  // namespace mambasic::cuda_ref
