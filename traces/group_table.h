// Quamba2's scales of the conv output and of the SSM state, one for each cell (SSD group, head
// group, dim group), and the ranges that say which cell a channel is in (kernels.md 1.4, ssm.md 3).
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

/// Ranges are ascending end positions; the last one of each row is the number of heads of an SSD
/// group, or head_dim. Groups may be of any size but zero.
struct GroupTable {
    GroupShape shape;
    const std::int32_t* head_end = nullptr;  // [ssd_groups][head_groups]
    const std::int32_t* dim_end = nullptr;   // [ssd_groups][head_groups][dim_groups]
    const float* x_scales = nullptr;         // [cells]: of the conv output x
    const float* state_scales = nullptr;     // [cells][state_columns]
    std::uint32_t state_columns = 1;         // d_state, or 1: the same for all states
};

}  // namespace mambasic::traces
