// The SSM's scales with an entry where each is read, whatever groups share it (kernels.md 1.4; for
// Mamba1 ssm.md 1.6): the ranges are searched here, once, and the kernels only index.
#pragma once

#include <cstdint>
#include <vector>

#include "traces/dims.h"
#include "traces/mamba1.h"
#include "traces/mamba2.h"

namespace mambasic::cuda_ref {

/// The cell of each channel of x.
std::vector<std::uint32_t> cells_of_channels(const traces::Dims& dims,
                                             const traces::GroupTable& table);

/// None where a Mamba1 layer has no table.
std::vector<std::uint32_t> cells_of_channels(const traces::Dims& dims,
                                             const traces::Mamba1Layer& layer);

struct GroupScales {
    std::vector<float> x;      // [E]
    std::vector<float> b;      // [G]; none of Mamba1, whose B and C are no conv outputs
    std::vector<float> c;      // [G]
    std::vector<float> state;  // [E][N]
};

GroupScales group_scales(const traces::Dims& dims, const traces::Mamba1Layer& layer);
GroupScales group_scales(const traces::Dims& dims, const traces::Mamba2Layer& layer);

/// Of the convolution's channels: Mamba1's [E], Mamba2's x, B, C [E + 2GN]. A Mamba1 layer without
/// a table has a scale for its convolution and one for what the SSM reads, each under its own key.
std::vector<float> conv_output_scales(const traces::Mamba1Layer& layer, const GroupScales& scales);
std::vector<float> conv_output_scales(const traces::Dims& dims, const GroupScales& scales);

}  // namespace mambasic::cuda_ref
