// The two choices that decide what a quantized model is made of.
#pragma once

namespace mambasic::traces::synth {

/// The checkpoint's large weights: int8, or 4-bit codes with two-level scales.
enum class Precision { W8A8, W4A8 };

/// Scales of Mamba2's conv output and state. Quamba1: one each for x, B, C and the state, of x and
/// the state a percentile. Quamba2: the maximum of each cell of x, of each SSD group of B and C, of
/// each cell and n of the state. Mamba1 has Quamba1's only.
enum class Scheme { Quamba1, Quamba2 };

}  // namespace mambasic::traces::synth
