#include "tests/golden/random_groups.h"

#include <algorithm>

namespace mambasic::golden {
namespace {

/// `count` sizes of at least 1 that add up to `whole`.
std::vector<std::uint32_t> split(std::mt19937& rng, std::uint32_t whole, std::uint32_t count) {
    std::vector<std::uint32_t> sizes(count, 1);
    for (std::uint32_t left = whole - count; left > 0; --left) {
        ++sizes[rng() % count];
    }
    return sizes;
}

std::vector<float> random_scales(std::mt19937& rng, std::size_t count, float low, float high) {
    std::uniform_real_distribution<float> scale(low, high);
    std::vector<float> scales(count);
    std::generate(scales.begin(), scales.end(), [&] { return scale(rng); });
    return scales;
}

}  // namespace

RandomGroups::RandomGroups(std::mt19937& rng, const traces::Dims& dims,
                           const traces::GroupShape& shape, std::uint32_t state_columns) {
    table.shape = shape;
    table.state_columns = state_columns;
    painted.resize(dims.d_inner);
    for (std::uint32_t g = 0; g < shape.ssd_groups; ++g) {
        paint_group(rng, dims, g);
    }
    x_scales = random_scales(rng, shape.cells(), 0.008F, 0.032F);
    state_scales = random_scales(rng, std::size_t{shape.cells()} * state_columns, 0.001F, 0.006F);
    table.head_end = head_end.data();
    table.dim_end = dim_end.data();
    table.x_scales = x_scales.data();
    table.state_scales = state_scales.data();
}

void RandomGroups::paint_group(std::mt19937& rng, const traces::Dims& dims,
                               std::uint32_t ssd_group) {
    const std::uint32_t heads = dims.table_heads() / table.shape.ssd_groups;
    std::uint32_t head = 0;
    for (const std::uint32_t size : split(rng, heads, table.shape.head_groups)) {
        paint_heads(rng, dims, ssd_group * heads + head, size);
        head += size;
        head_end.push_back(static_cast<std::int32_t>(head));
    }
}

void RandomGroups::paint_heads(std::mt19937& rng, const traces::Dims& dims,
                               std::uint32_t first_head, std::uint32_t count) {
    std::uint32_t dim = 0;
    for (const std::uint32_t size : split(rng, dims.table_head_dim(), table.shape.dim_groups)) {
        const auto cell = static_cast<std::uint32_t>(dim_end.size());
        for (std::uint32_t head = first_head; head < first_head + count; ++head) {
            std::fill_n(painted.begin() + head * dims.table_head_dim() + dim, size, cell);
        }
        dim += size;
        dim_end.push_back(static_cast<std::int32_t>(dim));
    }
}

}  // namespace mambasic::golden
