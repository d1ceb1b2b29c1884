#include "models/gated_norm/gated_norm_function.h"

#include <vector>

#include "models/common/error.h"
#include "models/common/isa.h"
#include "models/common/scratch.h"
#include "models/gated_norm/gated_norm_kernels.h"
#include "models/nonlinear/nonlinear_function.h"

namespace mambasic::models {

MAMBASIC_KERNEL_SET(GatedNormKernels, kGatedNormKernels)

namespace {

constexpr std::int64_t kParallelElements = 1 << 17;  // fewer are not worth waking a thread

GatedNormGroup group_of(const GatedNormTile& tile, std::uint64_t row, std::uint64_t group) {
    const std::uint64_t width = tile.shape.width / tile.shape.groups;
    const std::uint64_t column = group * width;
    const std::uint64_t offset = row * tile.shape.width + column;
    GatedNormGroup g{};
    g.width = static_cast<std::int64_t>(width);
    g.y = tile.y + offset;
    g.z = tile.z + row * tile.z_stride + column;
    g.z_scale = tile.z_scale;
    g.epsilon = tile.epsilon;
    g.output = tile.output + offset;
    return g;
}

}  // namespace

// Per element: y and weight from FP16 and the output to it (3), z_scale * z (a code), the gate's
// product, * rstd, * weight (3 mul), SiLU, the square accumulated (1 fma, whatever the order of the
// sum). Per group: / width, + epsilon, 1/sqrt.
Counts gated_norm_count(const GatedNormShape& shape) {
    const std::uint64_t elements = shape.rows * shape.width;
    const std::uint64_t groups = shape.rows * shape.groups;
    Counts counts;
    counts[Event::HalfConvert] = 3 * elements;
    counts[Event::CodeMulBit] = kInt8Bits * elements;
    counts[Event::Fp32Mul] = 3 * elements;
    counts[Event::Fp32Fma] = elements;
    counts[Event::Silu] = elements;
    counts[Event::Fp32Div] = groups;
    counts[Event::Fp32Add] = groups;
    counts[Event::Rsqrt] = groups;
    return counts;
}

Counts gated_norm_compute(const GatedNormConfig& config, const NonlinearConfig& nonlinear,
                          const GatedNormTile& tile) {
    const GatedNormShape& shape = tile.shape;
    MAMBASIC_CHECK(shape.groups > 0 && shape.width % shape.groups == 0,
                   "gated norm groups that do not divide the row");
    const GatedNormKernels& kernels = active_kGatedNormKernels();
    const UnitView silu = unit_view(UnitFunction::Silu, nonlinear.silu);
    const UnitView rsqrt = unit_view(UnitFunction::Rsqrt, nonlinear.rsqrt);
    const std::uint64_t width = shape.width / shape.groups;
    const std::uint64_t tree = config.sum.tree_width;
    const std::uint64_t padded = tree == 0 ? width : (width + tree - 1) / tree * tree;
    std::vector<float> weight(shape.width);
    for (std::uint64_t i = 0; i < shape.width; ++i) weight[i] = arith::from_half(tile.weight[i]);
    const auto items = static_cast<std::int64_t>(shape.rows * shape.groups);
    const bool parallel =
        items > 1 && items * static_cast<std::int64_t>(width) >= kParallelElements;
#pragma omp parallel if (parallel)
    {
        Scratch scratch(3 * padded);
#pragma omp for schedule(static)
        for (std::int64_t i = 0; i < items; ++i) {
            const std::uint64_t group = static_cast<std::uint64_t>(i) % shape.groups;
            GatedNormGroup g = group_of(tile, static_cast<std::uint64_t>(i) / shape.groups, group);
            g.padded = static_cast<std::int64_t>(padded);
            g.tree_width = static_cast<std::int64_t>(tree);
            g.weight = weight.data() + group * width;
            g.silu = silu;
            g.rsqrt = rsqrt;
            g.scratch = scratch.data();
            kernels.run(g);
        }
    }
    return gated_norm_count(shape);
}

}  // namespace mambasic::models
