// How the convolution's output x is coded on its way to the SSM (golden/spec/ssm.md 8). B and C of
// Mamba2 stay int8, but for the two formats of 32 bits, which are of all that the convolution
// makes.
#pragma once

#include <cstdint>

namespace mambasic::traces {

enum class XFormat : std::uint8_t {
    Int8,      // 8.1
    Fp32,      // 8.2: nothing is coded
    Int8Sim,   // 8.3: FP32 that holds decoded int8 codes
    Dual8,     // 8.4: int8 and a flag that selects one of two scales
    Uniform8,  // 8.4: int8, decoded with a multiple of the scale it was coded with
    Dual4,     // 8.5: 4 bits and a flag
    Int5,      // 8.6
    Rotated8,  // 8.9: int8 of the rotated row, rotated back where the SSM reads it
};

enum class FlagRule : std::uint8_t {
    Overflow,   // where the code of the low scale does not hold the value
    Threshold,  // where the magnitude is above a threshold
};

/// Mamba1's x_proj multiplies int8 codes of x whatever the SSM reads (8.7).
enum class XProjInput : std::uint8_t {
    Copy,         // the convolution makes them beside the SSM's
    Requantized,  // made from the SSM's codes, decoded, where x_proj reads them
    Codes,        // not made: x_proj multiplies the SSM's codes, with an accumulator for each flag
};

/// The factors that scales are told apart by; a far larger one would leave the range of FP32.
constexpr float kLargestXFactor = 1e6F;

/// What does not depend on a layer's numbers.
struct XCode {
    XFormat format = XFormat::Int8;
    bool dense = false;                  // Rotated8: by a matrix of the trace; else by Hadamard's
    bool skewed = false;                 // Dual4: [-1, 14] in place of [-8, 7]
    FlagRule rule = FlagRule::Overflow;  // Dual4; Dual8 has Overflow
    std::uint32_t sparse_percent = 0;    // Dual4, Dual8: 0, a bit for each flag; otherwise a list
    float factor = 0;  // Dual8, Uniform8: high scale = fl(low scale * factor); in (1, 1e6]

    bool dual() const { return format == XFormat::Dual8 || format == XFormat::Dual4; }
    /// 32 bits, of all channels of the convolution.
    bool values() const { return format == XFormat::Fp32 || format == XFormat::Int8Sim; }
    /// Codes that int8's tensor does not hold.
    bool own_codes() const { return dual() || format == XFormat::Int5; }
    bool rotated() const { return format == XFormat::Rotated8; }
    /// The convolution makes x, and the SSM reads it, in 32 bits.
    bool x_values() const { return values() || rotated(); }
    /// Scales that a trace must have been calibrated for; the others' follow from int8's.
    bool own_scales() const {
        return format == XFormat::Dual4 || format == XFormat::Int5 || rotated();
    }
    /// Flags of a row of `channels` that a list has room for.
    std::uint64_t slots(std::uint64_t channels) const {
        return (channels * sparse_percent + 99) / 100;
    }
    bool operator==(const XCode& o) const {
        return format == o.format && dense == o.dense && skewed == o.skewed && rule == o.rule &&
               sparse_percent == o.sparse_percent && factor == o.factor;
    }
};

/// A layer's numbers for a code with scales of its own, by cell of its table of scales (one, where
/// it has no table); null where the layer has none.
struct XScales {
    const float* low = nullptr;        // Int5, Dual4, Rotated8
    const float* high = nullptr;       // Dual4
    const float* threshold = nullptr;  // Dual4 by threshold
    const std::uint16_t* rotation =
        nullptr;  // FP16 [E][E], Rotated8 by a matrix; one for all layers
};

}  // namespace mambasic::traces
