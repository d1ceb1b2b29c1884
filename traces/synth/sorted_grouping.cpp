#include "traces/synth/sorted_grouping.h"

#include <algorithm>

#include "traces/synth/cluster.h"

namespace mambasic::traces::synth {

namespace {

using Order = std::vector<std::uint32_t>;

Order sorted_by(const std::vector<float>& statistic) {
    Order out(statistic.size());
    for (std::uint32_t i = 0; i < out.size(); ++i) out[i] = i;
    std::stable_sort(out.begin(), out.end(), [&statistic](std::uint32_t a, std::uint32_t b) {
        return statistic[a] < statistic[b];
    });
    return out;
}

// `width` neighbours to a point.
Points points_of(const Order& order, std::size_t width, const std::vector<float>& statistic) {
    Points out(order.size() / width);
    for (std::size_t i = 0; i < order.size(); ++i) {
        out[i / width].push_back(static_cast<double>(statistic[order[i]]));
    }
    return out;
}

// `sorted` are the channels of the group's heads, dealt to the positions of a head.
void append_head_group(const Order& sorted, const std::vector<float>& statistic,
                       std::size_t head_dim, Grouping& out) {
    const std::size_t heads = sorted.size() / head_dim;
    Order cell_of_position;
    for (const std::uint32_t run :
         k_means_runs(points_of(sorted, heads, statistic), out.shape.dim_groups)) {
        const auto cell = static_cast<std::uint32_t>(out.dim_end.size());
        cell_of_position.insert(cell_of_position.end(), run, cell);
        out.dim_end.push_back(static_cast<std::int32_t>(cell_of_position.size()));
    }
    for (std::size_t head = 0; head < heads; ++head) {
        for (std::size_t position = 0; position < head_dim; ++position) {
            out.channels.push_back(sorted[position * heads + head]);
            out.cells.push_back(cell_of_position[position]);
        }
    }
}

}  // namespace

Grouping group_sorted_channels(const Dims& dims, const GroupShape& shape,
                               const std::vector<float>& statistic) {
    const std::size_t head_dim = dims.table_head_dim();
    const Order sorted = sorted_by(statistic);
    Grouping out;
    out.shape = shape;
    auto first = sorted.begin();
    std::int32_t head_end = 0;
    for (const std::uint32_t heads :
         ward_runs(points_of(sorted, head_dim, statistic), shape.head_groups)) {
        out.head_end.push_back(head_end += static_cast<std::int32_t>(heads));
        const auto end = first + static_cast<std::ptrdiff_t>(heads * head_dim);
        append_head_group({first, end}, statistic, head_dim, out);
        first = end;
    }
    return out;
}

}  // namespace mambasic::traces::synth
