#include "traces/synth/cluster.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace mambasic::traces::synth {

namespace {

using Point = std::vector<double>;

double squared_distance(const Point& a, const Point& b) {
    double sum = 0;
    for (std::size_t i = 0; i < a.size(); ++i) sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
}

struct Cluster {
    std::vector<std::uint32_t> members;
    Point mean;
};

// What joining the two adds to the sum of squared distances from the means.
double joining_cost(const Cluster& a, const Cluster& b) {
    const auto count_a = static_cast<double>(a.members.size());
    const auto count_b = static_cast<double>(b.members.size());
    return count_a * count_b / (count_a + count_b) * squared_distance(a.mean, b.mean);
}

void join(Cluster& into, const Cluster& from) {
    const auto count_a = static_cast<double>(into.members.size());
    const auto count_b = static_cast<double>(from.members.size());
    for (std::size_t i = 0; i < into.mean.size(); ++i) {
        into.mean[i] = (into.mean[i] * count_a + from.mean[i] * count_b) / (count_a + count_b);
    }
    into.members.insert(into.members.end(), from.members.begin(), from.members.end());
}

enum class Partner { Any, Next };

// The lower index of the pair keeps the joined cluster, so clusters stay in the order of their
// first points.
void join_cheapest(std::vector<Cluster>& clusters, Partner partner) {
    std::size_t best_a = 0;
    std::size_t best_b = 1;
    double best = std::numeric_limits<double>::infinity();
    for (std::size_t a = 0; a < clusters.size(); ++a) {
        const std::size_t end = partner == Partner::Next ? a + 2 : clusters.size();
        for (std::size_t b = a + 1; b < std::min(end, clusters.size()); ++b) {
            const double cost = joining_cost(clusters[a], clusters[b]);
            if (cost >= best) continue;
            best = cost;
            best_a = a;
            best_b = b;
        }
    }
    join(clusters[best_a], clusters[best_b]);
    clusters.erase(clusters.begin() + static_cast<std::ptrdiff_t>(best_b));
}

Point mean_of(const Points& points, std::size_t first, std::size_t end) {
    Point mean(points.front().size(), 0.0);
    for (std::size_t i = first; i < end; ++i) {
        for (std::size_t j = 0; j < mean.size(); ++j) mean[j] += points[i][j];
    }
    for (double& value : mean) value /= static_cast<double>(end - first);
    return mean;
}

std::size_t nearest(const Points& centers, const Point& point) {
    std::size_t best = 0;
    for (std::size_t c = 1; c < centers.size(); ++c) {
        const double distance = squared_distance(centers[c], point);
        if (distance < squared_distance(centers[best], point)) best = c;
    }
    return best;
}

// Where each center's run ends. Runs follow the centers, which ascend as the points do.
std::vector<std::size_t> run_ends(const Points& points, const Points& centers) {
    std::vector<std::size_t> ends(centers.size(), 0);
    for (const Point& point : points) ++ends[nearest(centers, point)];
    std::partial_sum(ends.begin(), ends.end(), ends.begin());
    for (std::size_t c = 0; c < ends.size(); ++c) {
        const std::size_t lowest = (c == 0 ? 0 : ends[c - 1]) + 1;
        const std::size_t highest = points.size() - (ends.size() - 1 - c);
        ends[c] = std::min(std::max(ends[c], lowest), highest);
    }
    return ends;
}

std::vector<Cluster> ward(const Points& points, std::uint32_t clusters, Partner partner) {
    std::vector<Cluster> left;
    for (std::uint32_t i = 0; i < points.size(); ++i) left.push_back({{i}, points[i]});
    while (left.size() > clusters) join_cheapest(left, partner);
    return left;
}

}  // namespace

std::vector<std::uint32_t> ward_labels(const Points& points, std::uint32_t clusters) {
    const std::vector<Cluster> left = ward(points, clusters, Partner::Any);
    std::vector<std::uint32_t> labels(points.size());
    for (std::uint32_t label = 0; label < left.size(); ++label) {
        for (const std::uint32_t member : left[label].members) labels[member] = label;
    }
    return labels;
}

std::vector<std::uint32_t> ward_runs(const Points& points, std::uint32_t clusters) {
    std::vector<std::uint32_t> lengths;
    for (const Cluster& cluster : ward(points, clusters, Partner::Next)) {
        lengths.push_back(static_cast<std::uint32_t>(cluster.members.size()));
    }
    return lengths;
}

std::vector<std::uint32_t> k_means_runs(const Points& points, std::uint32_t clusters) {
    constexpr int kMostSteps = 300;  // Lloyd's algorithm ends by itself long before
    Points centers;
    for (std::size_t c = 0; c < clusters; ++c) {
        centers.push_back(points[c * points.size() / clusters]);
    }
    std::vector<std::size_t> ends = run_ends(points, centers);
    for (int step = 0; step < kMostSteps; ++step) {
        for (std::size_t c = 0; c < clusters; ++c) {
            centers[c] = mean_of(points, c == 0 ? 0 : ends[c - 1], ends[c]);
        }
        std::vector<std::size_t> moved = run_ends(points, centers);
        if (moved == ends) break;
        ends = std::move(moved);
    }
    std::vector<std::uint32_t> lengths;
    for (std::size_t c = 0; c < clusters; ++c) {
        lengths.push_back(static_cast<std::uint32_t>(ends[c] - (c == 0 ? 0 : ends[c - 1])));
    }
    return lengths;
}

}  // namespace mambasic::traces::synth
