// Static activation scales of one Mamba2 layer, as mamba1_calibrate.h has them for Mamba1. Which
// observer watches what: kernels.md 6.2, 6.3.
#pragma once

#include <cstdint>
#include <vector>

#include "traces/dims.h"
#include "traces/synth/float_ops.h"
#include "traces/synth/grouping.h"
#include "traces/synth/mamba2_weights.h"
#include "traces/synth/observers.h"
#include "traces/synth/scheme.h"
#include "traces/synth/x_observers.h"

namespace mambasic::traces::synth {

/// Of the conv output and the state.
class ConvOutObservers {
public:
    ConvOutObservers(const Dims& dims, const TargetScales& target, const Grouping& grouping);

    void observe_conv(const std::vector<float>& conv);  // [tokens][conv channels]
    void observe_state(const std::vector<float>& state) { x_.observe_state(state); }

    /// Forgets the conv output that was seen for what the other has seen.
    void take_conv(const ConvOutObservers& other) {
        x_.take_x(other.x_);
        b_ = other.b_;
        c_ = other.c_;
    }

    const XObservers& x() const { return x_; }
    std::vector<float> b_scales() const;  // [1], Quamba2: [G]
    std::vector<float> c_scales() const;

private:
    Dims dims_;
    XObservers x_;
    std::vector<MinMaxObserver> b_, c_;
};

struct Mamba2Observers {
    Mamba2Observers(const Dims& dims, const TargetScales& target, const Grouping& grouping)
        : conv_out(dims, target, grouping) {}

    MinMaxObserver in_proj_input;
    MinMaxObserver z, x, b, c, dt;  // sections of in_proj's output
    ConvOutObservers conv_out;      // and the state at the end of each sample
    MinMaxObserver out_proj_input;
};

/// Runs the sample, whose channels stand in the grouping's order, and lets the observers see it.
/// Returns the SSD's output [tokens][E], before the gated norm; tests compare it with the quantized
/// layer's.
std::vector<float> calibrate(const Dims& dims, const Mamba2Floats& layer, const Sample& sample,
                             Mamba2Observers& observers, const LayerStart* start = nullptr);

/// statistic[c] = max(statistic[c], mean over the tokens of |conv output x of channel c|): what
/// group_channels sorts by, the layer being in its own order.
void observe_channels(const Dims& dims, const Mamba2Floats& layer, const Sample& sample,
                      std::vector<float>& statistic, const LayerStart* start = nullptr);

}  // namespace mambasic::traces::synth
