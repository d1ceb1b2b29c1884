#include "golden/group_scales.h"

#include <stdexcept>
#include <string>

namespace mambasic::golden {
namespace {

/// The first of the `count` ascending end positions of row `row` that lies above `index`; `count`
/// where none does.
std::uint32_t group_of(const std::int32_t* ends, std::uint32_t row, std::uint32_t count,
                       std::uint32_t index) {
    if (count == 1) {
        return 0;
    }
    std::uint32_t group = 0;
    while (group < count && ends[row * count + group] <= static_cast<std::int32_t>(index)) {
        ++group;
    }
    return group;
}

}  // namespace

std::uint32_t group_cell(const traces::Dims& dims, const traces::GroupTable& table,
                         std::uint32_t channel) {
    const traces::GroupShape& shape = table.shape;
    const std::uint32_t heads = dims.table_heads() / shape.ssd_groups;
    const std::uint32_t head_dim = dims.table_head_dim();
    const std::uint32_t head = channel / head_dim;
    const std::uint32_t ssd_group = head / heads;
    const std::uint32_t head_group =
        group_of(table.head_end, ssd_group, shape.head_groups, head % heads);
    const std::uint32_t row = ssd_group * shape.head_groups + head_group;
    const bool head_found = head_group < shape.head_groups;
    const std::uint32_t dim_group =
        head_found ? group_of(table.dim_end, row, shape.dim_groups, channel % head_dim) : 0;
    if (!head_found || dim_group == shape.dim_groups) {
        throw std::invalid_argument("no range of the group table holds channel " +
                                    std::to_string(channel));
    }
    return row * shape.dim_groups + dim_group;
}

GroupScales::GroupScales(const traces::Dims& dims, const traces::GroupTable& t)
    : table(t), cell(dims.d_inner) {
    for (std::uint32_t channel = 0; channel < dims.d_inner; ++channel) {
        cell[channel] = group_cell(dims, table, channel);
    }
}

}  // namespace mambasic::golden
