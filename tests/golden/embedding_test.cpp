#include "golden/embedding.h"

#include <gtest/gtest.h>

#include <vector>

namespace mambasic::golden {
namespace {

TEST(Embedding, ScalesTheRowOfEachToken) {
    const std::vector<std::int8_t> weight = {1, -2, 127, 0, 3, -128, 10, 20, 30};
    const std::vector<arith::Half> scales = {0x3C00, 0x3800, 0xC000};  // 1, 0.5, -2
    const std::vector<std::int32_t> tokens = {2, 0, 1, 2};
    std::vector<arith::Half> out(12);
    embedding(weight.data(), scales.data(), 3, tokens.data(), 4, out.data());
    const std::vector<float> want = {-20, -40, -60, 1, -2, 127, 0, 1.5F, -64, -20, -40, -60};
    for (std::size_t i = 0; i < want.size(); ++i) {
        EXPECT_EQ(arith::from_half(out[i]), want[i]) << i;
    }
}

TEST(Embedding, RoundsOnceToFp16) {
    // 127 * (1 + 2^-10) = 127.124...: between 127.0625 and 127.125 of the FP16 grid, step 1/16.
    const std::vector<std::int8_t> weight = {127, 3};
    const std::vector<arith::Half> scales = {0x3C01};
    const std::int32_t token = 0;
    std::vector<arith::Half> out(2);
    embedding(weight.data(), scales.data(), 2, &token, 1, out.data());
    EXPECT_EQ(arith::from_half(out[0]), 127.125F);
    // 3 * (1 + 2^-10) = 3 + 1.5 steps of 2^-9: a tie, to the even neighbour two steps up.
    EXPECT_EQ(arith::from_half(out[1]), 3.0F + 2.0F * 0x1p-9F);
}

TEST(Embedding, OverflowIsInfinite) {
    const std::vector<std::int8_t> weight = {127, -128, 1};
    const std::vector<arith::Half> scales = {0x6400};  // 1024
    const std::int32_t token = 0;
    std::vector<arith::Half> out(3);
    embedding(weight.data(), scales.data(), 3, &token, 1, out.data());
    EXPECT_EQ(out[0], 0x7C00);
    EXPECT_EQ(out[1], 0xFC00);
    EXPECT_EQ(out[2], 0x6400);
}

}  // namespace
}  // namespace mambasic::golden
