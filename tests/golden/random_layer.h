// A layer of random weights that owns its memory, with scales that keep every stage away from both
// silence and full saturation.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "golden/arithmetic.h"
#include "tests/golden/random_groups.h"
#include "traces/mamba1.h"

namespace mambasic::golden {

struct RandomLayer {
    RandomLayer(const traces::Dims& dims, std::uint32_t seed);

    traces::Dims dims;
    traces::Mamba1Layer view;
    std::vector<arith::Half> norm_weight;
    std::vector<std::int8_t> in_proj, conv_weight, conv_bias, x_proj, dt_proj, out_proj;
    std::vector<std::int8_t> dt_bias, a_log, d;
};

/// The same with a table of scales in place of the one of x and of the state.
struct GroupedLayer : RandomLayer {
    GroupedLayer(const traces::Dims& dims, const traces::GroupShape& shape, std::uint32_t seed);

    RandomGroups groups;
};

traces::Dims tiny_dims();
traces::Dims mamba_130m_dims();

std::vector<std::int8_t> random_codes(std::mt19937& rng, std::size_t count, int low = -128,
                                      int high = 127);
/// Normally distributed FP16 numbers.
std::vector<arith::Half> random_halves(std::mt19937& rng, std::size_t count, float deviation);
std::vector<float> random_floats(std::mt19937& rng, std::size_t count, float deviation);

}  // namespace mambasic::golden
