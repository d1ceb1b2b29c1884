#include "models/hadamard/hadamard_function.h"

#include <array>
#include <stdexcept>
#include <string>
#include <vector>

#include "models/common/isa.h"
#include "models/common/scratch.h"
#include "models/hadamard/hadamard_kernels.h"

namespace mambasic::models {

MAMBASIC_KERNEL_SET(HadamardKernels, kHadamardKernels)

namespace {

constexpr std::int64_t kParallelElements = 1 << 17;  // fewer are not worth waking a thread

bool is_power_of_two(std::uint64_t n) { return n != 0 && (n & (n - 1)) == 0; }

std::uint64_t stages_of(std::uint64_t size) {
    std::uint64_t stages = 0;
    while ((std::uint64_t{1} << stages) < size) ++stages;
    return stages;
}

// kernels.md 4.2.
std::vector<float> h12() {
    static const char* const rows[12] = {"+-++++++++++", "--+-+-+-+-+-", "+++-++----++",
                                         "+---+--+-++-", "+++++-++----", "+-+---+--+-+",
                                         "++--+++-++--", "+--++---+--+", "++----+++-++",
                                         "+--+-++---+-", "++++----+++-", "+-+--+-++---"};
    std::vector<float> signs;
    for (const char* row : rows) {
        for (int c = 0; c < 12; ++c) signs.push_back(row[c] == '+' ? 1.0F : -1.0F);
    }
    return signs;
}

// P is bordered by a first column of + and a first row + then -; its core is circulant.
float p20(std::size_t r, std::size_t c) {
    constexpr std::array<std::size_t, 10> kPositive = {0, 2, 3, 8, 10, 12, 13, 14, 15, 18};
    if (c == 0) return 1.0F;
    if (r == 0) return -1.0F;
    const std::size_t shift = (c + 19 - r) % 19;
    for (const std::size_t positive : kPositive) {
        if (shift == positive) return 1.0F;
    }
    return -1.0F;
}

// [[P, P], [P, -P]]
std::vector<float> h40() {
    std::vector<float> signs;
    for (std::size_t r = 0; r < 40; ++r) {
        for (std::size_t c = 0; c < 40; ++c) {
            const float p = p20(r % 20, c % 20);
            signs.push_back(r >= 20 && c >= 20 ? -p : p);
        }
    }
    return signs;
}

}  // namespace

std::uint64_t hadamard_blocks(std::uint64_t width) {
    if (width == 0) return 0;
    if (width % 12 == 0) return is_power_of_two(width / 12) ? 12 : 0;
    if (width % 40 == 0) return is_power_of_two(width / 40) ? 40 : 0;
    return is_power_of_two(width) ? 1 : 0;
}

const float* hadamard_signs(std::uint64_t blocks) {
    static const std::vector<float> twelve = h12();
    static const std::vector<float> forty = h40();
    if (blocks == 1) return nullptr;
    return blocks == 12 ? twelve.data() : forty.data();
}

bool hadamard_supports(std::uint64_t width) { return hadamard_blocks(width) != 0; }

// Per element: from FP16, one add or subtract per butterfly stage, m - 1 adds of the factor, *
// scale, quantize.
Counts hadamard_count(const HadamardShape& shape) {
    const std::uint64_t elements = shape.rows * shape.width;
    const std::uint64_t blocks = hadamard_blocks(shape.width);
    Counts counts;
    if (blocks == 0) return counts;
    counts[Event::HalfConvert] = elements;
    counts[Event::Fp32Add] = elements * (stages_of(shape.width / blocks) + blocks - 1);
    counts[Event::Fp32Mul] = elements;
    counts[Event::QuantizeInt8] = elements;
    return counts;
}

Counts hadamard_compute(const HadamardConfig& /*config*/, const HadamardTile& tile) {
    const HadamardShape& shape = tile.shape;
    const std::uint64_t blocks = hadamard_blocks(shape.width);
    if (blocks == 0) {
        throw std::invalid_argument("no Hadamard transform of width " +
                                    std::to_string(shape.width));
    }
    const HadamardKernels& kernels = active_kHadamardKernels();
    const float* signs = hadamard_signs(blocks);
    const auto rows = static_cast<std::int64_t>(shape.rows);
    const auto width = static_cast<std::int64_t>(shape.width);
    std::uint64_t saturated = 0;
#pragma omp parallel reduction(+ : saturated) if (rows > 1 && rows * width >= kParallelElements)
    {
        Scratch scratch(2 * shape.width);
#pragma omp for schedule(static)
        for (std::int64_t i = 0; i < rows; ++i) {
            saturated +=
                kernels.run({width, static_cast<std::int64_t>(blocks), signs, tile.x + i * width,
                             tile.scale, tile.wrap, tile.output + i * width, scratch.data()});
        }
    }
    Counts counts = hadamard_count(shape);
    counts[Event::Saturated] = saturated;
    return counts;
}

}  // namespace mambasic::models
