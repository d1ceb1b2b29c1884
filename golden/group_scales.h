// Which scales a channel of x has: those of its cell in a table of groups. Spec: kernels.md 1.4; in
// Mamba1, whose convolution has nothing but x, ssm.md 1.6. Upstream searches the ranges at run
// time; the answer depends on the channel alone, so here every channel's cell is found once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "traces/dims.h"
#include "traces/group_table.h"

namespace mambasic::golden {

/// The cell of channel `channel` of x. A row of ranges with one group needs no end positions.
/// Throws std::invalid_argument where no range matches.
std::uint32_t group_cell(const traces::Dims& dims, const traces::GroupTable& table,
                         std::uint32_t channel);

/// A table with the cells of all channels; its pointers are the caller's.
struct GroupScales {
    GroupScales(const traces::Dims& dims, const traces::GroupTable& table);

    float x(std::size_t channel) const { return table.x_scales[cell[channel]]; }
    float state(std::size_t channel, std::size_t n) const {
        const std::size_t column = table.state_columns == 1 ? 0 : n;
        return table.state_scales[std::size_t{cell[channel]} * table.state_columns + column];
    }

    traces::GroupTable table;
    std::vector<std::uint32_t> cell;  // [E]
};

}  // namespace mambasic::golden
