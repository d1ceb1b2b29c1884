// The dimensions of a network, as its traces/networks/*.yaml and a trace's metadata state them.
#pragma once

#include <cstdint>

namespace mambasic::traces {

enum class Family { Mamba1, Mamba2 };

struct Dims {
    std::uint32_t d_model = 0;
    std::uint32_t d_inner = 0;  // E = 2 d_model
    std::uint32_t d_state = 0;  // N
    std::uint32_t d_conv = 0;   // 4
    std::uint32_t dt_rank = 0;  // R; Mamba1 only
    std::uint32_t n_layer = 0;  // layers of the whole model; a trace may hold fewer
    std::uint32_t vocab = 0;
    Family family = Family::Mamba1;
    // Mamba2 only:
    std::uint32_t heads = 0;     // H
    std::uint32_t head_dim = 0;  // P = E / H
    std::uint32_t groups = 0;    // G: heads of one group share B and C
    std::uint32_t chunk = 0;     // tokens of an SSD chunk, for the chunked order only

    bool mamba2() const { return family == Family::Mamba2; }
    /// Heads, and channels of one, as a table of groups counts them. Mamba1 has neither heads nor
    /// SSD groups; there 16 neighbouring channels count as a head, all in one SSD group.
    std::uint32_t table_ssd_groups() const { return mamba2() ? groups : 1; }
    std::uint32_t table_head_dim() const {
        constexpr std::uint32_t kNeighbours = 16;
        return mamba2() ? head_dim : kNeighbours;
    }
    std::uint32_t table_heads() const { return mamba2() ? heads : d_inner / table_head_dim(); }
    std::uint32_t x_proj_width() const { return dt_rank + 2 * d_state; }
    /// B, or C, of one token in Mamba2: G x N.
    std::uint32_t bc_width() const { return groups * d_state; }
    /// Mamba1: x. Mamba2: x, B, C.
    std::uint32_t conv_channels() const { return mamba2() ? d_inner + 2 * bc_width() : d_inner; }
    /// Mamba1: x, z. Mamba2: z, x, B, C, dt.
    std::uint32_t in_proj_width() const {
        return mamba2() ? d_inner + conv_channels() + heads : 2 * d_inner;
    }
};

}  // namespace mambasic::traces
