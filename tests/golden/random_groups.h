// A group table with ranges of random, unequal sizes that owns its memory, and the cell of every
// channel by painting the ranges: no search.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "traces/dims.h"
#include "traces/group_table.h"

namespace mambasic::golden {

struct RandomGroups {
    RandomGroups() = default;
    RandomGroups(std::mt19937& rng, const traces::Dims& dims, const traces::GroupShape& shape,
                 std::uint32_t state_columns);
    RandomGroups(RandomGroups&&) = default;  // the view follows: a moved vector keeps its storage
    RandomGroups& operator=(RandomGroups&&) = default;

    traces::GroupTable table;
    std::vector<std::int32_t> head_end, dim_end;
    std::vector<float> x_scales, state_scales;
    std::vector<std::uint32_t> painted;  // [E], the cell of each channel

private:
    void paint_group(std::mt19937& rng, const traces::Dims& dims, std::uint32_t ssd_group);
    void paint_heads(std::mt19937& rng, const traces::Dims& dims, std::uint32_t first_head,
                     std::uint32_t count);
};

}  // namespace mambasic::golden
