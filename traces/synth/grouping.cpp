#include "traces/synth/grouping.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "traces/synth/cluster.h"

namespace mambasic::traces::synth {

namespace {

std::vector<std::uint32_t> counted(std::size_t count) {
    std::vector<std::uint32_t> out(count);
    std::iota(out.begin(), out.end(), 0U);
    return out;
}

std::vector<double> normalized(const std::vector<double>& point) {
    double squares = 0;
    for (const double value : point) squares += value * value;
    if (squares == 0) return point;
    std::vector<double> out = point;
    for (double& value : out) value /= std::sqrt(squares);
    return out;
}

// One SSD group while its heads are put in order.
class SsdGroup {
public:
    SsdGroup(const Dims& dims, std::uint32_t index, const std::vector<float>& statistic)
        : dims_(dims), first_head_(index * (dims.heads / dims.groups)), statistic_(statistic) {
        for (std::uint32_t head = 0; head < dims.heads / dims.groups; ++head) sort(head);
    }

    void append_to(Grouping& out) const {
        Points directions;
        for (const auto& head : sorted_) directions.push_back(normalized(head));
        const std::vector<std::uint32_t> labels = ward_labels(directions, out.shape.head_groups);
        std::int32_t placed = 0;
        for (std::uint32_t label = 0; label < out.shape.head_groups; ++label) {
            std::vector<std::uint32_t> members;
            for (std::uint32_t head = 0; head < labels.size(); ++head) {
                if (labels[head] == label) members.push_back(head);
            }
            placed += static_cast<std::int32_t>(members.size());
            out.head_end.push_back(placed);
            append_heads(members, out);
        }
    }

private:
    void sort(std::uint32_t head) {
        const std::uint32_t first = (first_head_ + head) * dims_.head_dim;
        std::vector<std::uint32_t> order(dims_.head_dim);
        std::iota(order.begin(), order.end(), first);
        std::stable_sort(order.begin(), order.end(), [this](std::uint32_t a, std::uint32_t b) {
            return statistic_[a] < statistic_[b];
        });
        std::vector<double> values(order.size());
        for (std::size_t i = 0; i < order.size(); ++i) {
            values[i] = static_cast<double>(statistic_[order[i]]);
        }
        order_.push_back(order);
        sorted_.push_back(values);
    }

    // The heads of one group: cuts their positions into runs, then places heads and channels.
    void append_heads(const std::vector<std::uint32_t>& members, Grouping& out) const {
        Points positions(dims_.head_dim);
        for (std::uint32_t p = 0; p < dims_.head_dim; ++p) {
            for (const std::uint32_t head : members) positions[p].push_back(sorted_[head][p]);
        }
        const std::vector<std::uint32_t> runs = k_means_runs(positions, out.shape.dim_groups);
        const auto first_cell = static_cast<std::uint32_t>(out.dim_end.size());
        std::int32_t end = 0;
        for (const std::uint32_t run : runs) {
            out.dim_end.push_back(end += static_cast<std::int32_t>(run));
        }
        for (const std::uint32_t head : members) {
            out.heads.push_back(first_head_ + head);
            out.channels.insert(out.channels.end(), order_[head].begin(), order_[head].end());
            for (std::uint32_t run = 0; run < runs.size(); ++run) {
                out.cells.insert(out.cells.end(), runs[run], first_cell + run);
            }
        }
    }

