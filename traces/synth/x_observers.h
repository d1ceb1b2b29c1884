// Which values of the conv output's x and of the SSM state share a scale, and what it is made of.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "golden/rotation.h"
#include "traces/dims.h"
#include "traces/synth/code_scales.h"
#include "traces/synth/grouping.h"
#include "traces/synth/observers.h"
#include "traces/synth/scheme.h"

namespace mambasic::traces::synth {

class XObservers {
public:
    XObservers(const Dims& dims, const TargetScales& target, const Grouping& grouping);

    void observe_x(const std::vector<float>& x);          // [tokens][E], one sample
    void observe_state(const std::vector<float>& state);  // [E][N]
    /// Forgets the x that was seen for what the other has seen.
    void take_x(const XObservers& other) {
        x_ = other.x_;
        rotated_ = other.rotated_;
    }

    std::vector<float> x_scales() const;                                 // [cells], of int8
    CodeScales code_scales() const;                                      // [cells]
    std::vector<float> state_scales() const { return state_.scales(); }  // [1], Quamba2: [cells][N]

private:
    Split split(const std::vector<float>& values) const;
    CodeRange int8_range() const;
    std::vector<float> rotated(const std::vector<float>& x) const;

    Observation how_;
    XCode code_;
    std::vector<std::uint32_t> x_cells_;      // [E]
    std::vector<std::uint32_t> state_cells_;  // [E][N]
    CellsObserver x_, state_;
    std::optional<golden::Rotation> rotation_;
    const std::uint16_t* matrix_;
    CellsObserver rotated_;  // what is coded where x is rotated
};

}  // namespace mambasic::traces::synth
