// What the numbers of a trace's layers look like: the convolution's x before it is coded (of a
// rotated code the rotated rows, which is what it codes), what the layer's code does to it, the
// state, and the other int8 streams.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <vector>

#include "traces/synth/code_use.h"
#include "traces/synth/stream_scales.h"
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
    float low = 0;        // what codes an unflagged value: int8's, or the code's own
    float high = 0;       // a flagged one; Uniform8: what decodes
    float threshold = 0;  // Dual4 by threshold
    float largest = 0;    // magnitude of what is coded
    CodeUse unflagged;    // by the low scale, or the only one
    CodeUse flagged;      // by the high scale

    std::uint64_t elements() const { return unflagged.elements + flagged.elements; }
};

struct StateStatistics {
    float lowest_scale = 0;
    float highest_scale = 0;
    float largest = 0;  // magnitude at the end of a sequence, before it is coded
    CodeUse codes;      // at the end of the sequences
};

struct LayerStatistics {
    static constexpr std::array<double, 5> kQuantiles{0.5, 0.9, 0.99, 0.999, 0.9999};

    std::uint32_t layer = 0;  // in the model
    XCode code;
    int bottom_code = 0;  // -128, -16, -8, -1; 0 where nothing is coded
    int top_code = 0;     // 127, 15, 7, 14; the same
    std::vector<CellStatistics> cells;
    float least = 0;  // of what is coded; the largest magnitude is in the cells
    float most = 0;
    std::array<float, kQuantiles.size()> quantiles{};  // of the magnitudes
    Magnitudes magnitudes;
    StateStatistics state;
    std::vector<StreamScale> streams;
};

struct StatisticsRequest {
    std::uint32_t first = 0;  // layers of the trace
    std::uint32_t end = 0;
    /// What codes x in every layer of the trace, which has the scales; empty: the trace's own.
    std::vector<XCode> codes = {};
};

/// Runs golden over the trace's inputs, layer after layer, and hands out what it finds in layers
/// `first` to `end` - 1. Throws TraceError for a trace of shapes only.
void each_layer_statistics(const Trace& trace, const StatisticsRequest& request,
                           const std::function<void(const LayerStatistics&)>& visit);

}  // namespace mambasic::traces::synth