    const Dims& dims_;
    const std::uint32_t first_head_;
    const std::vector<float>& statistic_;
    std::vector<std::vector<std::uint32_t>> order_;  // of each head: its channels, ascending
    Points sorted_;                                  // of each head: their statistic
};

// Cuts the heads of one SSD group, and each run's channels, into neighbours that are alike.
void cut_ssd_group(const Dims& dims, const GroupShape& shape, const float* statistic,
                   Grouping& out) {
    const std::uint32_t head_dim = dims.table_head_dim();
    Points points;
    for (std::uint32_t head = 0; head < dims.table_heads() / shape.ssd_groups; ++head) {
        const float* first = statistic + std::size_t{head} * head_dim;
        const std::vector<double> values(first, first + head_dim);
        points.push_back(dims.mamba2() ? normalized(values) : values);
    }
    std::int32_t head_end = 0;
    for (const std::uint32_t heads : ward_runs(points, shape.head_groups)) {
        out.head_end.push_back(head_end += static_cast<std::int32_t>(heads));
        Points positions(head_dim);
        for (std::uint32_t i = 0; i < heads * head_dim; ++i) {
            positions[i % head_dim].push_back(static_cast<double>(*statistic++));
        }
        std::int32_t dim_end = 0;
        for (const std::uint32_t channels : ward_runs(positions, shape.dim_groups)) {
            out.dim_end.push_back(dim_end += static_cast<std::int32_t>(channels));
        }
    }
}

// The first range that ends beyond `position`.
std::uint32_t range_of(const std::int32_t* ends, std::uint32_t position) {
    std::uint32_t range = 0;
    while (static_cast<std::uint32_t>(ends[range]) <= position) ++range;
    return range;
}

// The ends of `rows` rows of `count` things in equal ranges.
std::vector<std::int32_t> even_ends(std::uint32_t count, std::uint32_t ranges, std::uint32_t rows) {
    std::vector<std::int32_t> out;
    for (std::uint32_t i = 0; i < rows * ranges; ++i) {
        out.push_back(static_cast<std::int32_t>((i % ranges + 1) * (count / ranges)));
    }
    return out;
}

void append_unmoved(std::uint32_t count, std::vector<std::uint32_t>& order) {
    const auto first = static_cast<std::uint32_t>(order.size());
    for (std::uint32_t i = 0; i < count; ++i) order.push_back(first + i);
}

}  // namespace

Grouping grouping_of(const Dims& dims, const GroupTable& table) {
    const GroupShape& shape = table.shape;
    Grouping out;
    out.shape = shape;
    out.heads = counted(dims.heads);
    out.channels = counted(dims.d_inner);
    out.head_end.assign(table.head_end,
                        table.head_end + std::size_t{shape.ssd_groups} * shape.head_groups);
    out.dim_end.assign(table.dim_end, table.dim_end + shape.cells());
    const std::uint32_t heads = dims.table_heads() / shape.ssd_groups;
    for (std::uint32_t head = 0; head < dims.table_heads(); ++head) {
        const std::uint32_t first_row = head / heads * shape.head_groups;
        const std::uint32_t row = first_row + range_of(&out.head_end[first_row], head % heads);
        const std::uint32_t first_cell = row * shape.dim_groups;
        for (std::uint32_t dim = 0; dim < dims.table_head_dim(); ++dim) {
            out.cells.push_back(first_cell + range_of(&out.dim_end[first_cell], dim));
        }
    }
    return out;
}

// Mamba1's channels need not fill whole heads where no table counts them.
Grouping ungrouped(const Dims& dims) {
    Grouping out;
    out.head_end = {static_cast<std::int32_t>(dims.table_heads())};
    out.dim_end = {static_cast<std::int32_t>(dims.table_head_dim())};
    out.heads = counted(dims.heads);
    out.channels = counted(dims.d_inner);
    out.cells.assign(dims.d_inner, 0);
    return out;
}

bool needs_no_order(const Dims& dims, const GroupShape& shape) {
    if (!dims.mamba2()) return shape.cells() == 1 || shape.cells() == dims.d_inner;
    const auto one_or_all = [](std::uint32_t groups, std::uint32_t of) {
        return groups == 1 || groups == of;
    };
    return one_or_all(shape.head_groups, dims.heads / shape.ssd_groups) &&
           one_or_all(shape.dim_groups, dims.head_dim);
}

Grouping even_groups(const Dims& dims, const GroupShape& shape) {
    const std::vector<std::int32_t> head_end =
        even_ends(dims.table_heads() / shape.ssd_groups, shape.head_groups, shape.ssd_groups);
    const std::vector<std::int32_t> dim_end =
        even_ends(dims.table_head_dim(), shape.dim_groups, shape.ssd_groups * shape.head_groups);
    GroupTable table;
    table.shape = shape;
    table.head_end = head_end.data();
    table.dim_end = dim_end.data();
    return grouping_of(dims, table);
}

Grouping group_channels(const Dims& dims, const GroupShape& shape,
                        const std::vector<float>& statistic) {
    Grouping out;
    out.shape = shape;
    for (std::uint32_t group = 0; group < shape.ssd_groups; ++group) {
        SsdGroup(dims, group, statistic).append_to(out);
    }
    return out;
}

// A permutation ascends only where it is the identity.
bool moves_nothing(const Grouping& grouping) {
    return std::is_sorted(grouping.channels.begin(), grouping.channels.end());
}

Grouping cut_in_place(const Dims& dims, const GroupShape& shape,
                      const std::vector<float>& statistic) {
    Grouping cut;
    const std::size_t width = dims.d_inner / shape.ssd_groups;
    for (std::uint32_t group = 0; group < shape.ssd_groups; ++group) {
        cut_ssd_group(dims, shape, statistic.data() + group * width, cut);
    }
    GroupTable table;
    table.shape = shape;
    table.head_end = cut.head_end.data();
    table.dim_end = cut.dim_end.data();
    return grouping_of(dims, table);
}

std::vector<std::uint32_t> conv_order(const Dims& dims, const Grouping& grouping) {
    std::vector<std::uint32_t> out = grouping.channels;
    append_unmoved(2 * dims.bc_width(), out);
    return out;
}

std::vector<std::uint32_t> in_proj_order(const Dims& dims, const Grouping& grouping) {
    std::vector<std::uint32_t> out = grouping.channels;  // z; Mamba1's x, and its z comes next
    for (const std::uint32_t channel : conv_order(dims, grouping)) {
        out.push_back(dims.d_inner + channel);
    }
    const auto first_head = static_cast<std::uint32_t>(out.size());
    for (const std::uint32_t head : grouping.heads) out.push_back(first_head + head);
    return out;
}

}  // namespace mambasic::traces::synth
