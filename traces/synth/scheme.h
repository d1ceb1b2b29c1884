// The choices that decide what a quantized model is made of.
#pragma once

#include <cstdint>
#include <optional>

#include "traces/observer.h"

namespace mambasic::traces::synth {

/// The checkpoint's large weights: int8, or 4-bit codes with two-level scales.
enum class Precision { W8A8, W4A8 };

/// Scales of the conv output and the state. Quamba1: one for all channels of x, one for B, for C
/// and for the state. Quamba2: of each cell of x, of each SSD group of B and C, of each cell and n
/// of the state. (Mamba1's B and C come from x_proj, with one scale in either.)
enum class Scheme { Quamba1, Quamba2 };

/// What a scale of the conv output's x or of the state is made of.
using traces::Observer;

struct TargetScales {
    Scheme scheme = Scheme::Quamba1;
    std::uint32_t head_groups = 1;  // Quamba2 only: of each SSD group of the network
    std::uint32_t dim_groups = 1;   // of each head group
    std::optional<Observer> observer = std::nullopt;  // none: the one that the scheme usually has

    Observer observed_by() const {
        return observer.value_or(usual_observer(scheme == Scheme::Quamba2));
    }
};

}  // namespace mambasic::traces::synth
