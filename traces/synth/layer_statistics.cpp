#include "traces/synth/layer_statistics.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "golden/arithmetic.h"
#include "golden/rotation.h"
#include "golden/x_code.h"
#include "traces/error.h"
#include "traces/synth/dequantized.h"
#include "traces/synth/observers.h"
#include "traces/synth/replay.h"

namespace mambasic::traces::synth {

namespace {

// Both families alike: what codes a layer's x.
struct XNumbers {
    XScales own;
    golden::XInt8Scales int8;  // but for the table
    std::optional<GroupTable> table;

    float scale(std::size_t cell) const { return table ? table->x_scales[cell] : int8.coding; }
};

XNumbers numbers_of(const Mamba1Layer& layer) {
    return {layer.x_scales, {layer.conv_output_scale, layer.u_scale, nullptr}, layer.groups};
}

XNumbers numbers_of(const Mamba2Layer& layer) { return {layer.x_scales, {}, layer.groups}; }

CellStatistics empty_cell(const XCode& code, const XNumbers& numbers, std::size_t cell) {
    const auto at = [cell](const float* scales) { return scales == nullptr ? 0 : scales[cell]; };
    CellStatistics out;
    out.scale = numbers.scale(cell);
    if (!code.own_scales()) {
        out.low = out.scale;
        out.high = out.scale * code.factor;
        return out;
    }
    out.low = at(numbers.own.low);
    out.high = at(numbers.own.high);
    out.threshold = at(numbers.own.threshold);
    return out;
}

void count_magnitudes(const std::vector<float>& x, LayerStatistics& out) {
    std::vector<float> magnitudes(x.size());
    std::transform(x.begin(), x.end(), magnitudes.begin(),
                   [](float value) { return std::fabs(value); });
    std::frexp(*std::max_element(magnitudes.begin(), magnitudes.end()), &out.magnitudes.top);
    for (const float magnitude : magnitudes) ++out.magnitudes.counts[out.magnitudes.bin(magnitude)];
    for (std::size_t i = 0; i < out.quantiles.size(); ++i) {
        out.quantiles[i] = quantile(magnitudes, static_cast<float>(LayerStatistics::kQuantiles[i]));
    }
    const auto [least, most] = std::minmax_element(x.begin(), x.end());
    out.least = *least;
    out.most = *most;
}

// The codes of one token; every cell's own count of what is flagged and saturated.
class Coder {
public:
    Coder(const XCode& code, const XNumbers& numbers, const golden::GroupScales* groups,
          std::size_t width)
        : code_(code), codes_(width), flags_(width) {
        golden::XInt8Scales int8 = numbers.int8;
        int8.groups = groups;
        channels_ = golden::x_channels(code, numbers.own, int8, width);
    }

    void code_row(const float* x, const std::vector<std::uint32_t>& cells,
                  std::vector<CellStatistics>& out) {
        golden::encode_x_row(code_, channels_, x, codes_.data(), flags_.data());
        for (std::size_t i = 0; i < cells.size(); ++i) {
            CellStatistics& cell = out[cells[i]];
            const bool flag = flags_[i] != 0;
            (flag ? cell.flagged : cell.unflagged)
                .add(codes_[i], saturated(x[i], channels_[i], flag));
        }
    }

private:
    bool saturated(float x, const golden::XChannel& channel, bool flag) const {
        return golden::encode_x(code_, channel, x, flag).saturated;
    }

