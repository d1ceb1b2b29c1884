// The small clusterings behind Quamba2's groups (kernels.md 6.4), deterministic: plain double
// arithmetic in a stated order, and every tie goes to the lower index.
#pragma once

#include <cstdint>
#include <vector>

namespace mambasic::traces::synth {

using Points = std::vector<std::vector<double>>;

/// Ward's agglomerative clustering: of all pairs of clusters, join the one that adds least to the
/// sum of squared distances from the clusters' means, until `clusters` are left. Returns the
/// cluster of each point; clusters are numbered in the order of their first points.
/// 1 <= clusters <= points.
std::vector<std::uint32_t> ward_labels(const Points& points, std::uint32_t clusters);

/// The same with points that stay where they are: only neighbouring clusters join. Returns the
/// lengths of the runs.
std::vector<std::uint32_t> ward_runs(const Points& points, std::uint32_t clusters);

/// k-means of points that ascend in every coordinate: its clusters are then runs of consecutive
/// points. Starts from the points 0, n/k, 2n/k, ...; returns the lengths of the runs. Where Lloyd's
/// step would leave a run empty, it keeps the point next to it. 1 <= clusters <= points.
std::vector<std::uint32_t> k_means_runs(const Points& points, std::uint32_t clusters);

}  // namespace mambasic::traces::synth
