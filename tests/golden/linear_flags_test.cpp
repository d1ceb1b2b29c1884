// A linear of codes of two scales: every epilogue of an int8 `forward`, on two accumulators.
#include <gtest/gtest.h>

#include <cmath>

#include "golden/linear.h"
#include "tests/golden/oracle.h"
#include "tests/golden/random_layer.h"

namespace mambasic::golden {
namespace {

using traces::LinearKind;

constexpr std::uint32_t kOutputs = 33;
constexpr std::uint32_t kDepth = 1500;  // deeper than FP32 holds

struct Case {
    std::vector<std::int8_t> x, flags, weight;
    std::vector<float> column;
    traces::Linear linear;
    FlaggedRows input;
    std::size_t rows;

    Case(LinearKind kind, std::size_t row_count) : rows(row_count) {
        std::mt19937 rng(7);
        x = random_codes(rng, rows * kDepth);
        flags = random_codes(rng, rows * kDepth, 0, 1);
        weight = random_codes(rng, std::size_t{kOutputs} * kDepth);
        for (std::uint32_t n = 0; n < kOutputs; ++n) {
            column.push_back(0.0031F + 0.0001F * static_cast<float>(n));
        }
        linear.n = linear.n_padded = kOutputs;
        linear.k = kDepth;
        linear.weight = weight.data();
        linear.kind = kind;
        linear.a = 0.0517F;
        linear.b = 0.0037F;
        linear.alpha = 0.00019F;
        linear.column = column.data();
        input = {x.data(), flags.data(), 0.913F, 3.171F};
    }

    float dot(std::size_t row, std::size_t n, int flag) const {
        std::int64_t sum = 0;
        for (std::size_t k = 0; k < kDepth; ++k) {
            const std::size_t at = row * kDepth + k;
            sum += input.flags != nullptr && flags[at] != flag
                       ? 0
                       : std::int64_t{x[at]} * weight[n * kDepth + k];
        }
        return static_cast<float>(sum);
    }
    float accumulator(std::size_t row, std::size_t n) const {
        const float below = dot(row, n, 0) * input.low;
        return input.flags == nullptr ? below : std::fma(dot(row, n, 1), input.high, below);
    }
};

/// `epilogue` of (accumulator, output).
template <typename Epilogue>
void expect_epilogue(const Case& c, bool wrap, const Epilogue& epilogue) {
    std::vector<std::int8_t> got(c.rows * kOutputs);
    linear_forward(c.linear, c.input, c.rows, wrap, got.data());
    for (std::size_t i = 0; i < got.size(); ++i) {
        const float acc = c.accumulator(i / kOutputs, i % kOutputs);
        ASSERT_EQ(got[i], epilogue(acc, i % kOutputs)) << i;
    }
}

TEST(LinearFlags, EightBits) {
    const Case several(LinearKind::W8, 3);
    expect_epilogue(several, true, [&](float acc, std::size_t) {
        const float inner = several.linear.b * acc;
        return even_code(several.linear.a * inner);
    });
    const Case one(LinearKind::W8, 1);
    const auto scaled = [&one](float acc) { return one.linear.alpha * acc; };
    expect_epilogue(one, false, [&](float acc, std::size_t) { return even_code(scaled(acc)); });
    expect_epilogue(one, true, [&](float acc, std::size_t) {
        return static_cast<std::int8_t>(std::lrint(scaled(acc)) & 255);
    });
}

TEST(LinearFlags, EightBitsByColumnAndFourBits) {
    for (const auto& [kind, rows] : {std::pair<LinearKind, std::size_t>{LinearKind::W8Columns, 3},
                                     {LinearKind::W4, 3},
                                     {LinearKind::W4, 1}}) {
        const Case c(kind, rows);
        expect_epilogue(c, true, [&](float acc, std::size_t n) {
            const float inner = c.column[n] * acc;
            return even_code(c.linear.a * inner);
        });
    }
    const Case one(LinearKind::W8Columns, 1);
    expect_epilogue(one, true, [&](float acc, std::size_t n) {
        const float factor = one.column[n] * one.linear.a;
        return away_code(factor * acc);
    });
}

TEST(LinearFlags, CodesWithoutFlagsHaveOneAccumulator) {
    Case c(LinearKind::W8, 3);
    c.input.flags = nullptr;
    expect_epilogue(c, false, [&](float acc, std::size_t) {
        const float inner = c.linear.b * acc;
        return even_code(c.linear.a * inner);
    });
}

}  // namespace
}  // namespace mambasic::golden
