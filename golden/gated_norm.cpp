#include "golden/gated_norm.h"

#include <vector>

#include "golden/parallel.h"
#include "golden/sums.h"

namespace mambasic::golden {
namespace {

/// y * (z sigmoid(z)): the gate is a product of its own, not the division of silu.
void gate(const arith::Half* y, const std::int8_t* z, float z_scale, std::size_t count,
          float* out) {
    for (std::size_t i = 0; i < count; ++i) {
        const float value = z_scale * static_cast<float>(z[i]);
        out[i] = arith::from_half(y[i]) * (value * arith::sigmoid(value));
    }
}

struct Scratch {
    std::vector<float> gated, squares;
};

void norm_group(const GatedNormParams& p, const arith::Half* weight, Scratch& scratch,
                arith::Half* output) {
    const std::vector<float>& a = scratch.gated;
    const float sum = sum_of_products(a.data(), a.data(), a.size(), p.sum, scratch.squares.data());
    const float rstd = arith::rsqrt(sum / static_cast<float>(a.size()) + p.epsilon);
    for (std::size_t i = 0; i < a.size(); ++i) {
        output[i] = arith::to_half(a[i] * rstd * arith::from_half(weight[i]));  // left to right
    }
}

}  // namespace

void gated_norm(const GatedNormParams& params, const arith::Half* y, const Int8Rows& z,
                std::size_t rows, arith::Half* output) {
    const std::size_t width = params.width;
    const std::size_t group = width / params.groups;
#pragma omp parallel for schedule(static) if (worth_threads(rows * width))
    for (std::size_t r = 0; r < rows; ++r) {
        Scratch scratch{std::vector<float>(group), std::vector<float>(group)};
        for (std::size_t first = 0; first < width; first += group) {
            const std::size_t at = r * width + first;
            gate(y + at, z.row(r) + first, z.scale, group, scratch.gated.data());
            norm_group(params, params.weight + first, scratch, output + at);
        }
    }
}

}  // namespace mambasic::golden
