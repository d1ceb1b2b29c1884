// Quamba2's scales of the conv output and of the SSM state, one for each cell (SSD group, head
// group, dim group), and the ranges that say which cell a channel is in (kernels.md 1.4, ssm.md 3,
// 1.6). Heads and their channels are counted as Dims::table_heads and its neighbours do.
#pragma once

#include <cstdint>

namespace mambasic::traces {

/// How many cells there are. One scale for all channels is {1, 1, 1}.
struct GroupShape {
    std::uint32_t ssd_groups = 1;
    std::uint32_t head_groups = 1;  // of each SSD group
    std::uint32_t dim_groups = 1;   // of each head group
    std::uint32_t cells() const { return ssd_groups * head_groups * dim_groups; }
    bool operator==(const GroupShape& o) const {
        return ssd_groups == o.ssd_groups && head_groups == o.head_groups &&
               dim_groups == o.dim_groups;
    }
};

/// Ranges are ascending end positions. The table's group of a head h is h / (H / ssd_groups), and
/// the last head_end of each row is H / ssd_groups; the last dim_end of each row is head_dim.
/// Groups may be of any size but zero. One scale for all channels has the ranges {H} and {head_dim}
/// whatever the number of the network's SSD groups.
struct GroupTable {
    GroupShape shape;
    const std::int32_t* head_end = nullptr;  // [ssd_groups][head_groups]
    const std::int32_t* dim_end = nullptr;   // [ssd_groups][head_groups][dim_groups]
    const float* x_scales = nullptr;         // [cells]: of the conv output x
    const float* state_scales = nullptr;     // [cells][state_columns]
    std::uint32_t state_columns = 1;         // d_state, or 1: the same for all states
};

}  // namespace mambasic::traces
