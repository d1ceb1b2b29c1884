// Which channels of a layer share a scale, and the order that makes such channels neighbours. In
// Mamba2 that is Quamba2's offline reorder (kernels.md 6.4): no channel leaves its head, no head
// its SSD group, so B and C stay where they are and the layer computes what it computed. Mamba1's
// is in sorted_grouping.h.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "traces/dims.h"
#include "traces/group_table.h"

namespace mambasic::traces::synth {

struct Grouping {
    GroupShape shape;
    std::vector<std::int32_t> head_end;   // as in GroupTable
    std::vector<std::int32_t> dim_end;    // as in GroupTable
    std::vector<std::uint32_t> heads;     // [H] the head that now stands here; none in Mamba1
    std::vector<std::uint32_t> channels;  // [E] the channel that now stands here
    std::vector<std::uint32_t> cells;     // [E] the cell of the channel that now stands here
};

/// All channels in one cell, none moved: one scale for the tensor.
Grouping ungrouped(const Dims& dims);

/// The ranges that a table has, nothing moved.
Grouping grouping_of(const Dims& dims, const GroupTable& table);

/// Whether no order of heads and channels would be better than another: every group is one head or
/// all of them, and one channel or all of them; in Mamba1, where channels may change heads, every
/// cell is one channel or all of them.
bool needs_no_order(const Dims& dims, const GroupShape& shape);
/// The ranges of such a shape, nothing moved.
Grouping even_groups(const Dims& dims, const GroupShape& shape);

/// `statistic` [E] says how large each channel of the conv output gets. Inside each head channels
/// are sorted by it; heads alike in direction are put together (Ward), and each such group's
/// positions are cut into runs (k-means of the heads' sorted values). shape.ssd_groups is G.
Grouping group_channels(const Dims& dims, const GroupShape& shape,
                        const std::vector<float>& statistic);

/// Whether every channel stands where it stood.
bool moves_nothing(const Grouping& grouping);

/// As group_channels, but nothing moves: heads and channels that an earlier grouping has put in
/// order are cut into runs of neighbours. Mamba1's heads are compared by size, not direction.
Grouping cut_in_place(const Dims& dims, const GroupShape& shape,
                      const std::vector<float>& statistic);

/// The rows of in_proj (z, x, B, C, dt; Mamba1: x, z) and of the convolution (x, B, C; x) in the
/// grouping's order.
std::vector<std::uint32_t> in_proj_order(const Dims& dims, const Grouping& grouping);
std::vector<std::uint32_t> conv_order(const Dims& dims, const Grouping& grouping);

/// Of state n of a cell's channels.
inline float state_scale(const GroupTable& table, std::size_t cell, std::size_t n) {
    return table.state_scales[cell * table.state_columns + (table.state_columns == 1 ? 0 : n)];
}

/// Row i of the result is row order[i] of `rows`, which are `width` elements each.
template <typename T>
std::vector<T> reordered(const T* rows, std::size_t width,
                         const std::vector<std::uint32_t>& order) {
    std::vector<T> out;
    out.reserve(order.size() * width);
    for (const std::uint32_t from : order) {
        out.insert(out.end(), rows + from * width, rows + (from + 1) * width);
    }
    return out;
}

template <typename T>
std::vector<T> reordered(const std::vector<T>& rows, std::size_t width,
                         const std::vector<std::uint32_t>& order) {
    return reordered(rows.data(), width, order);
}

/// The columns of every row of `rows`, which are order.size() elements each.
template <typename T>
void reorder_columns(const std::vector<std::uint32_t>& order, std::vector<T>& rows) {
    for (std::size_t row = 0; row < rows.size(); row += order.size()) {
        const std::vector<T> moved = reordered(rows.data() + row, 1, order);
        std::copy(moved.begin(), moved.end(), rows.begin() + static_cast<std::ptrdiff_t>(row));
    }
}

}  // namespace mambasic::traces::synth
