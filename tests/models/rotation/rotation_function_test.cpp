// Rotated codes of x against scalar derivations from ssm.md 8.9.
#include "models/rotation/rotation_function.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "tests/models/function_test_support.h"
#include "tests/models/hadamard_sums.h"

namespace mambasic::models {
namespace {

using arith::Half;
using test::Random;

constexpr RotationConfig kUnit{64, 8, 20, 8, 4, 16, 14};

float hadamard_factor(std::uint64_t width) {
    return static_cast<float>(1.0 / std::sqrt(static_cast<double>(width)));
}

// Half away from zero in double, where adding a half is exact.
std::int8_t code_of(float value, float scale, std::uint64_t& saturated) {
    const float quotient = value / scale;
    if (std::isnan(quotient)) return 0;
    const double rounded = std::round(static_cast<double>(quotient));
    const double held = std::fmin(std::fmax(rounded, -128.0), 127.0);
    if (held != rounded) ++saturated;
    return static_cast<std::int8_t>(held);
}

std::vector<float> row_of(const std::vector<float>& x, std::uint64_t row, std::uint64_t width) {
    const auto begin = x.begin() + static_cast<std::ptrdiff_t>(row * width);
    return {begin, begin + static_cast<std::ptrdiff_t>(width)};
}

/// One fma after another over the matrix's rows, or its columns.
std::vector<float> products(const std::vector<Half>& matrix, const std::vector<float>& x,
                            bool transposed) {
    const std::size_t width = x.size();
    std::vector<float> out(width);
    for (std::size_t i = 0; i < width; ++i) {
        float sum = 0;
        for (std::size_t j = 0; j < width; ++j) {
            const Half element = transposed ? matrix[j * width + i] : matrix[i * width + j];
            sum = std::fmaf(arith::from_half(element), x[j], sum);
        }
        out[i] = sum;
    }
    return out;
}

struct Codes {
    std::vector<std::int8_t> q;
    std::uint64_t saturated = 0;
};

Codes rotated(const RotationShape& shape, const std::vector<float>& x,
              const std::vector<Half>& matrix, float scale) {
    Codes codes;
    for (std::uint64_t row = 0; row < shape.rows; ++row) {
        std::vector<float> r = row_of(x, row, shape.width);
        if (shape.kind == RotationKind::Dense) {
            r = products(matrix, r, false);
        } else {
            r = test::hadamard_sums(r, test::factor_of(shape.width));
            for (float& v : r) v = hadamard_factor(shape.width) * v;
        }
        for (const float v : r) codes.q.push_back(code_of(v, scale, codes.saturated));
    }
    return codes;
}

std::vector<float> unrotated(const RotationShape& shape, const std::vector<std::int8_t>& codes,
                             const std::vector<Half>& matrix, float scale) {
    std::vector<float> out;
    for (std::uint64_t row = 0; row < shape.rows; ++row) {
        std::vector<float> v;
        for (std::uint64_t i = 0; i < shape.width; ++i) {
            v.push_back(scale * static_cast<float>(codes[row * shape.width + i]));
        }
        if (shape.kind == RotationKind::Dense) {
            v = products(matrix, v, true);
        } else {
            v = test::hadamard_sums(v, test::factor_of(shape.width), true);
            for (float& u : v) u = hadamard_factor(shape.width) * u;
        }
        out.insert(out.end(), v.begin(), v.end());
    }
    return out;
}

std::vector<std::uint32_t> bits_of(const std::vector<float>& values) {
    std::vector<std::uint32_t> bits(values.size());
    std::memcpy(bits.data(), values.data(), values.size() * sizeof(float));
    return bits;
}

/// There and back in every instruction set; `parts` tiles make the results of a row.
void compare(RotationShape shape, float scale, std::uint64_t parts, std::uint32_t seed) {
    Random random(seed);
    const std::vector<float> x = random.floats(shape.rows * shape.width, -0.3F, 3.0F);
    std::vector<Half> matrix;
    if (shape.kind == RotationKind::Dense) {
        matrix = random.halves(shape.width * shape.width, -0.2F, 0.2F);
    }
    const Codes want = rotated(shape, x, matrix, scale);
    const std::vector<float> back = unrotated(shape, want.q, matrix, scale);
    for (const Isa isa : test::available_isas()) {
        const test::IsaScope scope(isa);
        std::vector<std::int8_t> codes(x.size());
        std::vector<float> values(x.size());
        std::uint64_t saturated = 0;
        for (std::uint64_t part = 0; part < parts; ++part) {
            shape.first = shape.width * part / parts;
            shape.count = shape.width * (part + 1) / parts - shape.first;
            Counts counts =
                rotate_compute(kUnit, {shape, x.data(), matrix.data(), scale, codes.data()});
            saturated += counts[Event::Saturated];
            counts[Event::Saturated] = 0;
            EXPECT_TRUE(counts == rotate_count(kUnit, shape));
            EXPECT_TRUE(unrotate_compute(kUnit, {shape, want.q.data(), matrix.data(), scale,
                                                 values.data()}) == unrotate_count(kUnit, shape));
        }
        EXPECT_EQ(codes, want.q) << name_of(isa) << " width " << shape.width;
        EXPECT_EQ(saturated, want.saturated);
        EXPECT_EQ(bits_of(values), bits_of(back)) << name_of(isa) << " width " << shape.width;
    }
}

TEST(RotationFunction, HadamardIsTheSpecForEveryFactor) {
    for (const std::uint64_t width : {1U, 2U, 16U, 64U, 2048U}) {
        compare({RotationKind::Hadamard, 3, width, 0, width}, 0.03F, 1, 1);
    }
    for (const std::uint64_t width : {12U, 24U, 192U, 1536U}) {
        compare({RotationKind::Hadamard, 3, width, 0, width}, 0.03F, 1, 2);
    }
    for (const std::uint64_t width : {40U, 80U, 640U}) {
        compare({RotationKind::Hadamard, 3, width, 0, width}, 0.03F, 1, 3);
    }
    compare({RotationKind::Hadamard, 90, 1536, 0, 1536}, 0.05F, 1, 4);  // on all threads
}

TEST(RotationFunction, MatrixIsTheSpec) {
    for (const std::uint64_t width : {1U, 7U, 16U, 24U, 40U, 192U}) {
        compare({RotationKind::Dense, 1, width, 0, width}, 0.03F, 1, 5);
        compare({RotationKind::Dense, 9, width, 0, width}, 0.03F, 1, 6);
    }
    compare({RotationKind::Dense, 5, 192, 0, 192}, 0.03F, 3, 7);
    compare({RotationKind::Dense, 6, 100, 0, 100}, 0.03F, 7, 8);
    compare({RotationKind::Dense, 64, 192, 0, 192}, 0.03F, 1, 9);  // on all threads
}

TEST(RotationFunction, SaturatesWhereTheScaleIsSmall) {
    compare({RotationKind::Hadamard, 4, 192, 0, 192}, 0.002F, 1, 10);
    compare({RotationKind::Dense, 4, 64, 0, 64}, 0.002F, 2, 11);
}

// k y / s: 127.5 is held, 127.49999 is 127, half of a step is away from zero; NaN is 0.
TEST(RotationFunction, RoundsAwayFromZeroAndHolds) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const std::vector<float> x = {0.5F, -0.5F, 127.5F, 127.49999F, -128.5F, -128.49998F, nan};
    const std::vector<std::int8_t> want = {1, -1, 127, 127, -128, -128, 0};
    std::vector<std::int8_t> codes(x.size());
    const Half one = arith::to_half(1.0F);
    for (const RotationKind kind : {RotationKind::Hadamard, RotationKind::Dense}) {
        const RotationShape shape{kind, x.size(), 1, 0, 1};
        const Counts counts = rotate_compute(kUnit, {shape, x.data(), &one, 1.0F, codes.data()});
        EXPECT_EQ(codes, want);
        EXPECT_EQ(counts[Event::Saturated], 2U);
    }
}

// Quotients at and beside ties, which a product with 1 / s would move.
TEST(RotationFunction, DividesByTheScale) {
    const Half one = arith::to_half(1.0F);
    for (const float scale : {0.03F, 0.0071F, 0.9F, 1.3F}) {
        std::vector<float> x;
        for (int c = -128; c < 128; ++c) x.push_back((static_cast<float>(c) + 0.5F) * scale);
        std::vector<std::int8_t> want;
        want.reserve(x.size());
        std::uint64_t saturated = 0;
        for (const float value : x) want.push_back(code_of(value, scale, saturated));
        for (const RotationKind kind : {RotationKind::Hadamard, RotationKind::Dense}) {
            std::vector<std::int8_t> codes(x.size());
            const RotationShape shape{kind, x.size(), 1, 0, 1};
            rotate_compute(kUnit, {shape, x.data(), &one, scale, codes.data()});
            EXPECT_EQ(codes, want) << scale;
        }
    }
}

// Rows that are turned and turned back are what they were, but for half a step of each code.
TEST(RotationFunction, HadamardComesBack) {
    constexpr float kScale = 0.001F;
    for (const std::uint64_t width : {16U, 12U * 16U, 40U * 4U}) {
        const RotationShape shape{RotationKind::Hadamard, 1, width, 0, width};
        const std::vector<float> x = Random(12).floats(width, -0.01F, 0.01F);
        std::vector<std::int8_t> codes(width);
        std::vector<float> back(width);
        rotate_compute(kUnit, {shape, x.data(), nullptr, kScale, codes.data()});
        unrotate_compute(kUnit, {shape, codes.data(), nullptr, kScale, back.data()});
        double noise = 0;
        for (std::size_t i = 0; i < width; ++i) {
            noise += std::pow(static_cast<double>(back[i]) - static_cast<double>(x[i]), 2);
        }
        EXPECT_LT(noise, 0.2501 * kScale * kScale * static_cast<double>(width)) << width;
    }
}

TEST(RotationFunction, CountsAreTheHandCount) {
    const RotationShape butterflies{RotationKind::Hadamard, 2, 1536, 0, 1536};  // 12 x 2^7
    const Counts out = rotate_count(kUnit, butterflies);
    EXPECT_EQ(out[Event::Fp32Add], 2U * 1536 * (7 + 11));
    EXPECT_EQ(out[Event::Fp32Mul], 2U * 1536);
    EXPECT_EQ(out[Event::Fp32Div], 2U * 1536);
    EXPECT_EQ(out[Event::QuantizeInt8], 2U * 1536);
    EXPECT_EQ(out[Event::HalfConvert], 0U);
    const Counts back = unrotate_count(kUnit, butterflies);
    EXPECT_EQ(back[Event::Fp32Add], 2U * 1536 * (7 + 11));
    EXPECT_EQ(back[Event::Fp32Mul], 2U * 2 * 1536);  // by the scale, by the factor
    EXPECT_EQ(back[Event::QuantizeInt8] + back[Event::Fp32Div], 0U);

    // 8 lanes of 4 sums in turn; 6 rows are two rounds of 4, 20 results three of 8.
    const RotationShape rows{RotationKind::Dense, 6, 64, 16, 20};
    EXPECT_EQ(rotate_count(kUnit, rows)[Event::Fp32Fma], 6U * 20 * 64);
    EXPECT_EQ(rotate_count(kUnit, rows)[Event::HalfConvert], 2U * 20 * 64);
    EXPECT_EQ(rotate_count(kUnit, rows)[Event::Fp32Mul], 0U);
    EXPECT_EQ(rotate_count(kUnit, rows)[Event::Fp32Div], 6U * 20);
    EXPECT_EQ(unrotate_count(kUnit, rows)[Event::CodeMulBit], 8U * 3 * 6 * 64);
    EXPECT_EQ(unrotate_count(kUnit, rows)[Event::Fp32Mul], 0U);
    // One row: a lane takes 4 results of it, 40 results are two rounds.
    const RotationShape one{RotationKind::Dense, 1, 64, 0, 40};
    EXPECT_EQ(rotate_count(kUnit, one)[Event::HalfConvert], 40U * 64);
    EXPECT_EQ(unrotate_count(kUnit, one)[Event::CodeMulBit], 8U * 2 * 64);
}

}  // namespace
}  // namespace mambasic::models
