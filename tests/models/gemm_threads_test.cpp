// Tiles of one weight, multiplied by several threads at once: the packed copies are shared.
#include <gtest/gtest.h>

#include <thread>
#include <vector>

#include "models/gemm/gemm_function.h"
#include "tests/models/function_test_support.h"

namespace mambasic::models {
namespace {

constexpr std::uint64_t kRows = 16;
constexpr GemmShape kPanel{kRows, 32, 96};
constexpr std::uint64_t kPanels = 6;
constexpr std::uint64_t kTiles = 24;

// Small enough that no int8 kernel of any library saturates in 16 bits.
std::vector<std::int8_t> small_codes(std::uint32_t seed, std::size_t count) {
    std::vector<std::int8_t> codes = test::Random(seed).codes(count);
    for (std::int8_t& code : codes) code = static_cast<std::int8_t>(code / 4);
    return codes;
}

struct Layer {
    std::vector<std::int8_t> x = small_codes(1, kTiles* kRows* kPanel.k);
    std::vector<std::int8_t> weight = small_codes(2, kPanels* kPanel.n* kPanel.k);
    std::vector<std::int8_t> out;

    Layer() : out(kTiles * kRows * kPanels * kPanel.n) {}

    void multiply(std::uint64_t tile, std::uint64_t panel) {
        GemmTile t;
        t.shape = kPanel;
        t.x = x.data() + tile * kRows * kPanel.k;
        t.x_stride = kPanel.k;
        t.weight = weight.data() + panel * kPanel.n * kPanel.k;
        t.a = 0.3713F;
        t.b = 0.01F;
        t.out_stride = kPanels * kPanel.n;
        t.out_int8 = out.data() + tile * kRows * t.out_stride + panel * kPanel.n;
        gemm_compute({}, t);
    }
    void multiply_every(std::uint64_t step, std::uint64_t first) {
        for (std::uint64_t i = first; i < kTiles * kPanels; i += step) {
            multiply(i / kPanels, i % kPanels);
        }
    }
};

TEST(GemmThreads, MakeTheBitsOfOne) {
    Layer want;
    want.multiply_every(1, 0);
    for (int round = 0; round < 4; ++round) {
        const GemmWeightCache cache;
        Layer got;
        std::vector<std::thread> threads;
        for (std::uint64_t t = 0; t < 4; ++t) {
            threads.emplace_back([&got, t] { got.multiply_every(4, t); });
        }
        for (std::thread& thread : threads) thread.join();
        EXPECT_EQ(got.out, want.out);
    }
}

}  // namespace
}  // namespace mambasic::models
