// A Mamba2 layer of random weights that owns its memory, with ranges of unequal sizes and scales
// that keep every stage away from both silence and full saturation.
#pragma once

#include <cstdint>
#include <vector>

#include "tests/golden/random_groups.h"
#include "tests/golden/random_layer.h"
#include "traces/mamba2.h"

namespace mambasic::golden {

struct RandomMamba2 {
    RandomMamba2(const traces::Dims& dims, traces::LinearKind in_proj_kind, std::uint32_t seed);
    RandomMamba2(RandomMamba2&&) = default;
    RandomMamba2(const RandomMamba2&) = delete;
    RandomMamba2& operator=(const RandomMamba2&) = delete;

    traces::Dims dims;
    traces::Mamba2Layer view;
    RandomGroups groups;
    std::vector<arith::Half> norm_weight, gated_norm_weight, dt_bias;
    std::vector<std::int8_t> in_proj, conv_weight, conv_bias, a_log, d, out_proj;
    std::vector<float> in_proj_column, out_proj_column, b_scales, c_scales;

private:
    void make_linears(std::mt19937& rng, traces::LinearKind in_proj_kind);
    void make_conv(std::mt19937& rng);
    void make_ssd(std::mt19937& rng);
};

/// Six heads of 16 channels in `groups` SSD groups.
traces::Dims tiny2_dims(std::uint32_t groups);
traces::Dims mamba2_130m_dims();

}  // namespace mambasic::golden
