#include "golden/scan_order.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "tests/golden/bits.h"
#include "tests/golden/random_layer.h"

namespace mambasic::golden {
namespace {

/// Decays in (0, 1), as exp(-dt A) gives, and inputs of both signs.
Recurrence random_recurrence(std::size_t tokens, std::size_t states, std::uint32_t seed) {
    std::mt19937 rng(seed);
    std::uniform_real_distribution<float> decay(0.0F, 1.0F);
    Recurrence r;
    r.tokens = tokens;
    r.states = states;
    r.b = random_floats(rng, tokens * states, 1.0F);
    for (std::size_t i = 0; i < tokens * states; ++i) {
        r.a.push_back(std::sqrt(std::sqrt(decay(rng))));
    }
    r.y.resize(tokens * states);
    return r;
}

struct Element {
    float a = 1.0F;
    float b = 0.0F;
};
Element join(Element p, Element q) { return {q.a * p.a, std::fma(q.a, p.b, q.b)}; }

/// The association of ssm.md 1.3 as recursive definitions, for one state of one chunk.
class Chunk {
public:
    Chunk(std::vector<Element> items, std::size_t threads, Element carry)
        : items_(std::move(items)), threads_(threads), carry_(carry) {
        items_.resize((items_.size() + threads - 1) / threads * threads);
    }
    std::size_t per_thread() const { return items_.size() / threads_; }

