// The embedding gather against kernels.md 5.
#include "models/embedding/embedding_function.h"

#include <gtest/gtest.h>

#include "tests/models/function_test_support.h"

namespace mambasic::models {
namespace {

TEST(EmbeddingFunction, IsTheScaledRowOfTheToken) {
    test::Random random(1);
    const std::uint64_t width = 37;
    const std::vector<std::int8_t> weight = random.codes(11 * width);
    const std::vector<arith::Half> scales = random.halves(11, -0.02F, 0.02F);
    const std::vector<std::int32_t> tokens = {10, 0, 3, 3};
    std::vector<arith::Half> output(tokens.size() * width);
    const EmbeddingShape shape{tokens.size(), width};
    const Counts counts =
        embedding_compute({shape, tokens.data(), weight.data(), scales.data(), output.data()});
    for (std::size_t row = 0; row < tokens.size(); ++row) {
        const auto token = static_cast<std::size_t>(tokens[row]);
        for (std::uint64_t i = 0; i < width; ++i) {
            const float want =
                arith::from_half(scales[token]) * static_cast<float>(weight[token * width + i]);
            EXPECT_EQ(output[row * width + i], arith::to_half(want));
        }
    }
    EXPECT_TRUE(counts == embedding_count(shape));
    EXPECT_EQ(counts[Event::CodeMulBit], 8U * 4 * 37);
    EXPECT_EQ(counts[Event::Fp32Mul], 0U);
    EXPECT_EQ(counts[Event::HalfConvert], 4U * 37 + 4);
}

}  // namespace
}  // namespace mambasic::models
