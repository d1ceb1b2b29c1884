// The two clusterings on cases small enough to work by hand, and against what defines them.
#include "traces/synth/cluster.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "traces/synth/draws.h"

namespace mambasic::traces::synth {
namespace {

using Labels = std::vector<std::uint32_t>;

Points on_a_line(const std::vector<double>& values) {
    Points out;
    for (const double value : values) out.push_back({value});
    return out;
}

TEST(Ward, JoinsWhatIsNear) {
    const Points points = on_a_line({0, 1, 10, 12, 30});
    EXPECT_EQ(ward_labels(points, 5), (Labels{0, 1, 2, 3, 4}));
    EXPECT_EQ(ward_labels(points, 4), (Labels{0, 0, 1, 2, 3}));
    EXPECT_EQ(ward_labels(points, 3), (Labels{0, 0, 1, 1, 2}));
    // {0, 1} with {10, 12}: 2 * 2 / 4 * 10.5^2 = 110; {10, 12} with 30: 2 / 3 * 19^2 = 241.
    EXPECT_EQ(ward_labels(points, 2), (Labels{0, 0, 0, 0, 1}));
    EXPECT_EQ(ward_labels(points, 1), (Labels{0, 0, 0, 0, 0}));
}

// 3 is nearer to 0 than to 6.5, but four zeros weigh more: 4 / 5 * 3^2 = 7.2 > 1 / 2 * 3.5^2 = 6.1.
TEST(Ward, LargeClustersGrowReluctantly) {
    EXPECT_EQ(ward_labels(on_a_line({0, 0, 0, 0, 3, 6.5}), 2), (Labels{0, 0, 0, 0, 1, 1}));
}

TEST(Ward, TiesGoToTheFirstPair) {
    EXPECT_EQ(ward_labels(on_a_line({0, 1, 2, 3}), 3), (Labels{0, 0, 1, 2}));
}

TEST(Ward, ClustersAreNumberedByTheirFirstPoints) {
    EXPECT_EQ(ward_labels(on_a_line({9, 0, 10, 1, 5}), 3), (Labels{0, 1, 0, 1, 2}));
}

TEST(Ward, DistanceIsOverAllCoordinates) {
    const Points points{{0, 0}, {3, 0}, {0, 2}};  // 2 apart: the first and the last
    EXPECT_EQ(ward_labels(points, 2), (Labels{0, 1, 0}));
}

TEST(WardRuns, JoinsNeighboursOnly) {
    EXPECT_EQ(ward_runs(on_a_line({0, 1, 10, 12, 30}), 3), (Labels{2, 2, 1}));
    // 9, 10 and 10 would be one cluster, 0 and 1 another.
    EXPECT_EQ(ward_runs(on_a_line({9, 0, 10, 10, 1}), 4), (Labels{1, 1, 2, 1}));
    // 9 with 0: 40.5; 0 with the tens: 2 / 3 * 100 = 67; the tens with 1: 54.
    EXPECT_EQ(ward_runs(on_a_line({9, 0, 10, 10, 1}), 3), (Labels{2, 2, 1}));
    EXPECT_EQ(ward_runs(on_a_line({9, 0, 10, 10, 1}), 1), (Labels{5}));
    EXPECT_EQ(ward_runs(on_a_line({5, 5, 5}), 2), (Labels{2, 1}));
}

TEST(KMeansRuns, TwoHeaps) {
    EXPECT_EQ(k_means_runs(on_a_line({0, 1, 2, 9, 10, 11, 20, 21}), 2), (Labels{3, 5}));
}

// Starts from 0, 2, 10, 20. The point 1 is as near to 0 as to 2: it goes to the lower one.
TEST(KMeansRuns, TiesGoToTheLowerRun) {
    EXPECT_EQ(k_means_runs(on_a_line({0, 1, 2, 9, 10, 11, 20, 21}), 4), (Labels{2, 1, 3, 2}));
}

// From 0 and 3 the cut is after 1 (means 0.5 and 31.25), then after 3 (1.5 and 60), then after 20
// (5.2 and 100), where it stays.
TEST(KMeansRuns, MovesUntilItStays) {
    EXPECT_EQ(k_means_runs(on_a_line({0, 1, 2, 3, 20, 100}), 2), (Labels{5, 1}));
}

TEST(KMeansRuns, NoRunIsEmpty) {
    EXPECT_EQ(k_means_runs(on_a_line({5, 5, 5, 5, 5, 5}), 3), (Labels{4, 1, 1}));
    EXPECT_EQ(k_means_runs(on_a_line({1, 1, 1, 10}), 2), (Labels{3, 1}));
    EXPECT_EQ(k_means_runs(on_a_line({1, 2, 3}), 3), (Labels{1, 1, 1}));
}

double distance(const std::vector<double>& a, const std::vector<double>& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
}

std::vector<double> mean(const Points& points, std::size_t first, std::size_t count) {
    std::vector<double> out(points[0].size(), 0);
    for (std::size_t i = first; i < first + count; ++i) {
        for (std::size_t j = 0; j < out.size(); ++j) {
            out[j] += points[i][j] / static_cast<double>(count);
        }
    }
    return out;
}

// What Lloyd's algorithm promises: no point is nearer to the mean of another run than to its own's.
TEST(KMeansRuns, EveryPointIsNearestToItsOwnMean) {
    Points points(64, std::vector<double>(6));
    for (std::size_t j = 0; j < 6; ++j) {
        std::vector<double> column;
        const Draws draws(5, "column" + std::to_string(j));
        for (std::size_t i = 0; i < 64; ++i) {
            const auto value = static_cast<double>(draws.normal(i));
            column.push_back(value * value);
        }
        std::sort(column.begin(), column.end());
        for (std::size_t i = 0; i < 64; ++i) points[i][j] = column[i];
    }
    const Labels runs = k_means_runs(points, 4);
    ASSERT_EQ(std::accumulate(runs.begin(), runs.end(), 0U), 64U);
    Points means;
    std::size_t first = 0;
    for (const std::uint32_t run : runs) {
        means.push_back(mean(points, first, run));
        first += run;
    }
    std::size_t at = 0;
    for (std::size_t own = 0; own < runs.size(); ++own) {
        for (std::size_t i = 0; i < runs[own]; ++i, ++at) {
            for (const auto& other : means) {
                EXPECT_LE(distance(points[at], means[own]), distance(points[at], other) + 1e-9);
            }
        }
    }
}

}  // namespace
}  // namespace mambasic::traces::synth
