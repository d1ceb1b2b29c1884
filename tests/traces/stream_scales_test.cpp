// The int8 streams of a layer, counted again column by column from what a trace recorded.
#include "traces/synth/stream_scales.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "calibrated.h"
#include "traces/synth/layer_statistics.h"

namespace mambasic::traces::synth {
namespace {

struct Column {
    const char* tensor;
    std::size_t first;
    std::size_t end;
    float lowest;
    float highest;
};

using Columns = std::vector<std::pair<const char*, Column>>;

// The order of in_proj's and x_proj's outputs is FORMAT.md's.
Columns columns_of(const Dims& d, const Mamba1Layer& l) {
    const std::size_t e = d.d_inner;
    const std::size_t r = d.dt_rank;
    const std::size_t n = d.d_state;
    const auto had = static_cast<float>(l.had_scale);
    const float low_dt = l.dt_proj.a * l.dt_scale;
    return {{"norm", {"norm.output", 0, d.d_model, l.norm_output_scale, l.norm_output_scale}},
            {"conv input x", {"in_proj.output", 0, e, l.conv_input_scale, l.conv_input_scale}},
            {"z", {"in_proj.output", e, 2 * e, l.z_scale, l.z_scale}},
            {"dt_proj input", {"x_proj.output", 0, r, low_dt, low_dt}},
            {"B", {"x_proj.output", r, r + n, l.b_scale, l.b_scale}},
            {"C", {"x_proj.output", r + n, r + 2 * n, l.c_scale, l.c_scale}},
            {"dt", {"dt_proj.output", 0, e, l.dt_scale, l.dt_scale}},
            {"hadamard", {"had.output", 0, e, had, had}}};
}

Columns columns_of(const Dims& d, const Mamba2Layer& l) {
    const std::size_t e = d.d_inner;
    const std::size_t bc = d.bc_width();
    const auto had = static_cast<float>(l.had_scale);
    const auto lowest = [&](const float* s) { return *std::min_element(s, s + l.bc_scales); };
    const auto highest = [&](const float* s) { return *std::max_element(s, s + l.bc_scales); };
    const float x = l.conv_x.input_scale;
    const float b = l.conv_b.input_scale;
    const float c = l.conv_c.input_scale;
    const std::size_t dt = 2 * e + 2 * bc;
    return {{"norm", {"norm.output", 0, d.d_model, l.norm_output_scale, l.norm_output_scale}},
            {"z", {"in_proj.output", 0, e, l.z_scale, l.z_scale}},
            {"conv input x", {"in_proj.output", e, 2 * e, x, x}},
            {"conv input B", {"in_proj.output", 2 * e, 2 * e + bc, b, b}},
            {"conv input C", {"in_proj.output", 2 * e + bc, dt, c, c}},
            {"dt", {"in_proj.output", dt, dt + d.heads, l.dt_scale, l.dt_scale}},
            {"B", {"conv1d.output", e, e + bc, lowest(l.b_scales), highest(l.b_scales)}},
            {"C", {"conv1d.output", e + bc, e + 2 * bc, lowest(l.c_scales), highest(l.c_scales)}},
            {"hadamard", {"had.output", 0, e, had, had}}};
}

void expect_use(const Tensor& tensor, const Column& column, const CodeUse& use) {
    const std::size_t width = tensor.shape.back();
    const auto* codes = tensor.as<std::int8_t>();
    std::array<std::uint64_t, 256> seen{};
    for (std::size_t row = 0; row < tensor.elements() / width; ++row) {
        for (std::size_t i = column.first; i < column.end; ++i) {
            ++seen[static_cast<std::size_t>(codes[row * width + i] + 128)];
        }
    }
    EXPECT_EQ(use.elements, tensor.elements() / width * (column.end - column.first));
    EXPECT_EQ(use.below, seen.front());
    EXPECT_EQ(use.above, seen.back());
    const auto occurs = [](std::uint64_t count) { return count > 0; };
    const auto first = std::find_if(seen.begin(), seen.end(), occurs);
    const auto last = std::find_if(seen.rbegin(), seen.rend(), occurs);
    EXPECT_EQ(use.least, static_cast<int>(first - seen.begin()) - 128);
    EXPECT_EQ(use.greatest, 127 - static_cast<int>(last - seen.rbegin()));
}

TEST(StreamScales, EveryStreamIsWhatWasRecorded) {
    for (const Trace& trace : test::both_families()) {
        const Dims& dims = trace.info().dims;
        each_layer_statistics(trace, {0, 2}, [&](const LayerStatistics& layer) {
            const Columns columns = dims.mamba2()
                                        ? columns_of(dims, trace.mamba2_layer(layer.layer))
                                        : columns_of(dims, trace.mamba1_layer(layer.layer));
            ASSERT_EQ(layer.streams.size(), columns.size());
            for (std::size_t i = 0; i < columns.size(); ++i) {
                const auto& [name, column] = columns[i];
                SCOPED_TRACE(name);
                EXPECT_EQ(layer.streams[i].name, name);
                EXPECT_EQ(layer.streams[i].lowest, column.lowest);
                EXPECT_EQ(layer.streams[i].highest, column.highest);
                expect_use(*trace.recorded(layer.layer, column.tensor), column,
                           layer.streams[i].codes);
            }
        });
    }
}

}  // namespace
}  // namespace mambasic::traces::synth
