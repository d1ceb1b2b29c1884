#include "models/rotation/rotation_function.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "models/common/error.h"
#include "models/common/isa.h"
#include "models/common/scratch.h"
#include "models/common/units.h"
#include "models/hadamard/hadamard_function.h"
#include "models/hadamard/hadamard_kernels.h"
#include "models/rotation/rotation_kernels.h"

namespace mambasic::models {

MAMBASIC_KERNEL_SET(HadamardKernels, kHadamardKernels)
MAMBASIC_KERNEL_SET(RotationKernels, kRotationKernels)

namespace {

constexpr std::int64_t kParallelElements = 1 << 17;  // fewer are not worth waking a thread
constexpr std::int64_t kParallelProducts = 1 << 20;

std::int64_t to_index(std::uint64_t count) { return static_cast<std::int64_t>(count); }

/// The Hadamard transform of rows, or its transpose: the same but for the factor's matrix.
struct Butterflies {
    std::int64_t width;
    std::int64_t blocks;
    std::vector<float> signs;
    float factor;

    Butterflies(std::uint64_t row_width, bool transposed)
        : width(to_index(row_width)),
          blocks(to_index(hadamard_blocks(row_width))),
          factor(static_cast<float>(1.0 / std::sqrt(static_cast<double>(row_width)))) {
        MAMBASIC_CHECK(blocks > 0, "no Hadamard transform of this width");
        const float* own = hadamard_signs(static_cast<std::uint64_t>(blocks));
        if (own == nullptr) return;
        for (std::int64_t r = 0; r < blocks; ++r) {
            for (std::int64_t c = 0; c < blocks; ++c) {
                signs.push_back(transposed ? own[c * blocks + r] : own[r * blocks + c]);
            }
        }
    }
    const float* run(float* x) const {
        return active_kHadamardKernels().transform({width, blocks, signs.data(), x});
    }
};

bool many(const RotationShape& shape) {
    return shape.rows > 1 && to_index(shape.rows * shape.width) >= kParallelElements;
}

std::uint64_t rotate_by_butterflies(const RotateTile& tile) {
    const RotationShape& shape = tile.shape;
    const Butterflies butterflies(shape.width, false);
    const std::int64_t width = butterflies.width;
    std::uint64_t saturated = 0;
#pragma omp parallel reduction(+ : saturated) if (many(shape))
    {
        Scratch scratch(2 * shape.width);
#pragma omp for schedule(static)
        for (std::int64_t row = 0; row < to_index(shape.rows); ++row) {
            std::copy_n(tile.x + row * width, width, scratch.data());
            const float* sums = butterflies.run(scratch.data());
            saturated += active_kRotationKernels().quantize(
                {width, sums, butterflies.factor, tile.scale, tile.output + row * width});
        }
    }
    return saturated;
}

void unrotate_by_butterflies(const UnrotateTile& tile) {
    const RotationShape& shape = tile.shape;
    const Butterflies butterflies(shape.width, true);
    const std::int64_t width = butterflies.width;
    const RotationKernels& kernels = active_kRotationKernels();
#pragma omp parallel if (many(shape))
    {
        Scratch scratch(2 * shape.width);
#pragma omp for schedule(static)
        for (std::int64_t row = 0; row < to_index(shape.rows); ++row) {
            kernels.decode(tile.codes + row * width, width, tile.scale, scratch.data());
            kernels.scale(butterflies.run(scratch.data()), width, butterflies.factor,
                          tile.output + row * width);
        }
    }
}

/// A tile's rows times the matrix or its transpose, kRotationOutputs results at a time: `done`
/// takes [rows][kRotationOutputs] of them, the first one's place in the row, and how many count.
template <typename Take, typename Done>
void multiply_by_matrix(const RotationShape& shape, const float* x, const Take& take,
                        const Done& done) {
    const std::int64_t end = to_index(shape.first + shape.count);
    const std::int64_t panels = (to_index(shape.count) + kRotationOutputs - 1) / kRotationOutputs;
    const bool parallel =
        panels > 1 && to_index(shape.rows * shape.count * shape.width) >= kParallelProducts;
#pragma omp parallel if (parallel)
    {
        Scratch panel(shape.width * kRotationOutputs);
        Scratch out(shape.rows * kRotationOutputs);
#pragma omp for schedule(static)
        for (std::int64_t p = 0; p < panels; ++p) {
            const std::int64_t first = to_index(shape.first) + p * kRotationOutputs;
            const std::int64_t count = std::min(kRotationOutputs, end - first);
            take(first, count, panel.data());
            active_kRotationKernels().multiply(
                {to_index(shape.rows), to_index(shape.width), x, panel.data(), out.data()});
            done(out.data(), first, count);
        }
    }
}

std::uint64_t rotate_by_matrix(const RotateTile& tile) {
    const RotationShape& shape = tile.shape;
    const std::int64_t width = to_index(shape.width);
    const RotationKernels& kernels = active_kRotationKernels();
    std::vector<std::uint64_t> saturated(shape.width, 0);  // by first result: threads share none
    multiply_by_matrix(
        shape, tile.x,
        [&](std::int64_t first, std::int64_t count, float* panel) {
            kernels.take_rows(tile.matrix, width, first, count, panel);
        },
        [&](const float* sums, std::int64_t first, std::int64_t count) {
            constexpr float kNoFactor = 1.0F;
            for (std::int64_t row = 0; row < to_index(shape.rows); ++row) {
                saturated[static_cast<std::size_t>(first)] +=
                    kernels.quantize({count, sums + row * kRotationOutputs, kNoFactor, tile.scale,
                                      tile.output + row * width + first});
            }
        });
    std::uint64_t all = 0;
    for (const std::uint64_t some : saturated) all += some;
    return all;
}

void unrotate_by_matrix(const UnrotateTile& tile) {
    const RotationShape& shape = tile.shape;
    const std::int64_t width = to_index(shape.width);
    const RotationKernels& kernels = active_kRotationKernels();
    std::vector<float> values(shape.rows * shape.width);
    kernels.decode(tile.codes, to_index(values.size()), tile.scale, values.data());
    multiply_by_matrix(
        shape, values.data(),
        [&](std::int64_t first, std::int64_t count, float* panel) {
            kernels.take_columns(tile.matrix, width, first, count, panel);
        },
        [&](const float* sums, std::int64_t first, std::int64_t count) {
            for (std::int64_t row = 0; row < to_index(shape.rows); ++row) {
                std::copy_n(sums + row * kRotationOutputs, count,
                            tile.output + row * width + first);
            }
        });
}

bool dense(const RotationShape& shape) { return shape.kind == RotationKind::Dense; }

/// What turning a tile takes, either way.
Counts turn_count(const RotationConfig& config, const RotationShape& shape) {
    Counts counts;
    if (!dense(shape)) {
        counts[Event::Fp32Add] = hadamard_count({shape.rows, shape.width})[Event::Fp32Add];
        counts[Event::Fp32Mul] = shape.rows * shape.width;  // by the factor
        return counts;
    }
    const RotationRounds rounds = rotation_rounds(config, shape);
    counts[Event::Fp32Fma] = shape.rows * shape.count * shape.width;
    counts[Event::HalfConvert] = rounds.rows * shape.count * shape.width;
    return counts;
}

}  // namespace

// Where there are rows enough, a lane keeps a weight and multiplies terms of as many rows by it in
// turn; otherwise it takes as many results of one row.
RotationRounds rotation_rounds(const RotationConfig& config, const RotationShape& shape) {
    const std::uint64_t turns = config.recurrence_ii_cycles;
    const bool share = shape.rows >= turns;
    return {ceil_div(shape.rows, share ? turns : 1),
            ceil_div(shape.count, config.fma_lanes * (share ? 1 : turns))};
}

Counts rotate_count(const RotationConfig& config, const RotationShape& shape) {
    Counts counts = turn_count(config, shape);
    counts[Event::Fp32Div] = shape.rows * shape.count;
    counts[Event::QuantizeInt8] = shape.rows * shape.count;
    return counts;
}

// A code is decoded each time that it is read: by what multiplies by the factor in the last pass of
// butterflies, by the code multiplier in front of the matrix.
Counts unrotate_count(const RotationConfig& config, const RotationShape& shape) {
    Counts counts = turn_count(config, shape);
    const std::uint64_t elements = shape.rows * shape.width;
    if (dense(shape)) {
        counts[Event::CodeMulBit] = kInt8Bits * elements * rotation_rounds(config, shape).outputs;
    } else {
        counts[Event::Fp32Mul] += elements;
    }
    return counts;
}

Counts rotate_compute(const RotationConfig& config, const RotateTile& tile) {
    Counts counts = rotate_count(config, tile.shape);
    counts[Event::Saturated] =
        dense(tile.shape) ? rotate_by_matrix(tile) : rotate_by_butterflies(tile);
    return counts;
}

Counts unrotate_compute(const RotationConfig& config, const UnrotateTile& tile) {
    if (dense(tile.shape)) {
        unrotate_by_matrix(tile);
    } else {
        unrotate_by_butterflies(tile);
    }
    return unrotate_count(config, tile.shape);
}

}  // namespace mambasic::models
