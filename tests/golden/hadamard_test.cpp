#include "golden/hadamard.h"

#include <gtest/gtest.h>

#include <cmath>
#include <stdexcept>
#include <string>

#include "tests/golden/random_layer.h"

namespace mambasic::golden {
namespace {

TEST(HadamardFactor, TheThreeFormsAndNothingElse) {
    EXPECT_EQ(hadamard_factor(1), 1U);
    EXPECT_EQ(hadamard_factor(2048), 1U);
    EXPECT_EQ(hadamard_factor(12), 12U);
    EXPECT_EQ(hadamard_factor(1536), 12U);
    EXPECT_EQ(hadamard_factor(3072), 12U);
    EXPECT_EQ(hadamard_factor(40), 40U);
    EXPECT_EQ(hadamard_factor(5120), 40U);
    for (const std::size_t width : {0U, 20U, 28U, 36U, 100U, 120U, 1537U}) {
        EXPECT_EQ(hadamard_factor(width), 0U) << width;
    }
}

TEST(HadamardMatrix, IsOrthogonal) {
    for (const std::size_t m : {12U, 40U}) {
        const std::vector<float> h = hadamard_matrix(m);
        for (std::size_t r = 0; r < m; ++r) {
            for (std::size_t s = 0; s < m; ++s) {
                float dot = 0;
                for (std::size_t c = 0; c < m; ++c) {
                    ASSERT_EQ(std::fabs(h[r * m + c]), 1.0F);
                    dot += h[r * m + c] * h[s * m + c];
                }
                ASSERT_EQ(dot, r == s ? static_cast<float>(m) : 0.0F) << r << " " << s;
            }
        }
    }
}

TEST(HadamardMatrix, HasTheStatedSymmetries) {
    const std::vector<float> h12 = hadamard_matrix(12);
    for (std::size_t r = 0; r < 12; ++r) {
        for (std::size_t c = 0; c < 12; ++c) {
            EXPECT_EQ(h12[r * 12 + c], h12[c * 12 + r]) << r << " " << c;
        }
    }
    const std::vector<float> h40 = hadamard_matrix(40);
    for (std::size_t r = 0; r < 20; ++r) {
        for (std::size_t c = 0; c < 20; ++c) {
            EXPECT_EQ(h40[r * 40 + c], h40[r * 40 + c + 20]);
            EXPECT_EQ(h40[r * 40 + c], h40[(r + 20) * 40 + c]);
            EXPECT_EQ(h40[r * 40 + c], -h40[(r + 20) * 40 + c + 20]);
        }
        EXPECT_EQ(h40[r * 40], 1.0F);
        if (r > 0) {
            EXPECT_EQ(h40[r], -1.0F);
        }
    }
    // Row 1 of P: + then C[0][j], + at the residues of kernels.md 4.2.
    const std::string row1 = "++-++----+-+-++++--+";
    for (std::size_t c = 0; c < 20; ++c) {
        EXPECT_EQ(h40[40 + c], row1[c] == '+' ? 1.0F : -1.0F) << c;
    }
}

/// Entry of H_m (x) H_{2^k}: Sylvester's sign is the parity of the common bits.
double entry(const std::vector<float>& h, std::size_t m, std::size_t length, std::size_t r,
             std::size_t c) {
    const double outer = h[(r / length) * m + c / length];
    return __builtin_parityll((r % length) & (c % length)) != 0 ? -outer : outer;
}

TEST(Hadamard, EveryWidthIsTheMatrixProduct) {
    std::mt19937 rng(1);
    for (const std::size_t width : {1U, 2U, 8U, 64U, 1024U, 12U, 24U, 768U, 40U, 80U, 640U}) {
        const std::size_t m = hadamard_factor(width);
        const std::vector<float> h = hadamard_matrix(m);
        // Small integers: every sum is exact, so the codes are exact too.
        std::vector<arith::Half> x;
        for (const std::int8_t code : random_codes(rng, 3 * width, -4, 4)) {
            x.push_back(arith::to_half(static_cast<float>(code)));
        }
        std::vector<std::int8_t> got(3 * width);
        hadamard(x.data(), 3, width, 0.25F, false, got.data());
        for (std::size_t i = 0; i < 3 * width; ++i) {
            double sum = 0;
            for (std::size_t c = 0; c < width; ++c) {
                sum += entry(h, m, width / m, i % width, c) *
                       static_cast<double>(arith::from_half(x[i / width * width + c]));
            }
            const double want = std::min(127.0, std::max(-128.0, std::round(sum * 0.25)));
            ASSERT_EQ(got[i], want) << width << " " << i;
        }
    }
}

TEST(Hadamard, RealisticRowsAgreeWithDoubleUnlessNearlyTied) {
    std::mt19937 rng(2);
    for (const std::size_t width : {1536U, 5120U, 2048U}) {
        const std::size_t m = hadamard_factor(width);
        const std::vector<float> h = hadamard_matrix(m);
        const std::vector<arith::Half> x = random_halves(rng, width, 0.4F);
        const float scale = hadamard_scale(width, 0.0123);
        std::vector<std::int8_t> got(width);
        hadamard(x.data(), 1, width, scale, false, got.data());
        for (std::size_t r = 0; r < width; r += 7) {
            double sum = 0;
            for (std::size_t c = 0; c < width; ++c) {
                sum += entry(h, m, width / m, r, c) * static_cast<double>(arith::from_half(x[c]));
            }
            const double u = sum / std::sqrt(static_cast<double>(width)) / 0.0123;
            ASSERT_NEAR(got[r], std::min(127.0, std::max(-128.0, u)), 0.5 + 2e-4) << width << r;
        }
    }
}

/// Strides 1, 2, 4, ... are the halves transformed first, then combined.
std::vector<float> by_halves(const std::vector<float>& v) {
    if (v.size() == 1) {
        return v;
    }
    const auto half = static_cast<std::ptrdiff_t>(v.size() / 2);
    const std::vector<float> low = by_halves({v.begin(), v.begin() + half});
    const std::vector<float> high = by_halves({v.begin() + half, v.end()});
    std::vector<float> out;
    for (std::size_t i = 0; i < low.size(); ++i) {
        out.push_back(low[i] + high[i]);
    }
    for (std::size_t i = 0; i < low.size(); ++i) {
        out.push_back(low[i] - high[i]);
    }
    return out;
}

TEST(Hadamard, TheOrderOfTheAdditionsIsTheSpecifications) {
    std::mt19937 rng(3);
    // Wrapped codes of a large scale show the last bits of every sum.
    const float scale = 0x1p19F;
    for (const std::size_t width : {512U, 1536U, 5120U}) {
        const std::size_t m = hadamard_factor(width);
        const std::size_t length = width / m;
        const std::vector<float> h = hadamard_matrix(m);
        const std::vector<arith::Half> x = random_halves(rng, width, 0.7F);
        std::vector<std::int8_t> got(width);
        hadamard(x.data(), 1, width, scale, true, got.data());
        std::vector<std::vector<float>> part;
        for (std::size_t c = 0; c < m; ++c) {
            std::vector<float> v;
            for (std::size_t i = 0; i < length; ++i) {
                v.push_back(arith::from_half(x[c * length + i]));
            }
            part.push_back(by_halves(v));
        }
        for (std::size_t i = 0; i < width; ++i) {
            const float* sign = h.data() + i / length * m;
            float sum = sign[0] > 0 ? part[0][i % length] : -part[0][i % length];
            for (std::size_t c = 1; c < m; ++c) {
                sum = sign[c] > 0 ? sum + part[c][i % length] : sum - part[c][i % length];
            }
            ASSERT_EQ(got[i], arith::wrap_rha(sum * scale)) << width << " " << i;
        }
    }
}

TEST(Hadamard, TiesGoAwayFromZero) {
    const std::vector<arith::Half> x = {0x4500, 0xC700};  // 5, -7: sums -2, 12
    std::vector<std::int8_t> out(2);
    hadamard(x.data(), 1, 2, 0.25F, false, out.data());
    EXPECT_EQ(out, (std::vector<std::int8_t>{-1, 3}));  // -0.5 and 3
}

TEST(Hadamard, OverflowSaturatesOrWraps) {
    const std::vector<arith::Half> x = {arith::to_half(300.0F), arith::to_half(-428.0F)};
    std::vector<std::int8_t> out(2);
    hadamard(x.data(), 1, 2, 1.0F, false, out.data());  // -128 and 728
    EXPECT_EQ(out, (std::vector<std::int8_t>{-128, 127}));
    hadamard(x.data(), 1, 2, 1.0F, true, out.data());
    EXPECT_EQ(out, (std::vector<std::int8_t>{-128, -40}));
}

TEST(Hadamard, ScaleIsADoubleQuotientRoundedOnce) {
    EXPECT_EQ(hadamard_scale(4, 0.25), 2.0F);
    int differ = 0;  // from the same in FP32
    for (int i = 1; i < 1000; ++i) {
        const double s = 0.0013 * i;
        const volatile double root = std::sqrt(1536.0);
        const volatile double inverse = 1.0 / root;
        ASSERT_EQ(hadamard_scale(1536, s), static_cast<float>(inverse / s));
        const float single = 1.0F / std::sqrt(1536.0F) / static_cast<float>(s);
        differ += hadamard_scale(1536, s) != single ? 1 : 0;
    }
    EXPECT_GT(differ, 100);
}

TEST(Hadamard, AnotherWidthIsRefused) {
    const std::vector<arith::Half> x(36);
    std::vector<std::int8_t> out(36);
    EXPECT_THROW(hadamard(x.data(), 1, 36, 1.0F, false, out.data()), std::invalid_argument);
}

}  // namespace
}  // namespace mambasic::golden