    Element fold(std::size_t thread) const {
        Element e = items_[thread * per_thread()];
        for (std::size_t i = 1; i < per_thread(); ++i) {
            e = join(e, items_[thread * per_thread() + i]);
        }
        return e;
    }
    /// X of a lane after the step of distance `reach / 2`.
    Element after(std::size_t thread, std::size_t reach) {
        if (reach == 1) {
            return fold(thread);
        }
        const auto key = std::make_pair(thread, reach);
        const auto known = memo_.find(key);
        if (known != memo_.end()) {
            return known->second;
        }
        const std::size_t distance = reach / 2;
        Element e = after(thread, distance);
        if (thread % 32 >= distance) {
            e = join(after(thread - distance, distance), e);
        }
        return memo_[key] = e;
    }
    Element inclusive(std::size_t thread) { return after(thread, 32); }
    Element through_warp(std::size_t warp) {
        const Element last = inclusive(32 * warp + 31);
        return warp == 0 ? last : join(through_warp(warp - 1), last);
    }
    float seed(std::size_t thread) {
        if (thread == 0) {
            return carry_.b;
        }
        const std::size_t warp = thread / 32;
        Element before = thread % 32 == 0 ? through_warp(warp - 1) : inclusive(thread - 1);
        if (warp > 0 && thread % 32 > 0) {
            before = join(through_warp(warp - 1), before);
        }
        return std::fma(before.a, carry_.b, before.b);
    }
    float y(std::size_t position) {
        float value = seed(position / per_thread());
        for (std::size_t i = position / per_thread() * per_thread(); i <= position; ++i) {
            value = std::fma(items_[i].a, value, items_[i].b);
        }
        return value;
    }
    Element next_carry() { return join(carry_, through_warp(threads_ / 32 - 1)); }

private:
    std::vector<Element> items_;
    std::size_t threads_;
    Element carry_;
    std::map<std::pair<std::size_t, std::size_t>, Element> memo_;
};

/// Threads and items of ssm.md 1.3's table.
std::pair<std::size_t, std::size_t> table(std::size_t tokens) {
    if (tokens > 1024) {
        return {128, 16};
    }
    if (tokens > 512) {
        return {64, 16};
    }
    return {32, tokens > 256 ? 16 : tokens > 128 ? 8 : 4};
}

TEST(ScanCub, IsTheSpecifiedTreeToTheBit) {
    for (const std::size_t tokens :
         {1U,   2U,   4U,    5U,    33U,   127U,  128U,  129U,  256U,  257U,
          512U, 513U, 1000U, 1024U, 1025U, 2047U, 2048U, 2049U, 4096U, 5000U}) {
        Recurrence r = random_recurrence(tokens, 2, static_cast<std::uint32_t>(tokens));
        scan_cub(r);
        const auto [threads, items] = table(tokens);
        for (std::size_t n = 0; n < 2; ++n) {
            Element carry;
            for (std::size_t first = 0; first < tokens; first += threads * items) {
                std::vector<Element> elements(threads * items);
                const std::size_t count = std::min(threads * items, tokens - first);
                for (std::size_t i = 0; i < count; ++i) {
                    elements[i] = {r.a[(first + i) * 2 + n], r.b[(first + i) * 2 + n]};
                }
                Chunk chunk(elements, threads, carry);
                for (std::size_t i = 0; i < count; ++i) {
                    ASSERT_TRUE(same_bits(r.y[(first + i) * 2 + n], chunk.y(i)))
                        << tokens << " tokens, position " << first + i;
                }
                carry = chunk.next_carry();
            }
            ASSERT_TRUE(same_bits(r.carry[n], carry.b)) << tokens;
        }
    }
}

TEST(ScanCub, ChunksAreThoseOfTheTable) {
    const auto expect = [](std::size_t tokens, std::size_t threads, std::size_t items) {
        const CubChunk chunk = cub_chunk(tokens);
        EXPECT_EQ(chunk.threads, threads) << tokens;
        EXPECT_EQ(chunk.items, items) << tokens;
    };
    expect(1, 32, 4);
    expect(128, 32, 4);
    expect(129, 32, 8);
    expect(256, 32, 8);
    expect(257, 32, 16);
    expect(512, 32, 16);
    expect(513, 64, 16);
    expect(1024, 64, 16);
    expect(1025, 128, 16);
    expect(100000, 128, 16);
}

TEST(ScanSequential, ByHand) {
    Recurrence r;
    r.tokens = 3;
    r.states = 2;
    r.a = {0.5F, 0.25F, 0.5F, 1.0F, 2.0F, 0.0F};
    r.b = {1.0F, 8.0F, 1.0F, -3.0F, 0.5F, 7.0F};
    r.y.resize(6);
    scan_sequential(r);
    EXPECT_EQ(r.y, (std::vector<float>{1.0F, 8.0F, 1.5F, 5.0F, 3.5F, 7.0F}));
    EXPECT_EQ(r.carry, (std::vector<float>{3.5F, 7.0F}));
}

TEST(ScanSequential, FusesTheProduct) {
    Recurrence r;
    r.tokens = 2;
    r.states = 1;
    r.a = {0.0F, 1.0F + 0x1p-23F};
    r.b = {1.0F - 0x1p-24F, -1.0F};
    r.y.resize(2);
    scan_sequential(r);
    // (1 + 2^-23)(1 - 2^-24) - 1 = 2^-24 - 2^-47; rounded first, the product would be 1.
    EXPECT_EQ(r.y[1], 0x1p-24F - 0x1p-47F);
}

TEST(ScanOrders, AgreeWithDoubleAndDifferInBits) {
    for (const std::size_t tokens : {100U, 1000U, 3000U}) {
        Recurrence sequential = random_recurrence(tokens, 16, 7);
        Recurrence cub = sequential;
        scan_sequential(sequential);
        scan_cub(cub);
        std::size_t differ = 0;
        for (std::size_t n = 0; n < 16; ++n) {
            double y = 0;
            double largest = 0;
            for (std::size_t t = 0; t < tokens; ++t) {
                const std::size_t i = t * 16 + n;
                y = static_cast<double>(sequential.a[i]) * y + static_cast<double>(sequential.b[i]);
                largest = std::max(largest, std::fabs(y));
                ASSERT_NEAR(sequential.y[i], y, 4e-7 * largest);
                ASSERT_NEAR(cub.y[i], y, 4e-7 * largest);
                differ += same_bits(sequential.y[i], cub.y[i]) ? 0U : 1U;
            }
            EXPECT_EQ(sequential.carry[n], sequential.y[(tokens - 1) * 16 + n]);
        }
        // ssm.md 1.5 saw 15-40 % of the bits change.
        EXPECT_GT(differ, tokens * 16 / 20);
        EXPECT_LT(differ, tokens * 16 / 2);
    }
}

TEST(ScanCub, TheCarryIsNotTheLastOutput) {
    std::size_t differ = 0;
    for (std::uint32_t seed = 0; seed < 40; ++seed) {
        Recurrence r = random_recurrence(100, 1, seed);
        scan_cub(r);
        differ += same_bits(r.carry[0], r.y[99]) ? 0U : 1U;
        EXPECT_NEAR(r.carry[0], r.y[99], 1e-5F);
    }
    // ssm.md 1.3 saw 27 of 40.
    EXPECT_GT(differ, 8U);
    EXPECT_LT(differ, 36U);
}

}  // namespace
}  // namespace mambasic::golden
