// Rotation of rows against a dense matrix in double, and to the bit against the stated order.
#include "golden/rotation.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "tests/golden/bits.h"
#include "tests/golden/random_layer.h"
#include "tests/golden/rotation_oracle.h"

namespace mambasic::golden {
namespace {

constexpr std::size_t kWidths[] = {1, 2, 64, 12, 24, 96, 40, 80, 640};

Rotation hadamard_of(std::size_t width) { return {rotated_code(false), {}, width}; }

Rotation dense_of(const std::vector<arith::Half>& matrix, std::size_t width) {
    traces::XScales scales;
    scales.rotation = matrix.data();
    return {rotated_code(true), scales, width};
}

void expect_same_bits(const std::vector<float>& got, const std::vector<float>& want) {
    ASSERT_EQ(got.size(), want.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
        ASSERT_TRUE(same_bits(got[i], want[i])) << i << ": " << got[i] << " not " << want[i];
    }
}

// Sums of small integers are exact in any order: only k's product rounds.
TEST(Rotation, HadamardIsTheMatrixAndBackIsItsTranspose) {
    std::mt19937 rng(1);
    for (const std::size_t width : kWidths) {
        const HadamardEntries h(width);
        const auto k = static_cast<float>(1.0 / std::sqrt(static_cast<double>(width)));
        std::vector<float> y, forward, back;
        for (const std::int8_t code : random_codes(rng, width)) y.push_back(code);
        for (std::size_t i = 0; i < width; ++i) {
            double row = 0;
            double column = 0;
            for (std::size_t j = 0; j < width; ++j) {
                row += h.at(i, j) * static_cast<double>(y[j]);
                column += h.at(j, i) * static_cast<double>(y[j]);
            }
            forward.push_back(k * static_cast<float>(row));
            back.push_back(k * static_cast<float>(column));
        }
        const Rotation rotation = hadamard_of(width);
        expect_same_bits(rotation.forward(y.data()), forward);
        expect_same_bits(rotation.back(y.data()), back);
        EXPECT_EQ(forward == back, width % 40 != 0) << "only H40 is not symmetric";
    }
}

TEST(Rotation, HadamardSumsInTheStatedOrder) {
    std::mt19937 rng(2);
    for (const std::size_t width : {64U, 768U, 1536U, 2048U, 640U, 5120U}) {
        const std::vector<float> y = random_floats(rng, width, 1.3F);
        const Rotation rotation = hadamard_of(width);
        expect_same_bits(rotation.forward(y.data()), stated_hadamard(y, false));
        expect_same_bits(rotation.back(y.data()), stated_hadamard(y, true));
    }
}

TEST(Rotation, RealisticRowsAreTheDoubleProduct) {
    std::mt19937 rng(3);
    for (const std::size_t width : {1536U, 640U, 2048U}) {
        const HadamardEntries h(width);
        const std::vector<float> y = random_floats(rng, width, 1.0F);
        const std::vector<float> forward = hadamard_of(width).forward(y.data());
        const std::vector<float> back = hadamard_of(width).back(y.data());
        for (std::size_t i = 0; i < width; i += 5) {
            double row = 0;
            double column = 0;
            for (std::size_t j = 0; j < width; ++j) {
                row += exact_entry(h, i, j) * static_cast<double>(y[j]);
                column += exact_entry(h, j, i) * static_cast<double>(y[j]);
            }
            // Elements of deviation 1; 11 to 50 additions of them round.
            ASSERT_NEAR(static_cast<double>(forward[i]), row, 4e-6) << width << " " << i;
            ASSERT_NEAR(static_cast<double>(back[i]), column, 4e-6) << width << " " << i;
        }
    }
}

TEST(Rotation, DenseIsAChainOfFmaUpwards) {
    std::mt19937 rng(4);
    for (const std::size_t width : {1U, 7U, 96U, 100U}) {  // of any width
        const std::vector<arith::Half> matrix = random_halves(rng, width * width, 0.2F);
        const std::vector<float> y = random_floats(rng, width, 1.0F);
        const Rotation rotation = dense_of(matrix, width);
        expect_same_bits(rotation.forward(y.data()), stated_dense(matrix, y, false));
        expect_same_bits(rotation.back(y.data()), stated_dense(matrix, y, true));
    }
}

TEST(Rotation, DenseIsNeitherRoundedNorSummedOtherwise) {
    // 2^24 + 1 is no float: upwards both ones are lost one by one, together they would not be.
    const float large = 16777216.0F;
    const std::vector<arith::Half> matrix{arith::to_half(1.0F),
                                          arith::to_half(1.0F),
                                          arith::to_half(1.0F),
                                          arith::to_half(0.5F),
                                          0,
                                          0,
                                          0,
                                          0,
                                          0};
    const std::vector<float> upwards{large, 1.0F, 1.0F};
    EXPECT_EQ(dense_of(matrix, 3).forward(upwards.data())[0], large);
    const std::vector<float> downwards{1.0F, 1.0F, large};
    EXPECT_EQ(dense_of(matrix, 3).forward(downwards.data())[0], large + 2.0F);
    // Column 0 is (1, 0.5, 0).
    const std::vector<float> v{4.0F, 6.0F, 100.0F};
    EXPECT_EQ(dense_of(matrix, 3).back(v.data()), (std::vector<float>{7.0F, 4.0F, 4.0F}));
}

TEST(Rotation, BackUndoesForward) {
    std::mt19937 rng(5);
    for (const std::size_t width : {96U, 1536U, 5120U, 4096U}) {
        const std::vector<float> y = random_floats(rng, width, 2.0F);
        const Rotation rotation = hadamard_of(width);
        const std::vector<float> again = rotation.back(rotation.forward(y.data()).data());
        for (std::size_t i = 0; i < width; ++i) {
            ASSERT_NEAR(again[i], y[i], 1e-5F) << width << " " << i;
        }
    }
}

TEST(Rotation, SpreadsAnOutlierOverTheRow) {
    std::vector<float> y(1536, 0.0F);
    y[77] = 100.0F;
    for (const float r : hadamard_of(1536).forward(y.data())) {
        EXPECT_NEAR(std::fabs(r), 100.0 / std::sqrt(1536.0), 1e-5);
    }
}

TEST(Rotation, WhatThereIsNoRotationForIsRefused) {
    EXPECT_THROW(hadamard_of(100), std::invalid_argument);
    EXPECT_THROW(hadamard_of(0), std::invalid_argument);
    EXPECT_THROW(Rotation(rotated_code(true), {}, 96), std::invalid_argument);
}

}  // namespace
}  // namespace mambasic::golden
