// What the numbers of a trace's layers look like: the convolution's x before it is coded (of a
// rotated code the rotated rows, which is what it codes), what the layer's code does to it, and the
// state.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "traces/trace.h"

namespace mambasic::traces::synth {

/// Magnitudes in half octaves. Bin i of n counts 2^(top - (n - i) / 2) <= m < 2^(top - (n - 1 - i)
/// / 2); the first one counts zeros and everything smaller besides.
struct Magnitudes {
    static constexpr std::size_t kBins = 32;
    int top = 0;  // every magnitude is below 2^top
    std::array<std::uint64_t, kBins> counts{};

    std::size_t bin(float magnitude) const;
};

/// Of the channels of one cell of a layer's table; of all, where it has none.
struct CellStatistics {
    float scale = 0;      // int8's
    float low = 0;        // Int5, Dual4
    float high = 0;       // Dual4
    float threshold = 0;  // Dual4 by threshold
    std::uint64_t elements = 0;
    std::uint64_t flagged = 0;    // golden/spec/ssm.md 8
    std::uint64_t saturated = 0;  // the same
    /// Of the saturated ones, those held at the lowest code. SiLU's small negative values are there
    /// where codes are skewed, which clips nothing that stands out.
    std::uint64_t saturated_below = 0;
    float largest = 0;     // magnitude of what is coded
    int largest_code = 0;  // magnitude of a code; where there are flags, of a flagged one

    std::uint64_t saturated_above() const { return saturated - saturated_below; }
};

struct StateStatistics {
    float lowest_scale = 0;
    float highest_scale = 0;
    float largest = 0;            // magnitude at the end of a sequence, before it is coded
    std::uint64_t elements = 0;   // codes at the end of the sequences
    std::uint64_t saturated = 0;  // of them: held by clamp, not merely -128 or 127
};

struct LayerStatistics {
    static constexpr std::array<double, 5> kQuantiles{0.5, 0.9, 0.99, 0.999, 0.9999};

    std::uint32_t layer = 0;  // in the model
    XCode code;
    int top_code = 0;  // the largest positive one: 127, 15, 14, 7; 0 where nothing is coded
    std::vector<CellStatistics> cells;
    float least = 0;  // of what is coded; the largest magnitude is in the cells
    float most = 0;
    std::array<float, kQuantiles.size()> quantiles{};  // of the magnitudes
    Magnitudes magnitudes;
    StateStatistics state;
};

/// Runs golden over the trace's inputs, layer after layer with the trace's own codes, and hands out
/// what it finds in layers `first` to `end` - 1 of the trace. Throws TraceError for a trace of
/// shapes only.
void each_layer_statistics(const Trace& trace, std::uint32_t first, std::uint32_t end,
                           const std::function<void(const LayerStatistics&)>& visit);

}  // namespace mambasic::traces::synth
