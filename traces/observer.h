// What made a layer's scales of the conv output and of the state (FORMAT.md, "regroup.observer").
#pragma once

#include <vector>

namespace mambasic::traces {

/// The statistic of a cell, in FP32 (kernels.md 6.1).
enum class Observer {
    MinMax,        // the largest magnitude seen
    Percentile,    // a quantile of the magnitudes of each sample, which a later one moves a little
    OutlierAware,  // the same, at 120 of int8's 127 codes for x
    Mse,           // the scale whose codes are nearest to what was seen
};

/// What upstream's call sites pass, and what a word without numbers stands for.
constexpr float kUpstreamAlpha = 0.9995F;
constexpr float kUpstreamSigma = 0.01F;

/// A statistic with its numbers; those that it or the layer's code of x does not have are 0.
struct Observation {
    constexpr Observation() : Observation(Observer::Percentile) {}
    /// With upstream's numbers, which a word alone stands for.
    constexpr Observation(Observer statistic) : observer(statistic) {
        if (!follows_quantile()) return;
        alpha = kUpstreamAlpha;
        sigma = kUpstreamSigma;
    }

    constexpr bool follows_quantile() const {
        return observer == Observer::Percentile || observer == Observer::OutlierAware;
    }
    constexpr bool operator==(const Observation& o) const {
        return observer == o.observer && alpha == o.alpha && sigma == o.sigma && codes == o.codes &&
               quantile == o.quantile && factor == o.factor;
    }

    Observer observer = Observer::Percentile;
    float alpha = 0;     // Percentile, OutlierAware: the quantile
    float sigma = 0;     // and how far a later sample moves it, of the difference
    bool codes = false;  // in the quantized layer, not in the float one as upstream does
    float quantile = 0;  // Dual4, but with Mse: of |y|, the threshold T (ssm.md 8.5)
    float factor = 0;    // the same: high scale over low; 0: the high one is that of the maximum
};

/// What makes the scales where nobody says otherwise: Quamba1's one, and those of Quamba2's groups.
constexpr Observation usual_observer(bool grouped) {
    return grouped ? Observer::MinMax : Observer::Percentile;
}

/// Of each layer of a trace.
using LayerObservers = std::vector<Observation>;

}  // namespace mambasic::traces