    XCode code_;
    std::vector<golden::XChannel> channels_;
    std::vector<std::int8_t> codes_, flags_;
};

void count_cells(const Dims& dims, const XNumbers& numbers, const std::vector<std::uint32_t>& cells,
                 const std::vector<float>& x, LayerStatistics& out) {
    std::optional<golden::GroupScales> groups;
    if (numbers.table) groups.emplace(dims, *numbers.table);
    const std::size_t count = numbers.table ? numbers.table->shape.cells() : 1;
    for (std::size_t cell = 0; cell < count; ++cell) {
        out.cells.push_back(empty_cell(out.code, numbers, cell));
    }
    for (std::size_t i = 0; i < x.size(); ++i) {
        CellStatistics& cell = out.cells[cells[i % cells.size()]];
        cell.largest = std::max(cell.largest, std::fabs(x[i]));
    }
    if (out.code.format == XFormat::Fp32) {
        for (std::size_t i = 0; i < x.size(); ++i) {
            ++out.cells[cells[i % cells.size()]].unflagged.elements;
        }
        return;
    }
    const golden::XLevels levels = golden::x_levels(out.code);
    out.bottom_code = static_cast<int>(levels.low);
    out.top_code = static_cast<int>(levels.high);
    Coder coder(out.code, numbers, groups ? &*groups : nullptr, cells.size());
    for (std::size_t row = 0; row < x.size(); row += cells.size()) {
        coder.code_row(x.data() + row, cells, out.cells);
    }
}

// Whether clamp held the code that is made of the FP32 state: golden/spec/ssm.md 1.4 (Mamba1's
// prefill), 3.6 (Mamba2's, by way of FP16), 2.2 and 4 (decode).
bool held(const TraceInfo& info, float carry, float scale) {
    if (info.phase == Phase::Decode) return arith::saturates_rhe(carry / scale);
    if (!info.dims.mamba2()) return arith::saturates_rha(carry / scale);
    return arith::saturates_rhe(arith::from_half(arith::to_half(carry)) / scale);
}

// `scales` [E][N], `carry` the states at the end of every sequence, `codes` what is kept of them.
StateStatistics state_statistics(const TraceInfo& info, const std::vector<float>& scales,
                                 const std::vector<float>& carry,
                                 const std::vector<std::int8_t>& codes) {
    StateStatistics out;
    const auto [lowest, highest] = std::minmax_element(scales.begin(), scales.end());
    out.lowest_scale = *lowest;
    out.highest_scale = *highest;
    for (std::size_t i = 0; i < carry.size(); ++i) {
        out.largest = std::max(out.largest, std::fabs(carry[i]));
        out.codes.add(codes[i], held(info, carry[i], scales[i % scales.size()]));
    }
    return out;
}

// The rows as the code takes them.
void rotate(const XCode& code, const XScales& scales, std::size_t width, std::vector<float>& x) {
    if (!code.rotated()) return;
    const golden::Rotation rotation(code, scales, width);
    for (std::size_t row = 0; row < x.size(); row += width) {
        const std::vector<float> rotated = rotation.forward(x.data() + row);
        std::copy(rotated.begin(), rotated.end(), x.data() + row);
    }
}

// What the layer's convolution makes of x, in FP32, [tokens of all sequences][E].
template <typename Layer>
std::vector<float> conv_output_of(const Trace& trace, std::uint32_t index, const Layer& layer,
                                  const Stream& input) {
    golden::Options options;
    options.x_code.format = XFormat::Fp32;
    golden::LayerState state = state_in(trace, index);
    const golden::LayerTensors made = run_layer(trace.info(), options, layer, input, state);
    const Dims& dims = trace.info().dims;
    return columns(made.ssm_input, dims.conv_channels(), 0, dims.d_inner);
}

// The trace's, or what the caller asks of its layers.
golden::Options options_for(const Trace& trace, const StatisticsRequest& request,
                            std::uint32_t index) {
    golden::Options options = options_of(trace.info(), index);
    if (request.codes.empty() || request.codes[index] == options.x_code) return options;
    options.x_code = request.codes[index];
    options.x_proj_input = XProjInput::Copy;  // not every code's are multiplied
    return options;
}

/// Leaves in `stream` what the next layer sees.
template <typename Layer>
LayerStatistics statistics_of(const Trace& trace, std::uint32_t index,
                              const golden::Options& options, const Layer& layer, Stream& stream) {
    const TraceInfo& info = trace.info();
    const StateScales scales = state_scales(info.dims, layer);
    const XNumbers numbers = numbers_of(layer);
    LayerStatistics out;
    out.layer = info.first_layer + index;
    out.code = options.x_code;
    std::vector<float> x = conv_output_of(trace, index, layer, stream);
    rotate(out.code, numbers.own, info.dims.d_inner, x);
    count_magnitudes(x, out);
    count_cells(info.dims, numbers, scales.grouping.cells, x, out);
    golden::LayerState state = state_in(trace, index);
    const golden::LayerTensors made = run_layer(info, options, layer, stream, state);
    out.state = state_statistics(info, scales.state, made.carry, state.ssm);
    out.streams = stream_scales(info.dims, layer, made);
    stream = after(made);
    return out;
}

template <typename Layer>
void visit_layer(const Trace& trace, const StatisticsRequest& request, std::uint32_t index,
                 const Layer& layer, Stream& stream,
                 const std::function<void(const LayerStatistics&)>& visit) {
    const golden::Options options = options_for(trace, request, index);
    if (index >= request.first) {
        visit(statistics_of(trace, index, options, layer, stream));
        return;
    }
    golden::LayerState state = state_in(trace, index);
    stream = after(run_layer(trace.info(), options, layer, stream, state));
}

}  // namespace

std::size_t Magnitudes::bin(float magnitude) const {
    constexpr float kHalfOctave = 0.70710678F;
    int exponent = 0;
    const float fraction = std::frexp(magnitude, &exponent);
    if (fraction == 0) return 0;
    const int from_top = 2 * (top - exponent) + (fraction < kHalfOctave ? 2 : 1);
    const auto bins = static_cast<int>(kBins);
    return static_cast<std::size_t>(std::clamp(bins - from_top, 0, bins - 1));
}

void each_layer_statistics(const Trace& trace, const StatisticsRequest& request,
                           const std::function<void(const LayerStatistics&)>& visit) {
    if (trace.info().shapes_only) {
        throw TraceError(trace.path() + ": holds shapes only, its layers have no numbers");
    }
    Stream stream = first_input(trace);
    for (std::uint32_t index = 0; index < request.end; ++index) {
        if (trace.info().dims.mamba2()) {
            visit_layer(trace, request, index, trace.mamba2_layer(index), stream, visit);
        } else {
            visit_layer(trace, request, index, trace.mamba1_layer(index), stream, visit);
        }
    }
}

}  // namespace mambasic::traces::synth
