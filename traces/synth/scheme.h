// The choices that decide what a quantized model is made of.
#pragma once

#include <cstdint>
#include <optional>

#include "traces/observer.h"
#include "traces/x_code.h"

namespace mambasic::traces::synth {

/// The checkpoint's large weights: int8, or 4-bit codes with two-level scales.
enum class Precision { W8A8, W4A8 };

/// Scales of the conv output and the state. Quamba1: one for all channels of x, one for B, for C
/// and for the state. Quamba2: of each cell of x, of each SSD group of B and C, of each cell and n
/// of the state. (Mamba1's B and C come from x_proj, with one scale in either.)
enum class Scheme { Quamba1, Quamba2 };

/// What a scale of the conv output's x or of the state is made of.
using traces::Observation;
using traces::Observer;

struct TargetScales {
    Scheme scheme = Scheme::Quamba1;
    std::uint32_t head_groups = 1;  // Quamba2 only: of each SSD group of the network
    std::uint32_t dim_groups = 1;   // of each head group
    std::optional<Observation> observer = std::nullopt;  // none: what the scheme usually has
    XCode x_code = {};  // int8's scales are made for every code, its own for those that have some
    const std::uint16_t* rotation =
        nullptr;  // FP16 [E][E], of a dense rotation; calibrate's to set

    /// Without the numbers that nothing asks for, so that what makes the same scales is equal.
    constexpr Observation observed_by() const {
        Observation out = observer.value_or(usual_observer(scheme == Scheme::Quamba2));
        if (!out.follows_quantile()) out.alpha = out.sigma = 0;
        const bool split = x_code.format == XFormat::Dual4 && out.observer != Observer::Mse;
        if (!split) out.quantile = out.factor = 0;
        return out;
    }
};

}  // namespace mambasic::traces::synth
