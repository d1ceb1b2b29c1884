// What was used last is kept, within the bound; what someone holds lives on.
#include "traces/expansion_cache.h"

#include <gtest/gtest.h>

namespace mambasic::traces {
namespace {

class Cache {
public:
    explicit Cache(std::uint64_t most) : cache_(most) {}
    /// How often anything was made, after asking for `key`.
    int made_after(const std::string& key, std::size_t bytes) {
        last = cache_.get(key, [this, bytes] {
            ++made_;
            Expanded out;
            out.weight.assign(bytes, static_cast<std::int8_t>(made_));
            return out;
        });
        return made_;
    }
    std::shared_ptr<const Expanded> last;

private:
    ExpansionCache cache_;
    int made_ = 0;
};

TEST(ExpansionCache, MakesEachOnceWhileThereIsRoom) {
    Cache cache(100);
    EXPECT_EQ(cache.made_after("a", 50), 1);
    EXPECT_EQ(cache.made_after("b", 50), 2);
    EXPECT_EQ(cache.made_after("a", 50), 2);
    EXPECT_EQ(cache.last->weight[0], 1);
    EXPECT_EQ(cache.made_after("b", 50), 2);
    EXPECT_EQ(cache.last->weight[0], 2);
}

TEST(ExpansionCache, TheLeastRecentlyUsedGoes) {
    Cache cache(100);
    cache.made_after("a", 50);
    cache.made_after("b", 50);
    cache.made_after("a", 50);
    EXPECT_EQ(cache.made_after("c", 50), 3);
    EXPECT_EQ(cache.made_after("a", 50), 3);
    EXPECT_EQ(cache.made_after("b", 50), 4);
}

TEST(ExpansionCache, OneTooLargeIsMadeEachTimeAndDrivesNobodyOut) {
    Cache cache(100);
    cache.made_after("a", 100);
    EXPECT_EQ(cache.made_after("b", 101), 2);
    EXPECT_EQ(cache.last->weight.size(), 101U);
    EXPECT_EQ(cache.made_after("b", 101), 3);
    EXPECT_EQ(cache.made_after("a", 100), 3);
}

TEST(ExpansionCache, WhatIsHeldOutlivesItsPlace) {
    Cache cache(10);
    cache.made_after("a", 10);
    const std::shared_ptr<const Expanded> held = cache.last;
    cache.made_after("b", 10);
    EXPECT_EQ(held->weight, std::vector<std::int8_t>(10, 1));
    EXPECT_EQ(held.use_count(), 1);
}

}  // namespace
}  // namespace mambasic::traces
