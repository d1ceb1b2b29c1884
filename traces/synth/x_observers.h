// Which values of the conv output's x and of the SSM state share a scale, and what it is made of.
#pragma once

#include <cstdint>
#include <vector>

#include "traces/dims.h"
#include "traces/synth/grouping.h"
#include "traces/synth/observers.h"
#include "traces/synth/scheme.h"

namespace mambasic::traces::synth {

class XObservers {
public:
    XObservers(const Dims& dims, const TargetScales& target, const Grouping& grouping);

    void observe_x(const std::vector<float>& x);          // [tokens][E], one sample
    void observe_state(const std::vector<float>& state);  // [E][N]

    std::vector<float> x_scales() const { return x_.scales(); }          // [cells]
    std::vector<float> state_scales() const { return state_.scales(); }  // [1], Quamba2: [cells][N]

private:
    const std::vector<std::uint32_t> x_cells_;      // [E]
    const std::vector<std::uint32_t> state_cells_;  // [E][N]
    CellsObserver x_, state_;
};

}  // namespace mambasic::traces::synth
