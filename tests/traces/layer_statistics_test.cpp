// What a trace's layers look like, counted again from what it recorded and from golden's run.
#include "traces/synth/layer_statistics.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "calibrated.h"
#include "golden/arithmetic.h"
#include "traces/error.h"

namespace mambasic::traces::synth {
namespace {

using test::cells;
using test::coded;
using test::kOne;
using test::LayerScales;
using test::regrouped;
using test::temp_path;

TEST(Magnitudes, BinsAreHalfOctaves) {
    Magnitudes below_8;
    below_8.top = 3;
    EXPECT_EQ(below_8.bin(7.99F), 31U);
    EXPECT_EQ(below_8.bin(5.66F), 31U);  // 8 / sqrt(2) = 5.657
    EXPECT_EQ(below_8.bin(5.65F), 30U);
    EXPECT_EQ(below_8.bin(4), 30U);
    EXPECT_EQ(below_8.bin(3.99F), 29U);
    EXPECT_EQ(below_8.bin(2), 28U);
    EXPECT_EQ(below_8.bin(1.0F / 4096), 2U);
    EXPECT_EQ(below_8.bin(1.0F / 8192), 0U);
    EXPECT_EQ(below_8.bin(1e-30F), 0U);
    EXPECT_EQ(below_8.bin(0), 0U);
}

std::vector<LayerStatistics> statistics_of(const Trace& trace, std::uint32_t first,
                                           std::uint32_t end) {
    std::vector<LayerStatistics> out;
    each_layer_statistics(trace, {first, end},
                          [&out](const LayerStatistics& layer) { out.push_back(layer); });
    return out;
}

Observation percentile() {
    Observation out = Observer::Percentile;
    out.quantile = 0.95F;
    return out;
}

std::vector<std::int8_t> recorded(const Trace& trace, std::uint32_t index, const char* name,
                                  std::size_t stride) {
    const Tensor* tensor = trace.recorded(index, name);
    std::vector<std::int8_t> out;
    for (std::size_t row = 0; row < tensor->elements(); row += stride) {
        const auto* from = tensor->as<std::int8_t>() + row;
        out.insert(out.end(), from, from + trace.info().dims.d_inner);
    }
    return out;
}

void expect_same(const CodeUse& a, const CodeUse& b) {
    EXPECT_EQ(a.elements, b.elements);
    EXPECT_EQ(a.below, b.below);
    EXPECT_EQ(a.above, b.above);
    EXPECT_EQ(a.least, b.least);
    EXPECT_EQ(a.greatest, b.greatest);
}

void expect_same(const CellStatistics& a, const CellStatistics& b) {
    expect_same(a.unflagged, b.unflagged);
    expect_same(a.flagged, b.flagged);
    EXPECT_EQ(a.largest, b.largest);
    EXPECT_EQ(a.scale, b.scale);
    EXPECT_EQ(a.low, b.low);
    EXPECT_EQ(a.high, b.high);
    EXPECT_EQ(a.threshold, b.threshold);
}

struct Range {
    int low;
    int high;
};
constexpr Range kInt8{-128, 127};
constexpr Range kSkewed{-1, 14};

// A code is held by its range where the quotient is half a step or more beyond it.
void count(float quotient, int code, Range range, CodeUse& use) {
    const bool first = use.elements == 0;
    ++use.elements;
    use.below += quotient <= static_cast<float>(range.low) - 0.5F ? 1 : 0;
    use.above += quotient >= static_cast<float>(range.high) + 0.5F ? 1 : 0;
    use.least = first || code < use.least ? code : use.least;
    use.greatest = first || code > use.greatest ? code : use.greatest;
}

std::vector<CellStatistics> counted_int8(const LayerScales& scales, const std::vector<float>& x,
                                         const std::vector<std::int8_t>& codes) {
    std::vector<CellStatistics> out(scales.x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        const std::size_t at = scales.cell_of[i % scales.cell_of.size()];
        CellStatistics& cell = out[at];
        cell.scale = cell.low = scales.x[at];
        count(x[i] / cell.scale, codes[i], kInt8, cell.unflagged);
        cell.largest = std::max(cell.largest, std::fabs(x[i]));
    }
    return out;
}

TEST(LayerStatistics, Int8IsCountedByCell) {
    for (const Trace& trace : test::both_families()) {
        const Trace made = regrouped(trace, cells(2, 2), "int8");
        const auto statistics = statistics_of(made, 0, 2);
        test::each_layer(made, [&](std::uint32_t index, const std::vector<float>& x,
                                   const golden::LayerTensors&) {
            const auto codes =
                recorded(made, index, "conv1d.output", made.info().dims.conv_channels());
            const auto expected = counted_int8(test::layer_scales(made, index), x, codes);
            const LayerStatistics& layer = statistics[index];
            EXPECT_EQ(layer.layer, index);
            EXPECT_EQ(layer.bottom_code, -128);
            EXPECT_EQ(layer.top_code, 127);
            ASSERT_EQ(layer.cells.size(), expected.size());
            for (std::size_t i = 0; i < expected.size(); ++i) {
                expect_same(layer.cells[i], expected[i]);
            }
        });
    }
}

std::vector<CellStatistics> counted_dual4(const LayerScales& scales, const std::vector<float>& x,
                                          const std::vector<std::int8_t>& codes,
                                          const std::vector<std::int8_t>& flags) {
    std::vector<CellStatistics> out(scales.x.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
        const std::size_t at = scales.cell_of[i % scales.cell_of.size()];
        CellStatistics& cell = out[at];
        cell.scale = scales.x[at];
        cell.low = scales.low[at];
        cell.high = scales.high[at];
        cell.threshold = scales.threshold[at];
        const bool flag = flags[i] != 0;
        count(x[i] / (flag ? cell.high : cell.low), codes[i], kSkewed,
              flag ? cell.flagged : cell.unflagged);
        cell.largest = std::max(cell.largest, std::fabs(x[i]));
    }
    return out;
}

// One flag in a hundred has room, five ask for it.
TEST(LayerStatistics, FlagsAreCountedByCell) {
    for (const Trace& trace : test::both_families()) {
        for (const char* code : {"dual4-skewed-threshold", "dual4-skewed-threshold-sparse1"}) {
            const Trace made = regrouped(trace, coded(cells(2, 2), code, percentile()), "dual");
            const auto statistics = statistics_of(made, 0, 2);
            const std::size_t width = made.info().dims.d_inner;
            test::each_layer(made, [&](std::uint32_t index, const std::vector<float>& x,
                                       const golden::LayerTensors&) {
                const auto expected = counted_dual4(test::layer_scales(made, index), x,
                                                    recorded(made, index, "conv1d.codes", width),
                                                    recorded(made, index, "conv1d.flags", width));
                const LayerStatistics& layer = statistics[index];
                EXPECT_EQ(layer.bottom_code, -1);
                EXPECT_EQ(layer.top_code, 14);
                ASSERT_EQ(layer.cells.size(), expected.size());
                for (std::size_t i = 0; i < expected.size(); ++i) {
                    expect_same(layer.cells[i], expected[i]);
                }
            });
        }
    }
}

void expect_distribution(const LayerStatistics& layer, std::vector<float> x) {
    EXPECT_EQ(layer.least, *std::min_element(x.begin(), x.end()));
    EXPECT_EQ(layer.most, *std::max_element(x.begin(), x.end()));
    std::array<std::uint64_t, Magnitudes::kBins> counts{};
    const double top = std::exp2(layer.magnitudes.top);
    for (float& value : x) {
        value = std::fabs(value);
        const auto magnitude = static_cast<double>(value);
        EXPECT_LT(magnitude, top);
        std::size_t bin = 0;
        while (bin + 1 < counts.size() &&
               magnitude >= top * std::exp2((static_cast<double>(bin) + 1 - 32) / 2))
            ++bin;
        ++counts[bin];
    }
    EXPECT_EQ(layer.magnitudes.counts, counts);
    std::sort(x.begin(), x.end());
    EXPECT_GE(static_cast<double>(x.back()), top / 2);
    for (std::size_t i = 0; i < layer.quantiles.size(); ++i) {
        const double rank = LayerStatistics::kQuantiles[i] * static_cast<double>(x.size() - 1);
        const auto below = static_cast<std::size_t>(rank);
        EXPECT_GE(layer.quantiles[i], x[below] * 0.9999F);
        EXPECT_LE(layer.quantiles[i], x[std::min(below + 1, x.size() - 1)] * 1.0001F);
    }
}

// What the phase and the family make of a state's quotient (golden/spec/ssm.md 1.4, 2.2, 3.6, 4),
// without a range.
float unheld_code(const TraceInfo& info, float carry, float scale) {
    const bool prefill = info.phase == Phase::Prefill;
    if (prefill && !info.dims.mamba2()) return std::round(carry / scale);
    const float state = prefill ? arith::from_half(arith::to_half(carry)) : carry;
    return std::nearbyint(state / scale);
}

struct StateCodes {
    std::uint64_t last = 0;        // -128 or 127
    std::uint64_t held = 0;        // another code than the rounded quotient
    std::uint64_t held_below = 0;  // of them: the quotient is below it
};

StateCodes count_states(const Trace& trace, std::uint32_t index, const LayerScales& scales) {
    const Dims& dims = trace.info().dims;
    const auto* codes = trace.recorded(index, "scan.state")->as<std::int8_t>();
    const Tensor& carry = *trace.recorded(index, "scan.carry");
    StateCodes out;
    for (std::uint64_t i = 0; i < carry.elements(); ++i) {
        const std::size_t cell = scales.cell_of[i / dims.d_state % dims.d_inner];
        const float scale = scales.state.size() == 1
                                ? scales.state[0]
                                : scales.state[cell * dims.d_state + i % dims.d_state];
        out.last += codes[i] == 127 || codes[i] == -128 ? 1 : 0;
        const float unheld = unheld_code(trace.info(), carry.as<float>()[i], scale);
        out.held += unheld == codes[i] ? 0 : 1;
        out.held_below += unheld < codes[i] ? 1 : 0;
    }
    return out;
}

StateCodes expect_state(const Trace& trace, const LayerStatistics& layer) {
    const Tensor& carry = *trace.recorded(layer.layer, "scan.carry");
    const LayerScales scales = test::layer_scales(trace, layer.layer);
    const StateCodes counted = count_states(trace, layer.layer, scales);
    EXPECT_EQ(layer.state.codes.elements, carry.elements());
    EXPECT_EQ(layer.state.codes.below, counted.held_below);
    EXPECT_EQ(layer.state.codes.above, counted.held - counted.held_below);
    const auto* codes = trace.recorded(layer.layer, "scan.state")->as<std::int8_t>();
    EXPECT_EQ(layer.state.codes.least, *std::min_element(codes, codes + carry.elements()));
    EXPECT_EQ(layer.state.codes.greatest, *std::max_element(codes, codes + carry.elements()));
    float largest = 0;
    for (std::uint64_t i = 0; i < carry.elements(); ++i) {
        largest = std::max(largest, std::fabs(carry.as<float>()[i]));
    }
    EXPECT_EQ(layer.state.largest, largest);
    EXPECT_EQ(layer.state.lowest_scale,
              *std::min_element(scales.state.begin(), scales.state.end()));
    EXPECT_EQ(layer.state.highest_scale,
              *std::max_element(scales.state.begin(), scales.state.end()));
    return counted;
}

TEST(LayerStatistics, DistributionAndStateAreThoseOfTheRun) {
    for (const Trace& trace : test::both_families()) {
        for (const TargetScales& target :
             {kOne, coded(cells(2, 2), "int5", Observer::Percentile)}) {
            const Trace made = regrouped(trace, target, "distribution");
            const auto statistics = statistics_of(made, 0, 2);
            test::each_layer(made, [&](std::uint32_t index, const std::vector<float>& x,
                                       const golden::LayerTensors&) {
                expect_distribution(statistics[index], x);
                expect_state(made, statistics[index]);
            });
        }
    }
}

// The largest state of a maximum's scale has the last code, and clamp did not hold it.
TEST(LayerStatistics, ALastCodeIsNotASaturatedState) {
    StateCodes all;
    for (const Phase phase : {Phase::Prefill, Phase::Decode}) {
        std::vector<Trace> traces;
        traces.push_back(test::captured_mamba1(synth::Precision::W8A8, phase, "mamba1"));
        traces.push_back(
            test::captured(synth::Scheme::Quamba2, synth::Precision::W8A8, phase, "mamba2"));
        for (const Trace& trace : traces) {
            for (const LayerStatistics& layer : statistics_of(trace, 0, 2)) {
                const StateCodes counted = expect_state(trace, layer);
                all.last += counted.last;
                all.held += counted.held;
            }
        }
    }
    EXPECT_GT(all.held, 0U);
    EXPECT_GT(all.last, all.held);
}

// golden/spec/ssm.md 8.9: r_i = sum over j of R_ij y_j, one fma after another from +0.
std::vector<float> rotated(const Trace& trace, const std::vector<float>& x) {
    const auto* matrix = trace.find("backbone.x_rotation")->as<std::uint16_t>();
    const std::size_t width = trace.info().dims.d_inner;
    std::vector<float> out(x.size(), 0.0F);
    for (std::size_t at = 0; at < x.size(); ++at) {
        const std::size_t i = at % width;
        for (std::size_t j = 0; j < width; ++j) {
            out[at] = std::fma(arith::from_half(matrix[i * width + j]), x[at - i + j], out[at]);
        }
    }
    return out;
}

TEST(LayerStatistics, ARotatedCodeIsMeasuredWhereItIsCoded) {
    for (const Trace& trace : test::both_families()) {
        const Trace made =
            regrouped(trace, coded(kOne, "rotated8-dense", Observer::Percentile), "rotated");
        const auto statistics = statistics_of(made, 0, 2);
        test::each_layer(made, [&](std::uint32_t index, const std::vector<float>& x,
                                   const golden::LayerTensors&) {
            const std::vector<float> r = rotated(made, x);
            expect_distribution(statistics[index], r);
            LayerScales scales = test::layer_scales(made, index);
            const float int8 = scales.x[0];
            scales.x = scales.low;
            CellStatistics expected = counted_int8(
                scales, r, recorded(made, index, "rotate.output", made.info().dims.d_inner))[0];
            expected.scale = int8;
            expect_same(statistics[index].cells[0], expected);
        });
    }
}

TEST(LayerStatistics, WithoutCodesThereIsNoCount) {
    for (const Trace& trace : test::both_families()) {
        const Trace made = regrouped(trace, coded(kOne, "fp32", Observer::Percentile), "fp32");
        const auto statistics = statistics_of(made, 1, 2);
        ASSERT_EQ(statistics.size(), 1U);
        EXPECT_EQ(statistics[0].layer, 1U);
        EXPECT_EQ(statistics[0].top_code, 0);
        EXPECT_EQ(statistics[0].cells[0].unflagged.saturated(), 0U);
        EXPECT_EQ(statistics[0].cells[0].elements(),
                  std::uint64_t{made.info().tokens} * made.info().dims.d_inner);
    }
}

// golden/spec/ssm.md 8.4: the high scale is F times int8's, and flags what int8's does not hold.
TEST(LayerStatistics, ACodeOfInt8sScalesNeedsNoTraceOfItsOwn) {
    XCode dual8;
    ASSERT_TRUE(read_x_code("dual8-x4", dual8));
    for (const Trace& trace : test::both_families()) {
        const Trace own = regrouped(trace, coded(kOne, "int8", percentile()), "own");
        const Trace made = regrouped(trace, coded(kOne, "dual8-x4", percentile()), "dual8");
        std::vector<LayerStatistics> asked;
        each_layer_statistics(own, {0, 2, {dual8, dual8}},
                              [&asked](const LayerStatistics& layer) { asked.push_back(layer); });
        test::each_layer(own, [&](std::uint32_t index, const std::vector<float>& x,
                                  const golden::LayerTensors&) {
            if (index > 0) return;  // behind it the stream is another
            const float scale = test::layer_scales(own, 0).x[0];
            CellStatistics expected;
            for (const float value : x) {
                const float quotient = value / scale;
                const bool flag = quotient >= 127.5F || quotient <= -128.5F;
                const float of_its_own = flag ? value / (4 * scale) : quotient;
                const float code = std::clamp(std::round(of_its_own), -128.0F, 127.0F);
                count(of_its_own, static_cast<int>(code), kInt8,
                      flag ? expected.flagged : expected.unflagged);
            }
            EXPECT_GT(expected.flagged.elements, 0U);
            EXPECT_EQ(asked[0].cells[0].low, scale);
            EXPECT_EQ(asked[0].cells[0].high, 4 * scale);
            expect_same(asked[0].cells[0].flagged, expected.flagged);
            expect_same(asked[0].cells[0].unflagged, expected.unflagged);
        });
        // The second layer sees what the first one's codes give, as in a trace that was made so.
        const auto recorded_so = statistics_of(made, 0, 2);
        for (std::size_t i = 0; i < 2; ++i) {
            EXPECT_EQ(spell(asked[i].code), "dual8-x4");
            expect_same(asked[i].cells[0], recorded_so[i].cells[0]);
        }
    }
}

TEST(LayerStatistics, ShapesHaveNone) {
    TraceInfo info = test::small_info();
    info.shapes_only = true;
    const std::string path = temp_path("shapes");
    SafetensorsWriter(path, metadata_of(info), {}).finish();
    const Trace trace = Trace::open(path);
    try {
        statistics_of(trace, 0, 1);
        ADD_FAILURE() << "accepted";
    } catch (const TraceError& error) {
        EXPECT_EQ(error.what(), path + ": holds shapes only, its layers have no numbers");
    }
}

}  // namespace
}  // namespace mambasic::traces::synth
