// What happened while a tile was computed, as numbers of primitive operations. Energy, the report's
// counts and the conservation checks all come from these; nothing else carries work out of a block.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace mambasic::models {

enum class Event : std::uint8_t {
    Int8Mac,          // int8 x int8 + int32
    Int4Mac,          // int4 x int8 + int32
    Int32Add,         // partial sums added outside the array; FP32 magnitudes compared
    Fp32Add,          // FP32 add or subtract, compare-free
    Fp32Mul,          // FP32 multiply; int32 -> FP32 conversion of an operand is counted with it
    Fp32Fma,          // FP32 multiply-add
    Fp32Div,          // FP32 division
    Exp,              // nonlinear unit: exp
    Softplus,         // nonlinear unit: softplus (its exp and logarithm included)
    Silu,             // nonlinear unit: v / (1 + exp(-v)), exp and division included
    Rsqrt,            // nonlinear unit: 1 / sqrt
    QuantizeInt8,     // FP32 -> int8: round and clamp
    QuantizeInt4,     // FP32 -> 4 or 5 bits: round and clamp
    CodeMulBit,       // bit of a code that an FP32 scale multiplies; its conversion with it
    HalfConvert,      // FP32 <-> FP16
    ScaleSelect,      // one of two FP32 scales, by the flag of a code
    PackCode,         // a code of x put into a word, or taken out of one
    RegisterWord,     // 32 bits of register that take a new value, where no other event has them in
    ScaleLookup,      // scale delivered to the register of a lane: for a channel or a tile
    TableReadBytes,   // scale table bytes read: ranges, scales and codes (scale_table_prices())
    TableStateBytes,  // scale table bytes read: state scales
    TableCompare,     // a channel's position compared with a group end
    SramReadBytes,    // scratchpad bytes read
    SramWriteBytes,   // scratchpad bytes written
    StateReadBytes,   // of a block's own memory: StoreTraffic in cost.h
    StateWriteBytes,
    DramReadBytes,  // that the DMA asked for
    DramWriteBytes,
    DramReadBursts,  // that moved: whole ones
    DramWriteBursts,
    Saturated,  // elements that a quantizer had to hold; costs nothing
    Flagged,    // elements of x coded with their high scale; costs nothing
    kCount,
};

/// What a multiplication of an int8 code by its scale adds to Event::CodeMulBit.
constexpr std::uint64_t kInt8Bits = 8;

constexpr std::size_t kEventCount = static_cast<std::size_t>(Event::kCount);

/// The name an event has in reports and technology cards: "int8_mac", "sram_read_bytes", ...
const char* name_of(Event event);

class Counts {
public:
    std::uint64_t& operator[](Event e) { return values_[static_cast<std::size_t>(e)]; }
    std::uint64_t operator[](Event e) const { return values_[static_cast<std::size_t>(e)]; }
    Counts& operator+=(const Counts& other) {
        for (std::size_t i = 0; i < kEventCount; ++i) values_[i] += other.values_[i];
        return *this;
    }
    bool operator==(const Counts& other) const { return values_ == other.values_; }

private:
    std::array<std::uint64_t, kEventCount> values_{};
};

/// True for what only the data tell; everything else follows from a tile's shape.
constexpr bool depends_on_data(Event event) {
    return event == Event::Saturated || event == Event::Flagged;
}

/// The part of `counted` that depends on data. The rest must be what the shape gave.
Counts data_counts(const Counts& by_shape, const Counts& counted);

}  // namespace mambasic::models
