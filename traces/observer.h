// The statistic that made a layer's scales of the conv output and of the state.
#pragma once

#include <vector>

namespace mambasic::traces {

/// In FP32 (kernels.md 6.1): the largest magnitude seen, or the 0.9995 quantile of each sample, a
/// later one moving it by 1 %.
enum class Observer { MinMax, Percentile };

/// What makes the scales where nobody says otherwise: Quamba1's one, and those of Quamba2's groups.
constexpr Observer usual_observer(bool grouped) {
    return grouped ? Observer::MinMax : Observer::Percentile;
}

/// Of each layer of a trace.
using LayerObservers = std::vector<Observer>;

}  // namespace mambasic::traces
