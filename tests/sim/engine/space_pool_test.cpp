#include "sim/space_pool.h"

#include <gtest/gtest.h>

#include <random>

#include "models/common/error.h"

namespace mambasic::sim {
namespace {

using Tasks = std::vector<models::TaskId>;

TEST(SpacePool, FreshSpaceIsUsedBeforeSpaceThatOthersHeld) {
    SpacePool pool(100);
    Tasks waits;
    pool.allocate(40, waits);
    pool.release(40, {7});
    pool.allocate(60, waits);
    EXPECT_TRUE(waits.empty());
    pool.allocate(10, waits);
    EXPECT_EQ(waits, Tasks{7});
}

TEST(SpacePool, OldestIsTakenFirstAndOnlyAsMuchAsNeeded) {
    SpacePool pool(100);
    Tasks none;
    pool.allocate(100, none);
    pool.release(30, {1});
    pool.release(30, {2});
    pool.release(40, {3});
    Tasks waits;
    pool.allocate(20, waits);
    EXPECT_EQ(waits, Tasks{1});
    waits.clear();
    pool.allocate(30, waits);  // the rest of the first, and some of the second
    EXPECT_EQ(waits, (Tasks{1, 2}));
    EXPECT_EQ(pool.free_bytes(), 50U);
}

TEST(SpacePool, NeverGivesOutMoreThanThereIs) {
    SpacePool pool(100);
    Tasks waits;
    pool.allocate(70, waits);
    EXPECT_THROW(pool.allocate(31, waits), models::InternalError);
    EXPECT_THROW(pool.release(71, {}), models::InternalError);
}

// Whoever held any byte of what is given out must be among those waited for: followed byte by byte.
TEST(SpacePool, WaitsForEveryEarlierUserOfItsBytes) {
    std::mt19937 random(3);
    SpacePool pool(64);
    std::vector<models::TaskId> last_user(64, models::kNone);  // by position in the queue
    struct Held {
        std::uint64_t bytes;
    };
    std::vector<Held> held;
    models::TaskId task = 0;
    for (int round = 0; round < 2000; ++round) {
        if (random() % 2 == 0 && pool.free_bytes() > 0) {
            const std::uint64_t bytes = 1 + random() % pool.free_bytes();
            Tasks waits;
            pool.allocate(bytes, waits);
            Tasks expected;
            for (std::uint64_t b = 0; b < bytes; ++b) {
                if (last_user[b] != models::kNone) expected.push_back(last_user[b]);
            }
            std::sort(expected.begin(), expected.end());
            expected.erase(std::unique(expected.begin(), expected.end()), expected.end());
            ASSERT_EQ(waits, expected);
            last_user.erase(last_user.begin(),
                            last_user.begin() + static_cast<std::ptrdiff_t>(bytes));
            held.push_back({bytes});
        } else if (!held.empty()) {
            const std::size_t i = random() % held.size();
            pool.release(held[i].bytes, {task});
            last_user.insert(last_user.end(), held[i].bytes, task);
            held.erase(held.begin() + static_cast<std::ptrdiff_t>(i));
            ++task;
        }
        ASSERT_EQ(pool.free_bytes(), last_user.size());
    }
}

}  // namespace
}  // namespace mambasic::sim
