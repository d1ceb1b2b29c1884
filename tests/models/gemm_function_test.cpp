// The int8 product against a scalar derivation from kernels.md 2.2.
#include "models/gemm/gemm_function.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

#include "tests/models/function_test_support.h"

namespace mambasic::models {
namespace {

using arith::Half;
using test::Random;

struct Problem {
    GemmShape shape;
    std::uint64_t x_stride, out_stride;
    std::vector<std::int8_t> x, weight, codes;
    std::vector<Half> halves;

    Problem(const GemmShape& s, std::uint32_t seed)
        : shape(s), x_stride(s.k + 7), out_stride(s.n + 2) {
        Random random(seed);
        x = random.codes(s.m * x_stride);
        weight = random.codes(s.n * s.k);
        codes.assign(s.m * out_stride, 99);
        halves.assign(s.m * out_stride, Half{0x3333});
    }

    GemmTile tile(Epilogue epilogue) {
        GemmTile t;
        t.shape = shape;
        t.x = x.data();
        t.x_stride = x_stride;
        t.weight = weight.data();
        t.epilogue = epilogue;
        t.a = 0.3713F;
        t.b = 0.0023F;
        t.alpha = 0.00071F;
        t.out_int8 = codes.data();
        t.out_half = halves.data();
        t.out_stride = out_stride;
        return t;
    }
};

std::uint64_t scalar(const GemmTile& t) {
    std::uint64_t saturated = 0;
    for (std::uint64_t i = 0; i < t.shape.m; ++i) {
        for (std::uint64_t j = 0; j < t.shape.n; ++j) {
            std::int64_t acc = 0;
            for (std::uint64_t k = 0; k < t.shape.k; ++k) {
                const int product = t.x[i * t.x_stride + k] * t.weight[j * t.shape.k + k];
                acc += product;
            }
            const auto accf = static_cast<float>(static_cast<std::int32_t>(acc));
            const float weight_first = t.a * (t.b * accf);
            const float input_first = t.b * (t.a * accf);
            const float alpha = t.alpha * accf;
            const std::uint64_t at = i * t.out_stride + j;
            const auto quantize = [&](float v) {
                t.out_int8[at] = t.wrap ? arith::wrap_rhe(v) : arith::quantize_rhe(v);
                saturated += v >= 127.5F || v < -128.5F ? 1U : 0U;
            };
            if (t.epilogue == Epilogue::Int8WeightFirst) quantize(weight_first);
            if (t.epilogue == Epilogue::Int8InputFirst) quantize(input_first);
            if (t.epilogue == Epilogue::Int8Alpha) quantize(alpha);
            if (t.epilogue == Epilogue::HalfWeightFirst)
                t.out_half[at] = arith::to_half(weight_first);
            if (t.epilogue == Epilogue::HalfAlpha) t.out_half[at] = arith::to_half(alpha);
        }
    }
    return saturated;
}

// Every engine on every instruction set.
template <typename Check>
void on_every_path(const Check& check) {
    for (const GemmEngine engine : {GemmEngine::Best, GemmEngine::Kernels}) {
        use_gemm_engine(engine);
        for (const Isa isa : test::available_isas()) {
            const test::IsaScope scope(isa);
            SCOPED_TRACE(std::string(name_of(isa)) +
                         (engine == GemmEngine::Best ? " best" : " kernels"));
            check();
        }
    }
    use_gemm_engine(GemmEngine::Best);
}

void compare(const GemmShape& shape, Epilogue epilogue, std::uint32_t seed, bool wrap = false) {
    Problem want(shape, seed);
    GemmTile reference = want.tile(epilogue);
    reference.wrap = wrap;
    const std::uint64_t saturated = scalar(reference);
    on_every_path([&] {
        Problem got(shape, seed);
        GemmTile t = got.tile(epilogue);
        t.wrap = wrap;
        Counts counts = gemm_compute({}, t);
        EXPECT_EQ(got.codes, want.codes);
        EXPECT_EQ(got.halves, want.halves);
        EXPECT_EQ(counts[Event::Saturated], saturated);
        counts[Event::Saturated] = 0;
        EXPECT_TRUE(counts == gemm_count({}, shape, epilogue, MacMode::Int8));
    });
}

constexpr Epilogue kEpilogues[] = {Epilogue::Int8WeightFirst, Epilogue::Int8InputFirst,
                                   Epilogue::Int8Alpha, Epilogue::HalfWeightFirst,
                                   Epilogue::HalfAlpha};

TEST(GemmFunction, IsTheSpecOverAwkwardShapes) {
    std::uint32_t seed = 1;
    for (const Epilogue epilogue : kEpilogues) {
        compare({1, 1, 1}, epilogue, ++seed);
        compare({1, 80, 1536}, epilogue, ++seed);
        compare({3, 5, 31}, epilogue, ++seed);
        compare({7, 83, 48}, epilogue, ++seed);
        compare({33, 67, 129}, epilogue, ++seed);
        compare({65, 130, 160}, epilogue, ++seed);
    }
}

TEST(GemmFunction, RowsBeyondOneAccumulatorBufferAreExact) {
    compare({70, 40000, 5}, Epilogue::Int8WeightFirst, 50);
}

TEST(GemmFunction, WrapsOnlyWhereUpstreamDoes) {
    compare({1, 200, 1536}, Epilogue::Int8Alpha, 51, true);
    Problem wrapped({2, 50, 512}, 52);
    Problem plain({2, 50, 512}, 52);
    GemmTile t = wrapped.tile(Epilogue::Int8WeightFirst);
    t.wrap = true;
    gemm_compute({}, t);
    gemm_compute({}, plain.tile(Epilogue::Int8WeightFirst));
    EXPECT_EQ(wrapped.codes, plain.codes);
}

TEST(GemmFunction, TheTwoFactorOrdersDiffer) {
    Problem weight_first({8, 40, 300}, 53);
    Problem input_first({8, 40, 300}, 53);
    GemmTile a = weight_first.tile(Epilogue::Int8WeightFirst);
    GemmTile b = input_first.tile(Epilogue::Int8InputFirst);
    a.a = b.a = 1e36F;  // a * acc overflows, b * acc does not
    a.b = b.b = 1e-40F;
    EXPECT_LT(gemm_compute({}, a)[Event::Saturated], 10U);
    EXPECT_GT(gemm_compute({}, b)[Event::Saturated], 300U);
}

TEST(GemmFunction, TiesRoundToEven) {
    Problem p({2, 2, 1}, 57);
    p.x.assign(p.x.size(), 1);
    p.weight = {5, 7};
    GemmTile t = p.tile(Epilogue::Int8WeightFirst);
    t.a = 0.5F;
    t.b = 1.0F;
    gemm_compute({}, t);
    EXPECT_EQ(p.codes[0], 2);
    EXPECT_EQ(p.codes[1], 4);
}

TEST(GemmFunction, ExtremeCodesAreExactAtEveryK) {
    for (const std::uint64_t k : {2U, 48U, 63U, 1025U, 5120U}) {
        for (const int x : {-128, 127}) {
            for (const int w : {-128, 127}) {
                on_every_path([&] {
                    Problem p({9, 12, k}, 1);
                    std::fill(p.x.begin(), p.x.end(), static_cast<std::int8_t>(x));
                    std::fill(p.weight.begin(), p.weight.end(), static_cast<std::int8_t>(w));
                    GemmTile t = p.tile(Epilogue::HalfAlpha);
                    t.alpha = 0x1p-12F;
                    gemm_compute({}, t);
                    const auto want = static_cast<float>(x * w * static_cast<int>(k));
                    for (std::uint64_t j = 0; j < 12; ++j) {
                        EXPECT_EQ(p.halves[8 * p.out_stride + j], arith::to_half(0x1p-12F * want));
                    }
                });
            }
        }
    }
}

TEST(GemmFunction, AnAccumulatorThatCouldOverflowIsRefused) {
    const std::uint64_t largest = 131071;  // 131071 * 2^14 = 2^31 - 2^14
    Problem p({1, 1, largest}, 1);
    std::fill(p.x.begin(), p.x.end(), std::int8_t{-128});
    std::fill(p.weight.begin(), p.weight.end(), std::int8_t{-128});
    GemmTile t = p.tile(Epilogue::HalfAlpha);
    t.alpha = 0x1p-20F;
    on_every_path([&] {
        gemm_compute({}, t);
        EXPECT_EQ(p.halves[0], arith::to_half(0x1p-20F * 2147467264.0F));
    });
    t.shape.k = largest + 1;
    EXPECT_THROW(gemm_compute({}, t), std::overflow_error);
}

TEST(GemmFunction, SplittingTheRowsChangesNothing) {
    Problem whole({37, 96, 200}, 54);
    Problem split({37, 96, 200}, 54);
    gemm_compute({}, whole.tile(Epilogue::Int8WeightFirst));
    std::uint64_t first = 0;
    const GemmWeightCache cache;
    for (const std::uint64_t rows : {1U, 16U, 16U, 4U}) {
        GemmTile t = split.tile(Epilogue::Int8WeightFirst);
        t.shape.m = rows;
        t.x += first * t.x_stride;
        t.out_int8 += first * t.out_stride;
        gemm_compute({}, t);
        first += rows;
    }
    EXPECT_EQ(whole.codes, split.codes);
}

TEST(GemmFunction, KeptWeightsGoWithTheCache) {
    Problem p({16, 64, 64}, 55);
    {
        const GemmWeightCache cache;
        gemm_compute({}, p.tile(Epilogue::Int8WeightFirst));
    }
    const std::vector<std::int8_t> other = Random(56).codes(p.weight.size());
    std::copy(other.begin(), other.end(), p.weight.begin());  // at the same address
    Problem want = p;
    const GemmWeightCache cache;
    gemm_compute({}, p.tile(Epilogue::Int8WeightFirst));
    scalar(want.tile(Epilogue::Int8WeightFirst));
    EXPECT_EQ(p.codes, want.codes);
}

TEST(GemmFunction, CountsAreTheHandCount) {
    GemmConfig config;
    config.rows = 64;
    config.cols = 32;
    const Counts counts =
        gemm_count(config, {3, 10, 130}, Epilogue::Int8WeightFirst, MacMode::Int8);
    EXPECT_EQ(counts[Event::Int8Mac], 3900U);
    EXPECT_EQ(counts[Event::Int32Add], 2U * 30);  // three passes over k
    EXPECT_EQ(counts[Event::Fp32Mul], 60U);
    EXPECT_EQ(counts[Event::QuantizeInt8], 30U);
    EXPECT_EQ(counts[Event::HalfConvert], 0U);
    const Counts one_row = gemm_count(config, {1, 10, 130}, Epilogue::HalfAlpha, MacMode::Int8);
    EXPECT_EQ(one_row[Event::Int32Add], 0U);
    EXPECT_EQ(one_row[Event::Fp32Mul], 10U);
    EXPECT_EQ(one_row[Event::HalfConvert], 10U);
    config.one_row = OneRowMode::Systolic;
    EXPECT_EQ(gemm_count(config, {1, 10, 130}, Epilogue::HalfAlpha, MacMode::Int8)[Event::Int32Add],
              20U);
    config.dataflow = Dataflow::OutputStationary;
    EXPECT_EQ(gemm_count(config, {3, 10, 130}, Epilogue::HalfAlpha, MacMode::Int8)[Event::Int32Add],
              0U);
}

}  // namespace
}  // namespace mambasic::models
