#include "traces/synth/stream_scales.h"

#include <algorithm>
#include <limits>

namespace mambasic::traces::synth {
namespace {

using Codes = std::vector<std::int8_t>;

/// Columns `first` to `first + count` of a tensor's rows.
struct Columns {
    const Codes& codes;
    std::size_t stride;
    std::size_t first;
    std::size_t count;
};

CodeUse use_of(const Columns& columns) {
    constexpr std::int8_t kLowest = std::numeric_limits<std::int8_t>::min();
    constexpr std::int8_t kHighest = std::numeric_limits<std::int8_t>::max();
    CodeUse use;
    for (std::size_t row = 0; row < columns.codes.size(); row += columns.stride) {
        for (std::size_t i = 0; i < columns.count; ++i) {
            const std::int8_t code = columns.codes[row + columns.first + i];
            use.add(code, code == kLowest || code == kHighest);
        }
    }
    return use;
}

class Streams {
public:
    void add(const std::string& name, float scale, const Columns& columns) {
        out_.push_back({name, scale, scale, use_of(columns)});
    }
    void add(const std::string& name, const float* scales, std::size_t count,
             const Columns& columns) {
        const auto [lowest, highest] = std::minmax_element(scales, scales + count);
        out_.push_back({name, *lowest, *highest, use_of(columns)});
    }
    std::vector<StreamScale> take() { return std::move(out_); }

private:
    std::vector<StreamScale> out_;
};

}  // namespace

std::vector<StreamScale> stream_scales(const Dims& dims, const Mamba1Layer& layer,
                                       const golden::LayerTensors& made) {
    const std::size_t e = dims.d_inner;
    const std::size_t n = dims.d_state;
    const std::size_t r = dims.dt_rank;
    Streams streams;
    streams.add("norm", layer.norm_output_scale, {made.norm, dims.d_model, 0, dims.d_model});
    streams.add("conv input x", layer.conv_input_scale, {made.in_proj, 2 * e, 0, e});
    streams.add("z", layer.z_scale, {made.in_proj, 2 * e, e, e});
    // Stored as a part of the product's factor only: dt_proj.a is it over dt's scale.
    streams.add("dt_proj input", layer.dt_proj.a * layer.dt_scale,
                {made.x_proj, dims.x_proj_width(), 0, r});
    streams.add("B", layer.b_scale, {made.x_proj, dims.x_proj_width(), r, n});
    streams.add("C", layer.c_scale, {made.x_proj, dims.x_proj_width(), r + n, n});
    streams.add("dt", layer.dt_scale, {made.dt_proj, e, 0, e});
    streams.add("hadamard", static_cast<float>(layer.had_scale), {made.hadamard, e, 0, e});
    return streams.take();
}

std::vector<StreamScale> stream_scales(const Dims& dims, const Mamba2Layer& layer,
                                       const golden::LayerTensors& made) {
    const std::size_t e = dims.d_inner;
    const std::size_t bc = dims.bc_width();
    const std::size_t in = dims.in_proj_width();
    const std::size_t conv = dims.conv_channels();
    Streams streams;
    streams.add("norm", layer.norm_output_scale, {made.norm, dims.d_model, 0, dims.d_model});
    streams.add("z", layer.z_scale, {made.in_proj, in, 0, e});
    streams.add("conv input x", layer.conv_x.input_scale, {made.in_proj, in, e, e});
    streams.add("conv input B", layer.conv_b.input_scale, {made.in_proj, in, 2 * e, bc});
    streams.add("conv input C", layer.conv_c.input_scale, {made.in_proj, in, 2 * e + bc, bc});
    streams.add("dt", layer.dt_scale, {made.in_proj, in, e + conv, dims.heads});
    streams.add("B", layer.b_scales, layer.bc_scales, {made.conv, conv, e, bc});
    streams.add("C", layer.c_scales, layer.bc_scales, {made.conv, conv, e + bc, bc});
    streams.add("hadamard", static_cast<float>(layer.had_scale), {made.hadamard, e, 0, e});
    return streams.take();
}

}  // namespace mambasic::traces::synth
