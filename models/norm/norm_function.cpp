#include "models/norm/norm_function.h"

#include <vector>

#include "models/common/isa.h"
#include "models/common/scratch.h"
#include "models/nonlinear/nonlinear_function.h"
#include "models/norm/norm_kernels.h"

namespace mambasic::models {

MAMBASIC_KERNEL_SET(NormKernels, kNormKernels)

namespace {

constexpr std::int64_t kParallelElements = 1 << 18;  // fewer are not worth waking a thread

NormRow row_of(const NormTile& tile, std::uint64_t row) {
    const std::uint64_t offset = row * tile.shape.width;
    NormRow r{};
    r.width = static_cast<std::int64_t>(tile.shape.width);
    r.hidden = tile.hidden + offset;
    r.residual_in = tile.residual_in == nullptr ? nullptr : tile.residual_in + offset;
    r.residual_out = tile.residual_out == nullptr ? nullptr : tile.residual_out + offset;
    r.epsilon = tile.epsilon;
    r.output_scale = tile.output_scale;
    r.output = tile.output + offset;
    return r;
}

}  // namespace

// Per element: hidden and weight from FP16 (2), residual add (a first layer adds zero), square
// accumulated (1 fma, whatever the order of the sum), * rstd, * weight (2 mul), / output scale,
// quantize. Per row: / width, + epsilon, 1/sqrt.
Counts norm_count(const NormShape& shape) {
    const std::uint64_t elements = shape.rows * shape.width;
    Counts counts;
    counts[Event::HalfConvert] = 2 * elements;
    counts[Event::Fp32Add] = elements + shape.rows;
    counts[Event::Fp32Fma] = elements;
    counts[Event::Fp32Mul] = 2 * elements;
    counts[Event::Fp32Div] = elements + shape.rows;
    counts[Event::Rsqrt] = shape.rows;
    counts[Event::QuantizeInt8] = elements;
    return counts;
}

Counts norm_compute(const NormConfig& config, const NonlinearConfig& nonlinear,
                    const NormTile& tile) {
    const NormShape& shape = tile.shape;
    const NormKernels& kernels = active_kNormKernels();
    const UnitView rsqrt = unit_view(UnitFunction::Rsqrt, nonlinear.rsqrt);
    const std::uint64_t tree = config.sum.tree_width;
    const std::uint64_t padded = tree == 0 ? shape.width : (shape.width + tree - 1) / tree * tree;
    std::vector<float> weight(shape.width);
    for (std::uint64_t i = 0; i < shape.width; ++i) weight[i] = arith::from_half(tile.weight[i]);
    const auto rows = static_cast<std::int64_t>(shape.rows);
    const bool parallel =
        rows > 1 && rows * static_cast<std::int64_t>(shape.width) >= kParallelElements;
    std::uint64_t saturated = 0;
#pragma omp parallel reduction(+ : saturated) if (parallel)
    {
        Scratch scratch(3 * padded);
#pragma omp for schedule(static)
        for (std::int64_t i = 0; i < rows; ++i) {
            NormRow row = row_of(tile, static_cast<std::uint64_t>(i));
            row.padded = static_cast<std::int64_t>(padded);
            row.tree_width = static_cast<std::int64_t>(tree);
            row.weight = weight.data();
            row.rsqrt = rsqrt;
            row.scratch = scratch.data();
            saturated += kernels.run(row);
        }
    }
    Counts counts = norm_count(shape);
    counts[Event::Saturated] = saturated;
    return counts;
}

Counts norm_compute(const NormConfig& config, const NormTile& tile) {
    return norm_compute(config, NonlinearConfig{}, tile);
}

}  // namespace mambasic::models
