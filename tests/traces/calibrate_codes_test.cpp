// Scales made of what the quantized layers compute: worked out again from the trace that has them.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "calibrated.h"
#include "golden/x_code.h"
#include "traces/synth/float_ops.h"

namespace mambasic::traces::synth {
namespace {

using test::by_cell;
using test::cells;
using test::coded;
using test::codes_of;
using test::each_layer;
using test::kOne;
using test::LayerScales;
using test::regrouped;

float largest(const std::vector<float>& magnitudes) {
    float out = 0;
    for (const float value : magnitudes) out = std::max(out, std::fabs(value));
    return out;
}

// As the page has it: sorted, rank q (n - 1), linear between neighbours.
double quantile_by_sorting(std::vector<float> magnitudes, double q) {
    std::sort(magnitudes.begin(), magnitudes.end());
    const double rank = q * static_cast<double>(magnitudes.size() - 1);
    const auto below = static_cast<std::size_t>(rank);
    const std::size_t above = std::min(below + 1, magnitudes.size() - 1);
    const double low = static_cast<double>(magnitudes[below]);
    return low + (rank - std::floor(rank)) * (static_cast<double>(magnitudes[above]) - low);
}

// Maxima leave nothing above code 127, of x nor of the state, and the largest of each reaches it.
TEST(CalibrateCodes, MaximaAreThoseOfTheQuantizedLayers) {
    for (const Trace& trace : test::both_families()) {
        for (const TargetScales& target : {kOne, cells(4, 4)}) {
            const Trace made = regrouped(trace, coded(target, "int8", codes_of(Observer::MinMax)));
            EXPECT_EQ(made.info().observer(1), codes_of(Observer::MinMax));
            each_layer(made, [&](std::uint32_t index, const std::vector<float>& x,
                                 const golden::LayerTensors& out) {
                const LayerScales scales = test::layer_scales(made, index);
                const auto seen = by_cell(x, scales);
                for (std::size_t cell = 0; cell < seen.size(); ++cell) {
                    EXPECT_EQ(scales.x[cell], largest(seen[cell]) / 127) << index << " " << cell;
                }
                if (scales.state.size() == 1) {
                    EXPECT_EQ(scales.state[0], largest(out.carry) / 127) << index;
                }
            });
        }
    }
}

// FP16 twice, as min-max in the tensor's own type has it.
TEST(CalibrateCodes, OutProjsInputIsThatOfTheQuantizedLayers) {
    for (const Trace& trace : test::both_families()) {
        const Trace made = regrouped(trace, coded(kOne, "int5", codes_of(Observer::MinMax)));
        each_layer(made, [&](std::uint32_t index, const std::vector<float>&,
                             const golden::LayerTensors& out) {
            const std::vector<arith::Half>& halves =
                made.info().dims.mamba2() ? out.gated_norm : out.scan;
            std::vector<float> rows;
            rows.reserve(halves.size());
            for (const arith::Half half : halves) rows.push_back(arith::from_half(half));
            const float most = largest(float_hadamard(rows, made.info().dims.d_inner));
            const auto scale = static_cast<double>(arith::from_half(arith::to_half(most / 127)));
            EXPECT_EQ(test::layer_scales(made, index).had, scale) << index;
        });
    }
}

// Observed in the float layer, some x of the quantized one is beyond the maximum.
TEST(CalibrateCodes, FloatsMissWhatRoundingAdds) {
    std::size_t beyond = 0;
    for (const Trace& trace : test::both_families()) {
        const Trace made = regrouped(trace, coded(cells(4, 4), "int8", Observer::MinMax));
        each_layer(made, [&](std::uint32_t index, const std::vector<float>& x,
                             const golden::LayerTensors&) {
            const LayerScales scales = test::layer_scales(made, index);
            const auto seen = by_cell(x, scales);
            for (std::size_t cell = 0; cell < seen.size(); ++cell) {
                if (largest(seen[cell]) > 127.5F * scales.x[cell]) ++beyond;
            }
        });
    }
    EXPECT_GT(beyond, 0U);
}

TEST(CalibrateCodes, DualScalesSaturateNothingAndAreFoundAgain) {
    for (const Trace& trace : test::both_families()) {
        for (const char* code : {"dual4-signed-overflow", "dual4-signed-threshold"}) {
            const Observation how = codes_of(Observer::Percentile, 0.98F);
            const Trace made = regrouped(trace, coded(cells(2, 2), code, how));
            std::uint64_t flagged = 0;
            each_layer(made, [&](std::uint32_t index, const std::vector<float>& x,
                                 const golden::LayerTensors&) {
                const LayerScales scales = test::layer_scales(made, index);
                const auto seen = by_cell(x, scales);
                for (std::size_t cell = 0; cell < seen.size(); ++cell) {
                    EXPECT_EQ(scales.high[cell], largest(seen[cell]) / 7);
                    EXPECT_NEAR(scales.low[cell] * 7 / quantile_by_sorting(seen[cell], 0.98), 1,
                                1e-5);
                    if (!scales.threshold.empty()) {
                        EXPECT_EQ(scales.threshold[cell] / 7, scales.low[cell]);
                    }
                }
                for (std::size_t i = 0; i < x.size(); ++i) {
                    const std::size_t cell = scales.cell_of[i % scales.cell_of.size()];
                    const golden::XChannel channel{
                        scales.low[cell], scales.high[cell],
                        scales.threshold.empty() ? 0 : scales.threshold[cell], 0, 0};
                    const auto element = golden::encode_x(made.info().x_code(index), channel, x[i]);
                    EXPECT_FALSE(element.saturated) << index << " " << i << " " << x[i];
                    flagged += element.flag ? 1 : 0;
                }
            });
            const double share =
                static_cast<double>(flagged) / static_cast<double>(made.info().layers) /
                (static_cast<double>(made.info().tokens) * made.info().dims.d_inner);
            EXPECT_NEAR(share, 0.02, 0.01) << code;
        }
    }
}

TEST(CalibrateCodes, AGivenFactorSetsTheHighScale) {
    for (const Trace& trace : test::both_families()) {
        Observation how = Observer::MinMax;
        how.quantile = 0.9F;
        how.factor = 3;
        const Trace made = regrouped(trace, coded(cells(2, 2), "dual4-skewed-overflow", how));
        const LayerScales scales = test::layer_scales(made, 1);
        ASSERT_EQ(scales.low.size(), scales.x.size());
        for (std::size_t cell = 0; cell < scales.low.size(); ++cell) {
            EXPECT_EQ(scales.high[cell], scales.low[cell] * 3);
        }
        EXPECT_TRUE(scales.threshold.empty());
        EXPECT_EQ(made.info().observer(0), how);
    }
}

double error_of(const std::vector<float>& x, const XCode& code, const LayerScales& scales) {
    double sum = 0;
    for (const float value : x) {
        golden::XChannel channel{scales.low[0], 0, 0, scales.low[0], 0};
        if (!scales.high.empty()) channel.high = channel.decoded_high = scales.high[0];
        const auto element = golden::encode_x(code, channel, value);
        const float decoded = golden::decode_x(channel, element.code, element.flag);
        sum += std::pow(static_cast<double>(value) - static_cast<double>(decoded), 2);
    }
    return sum;
}

// The first layer's x is the same whatever its scales are.
double first_error(const Trace& trace, const std::string& code, const Observation& how) {
    const Trace made = regrouped(trace, coded(kOne, code, how), "error");
    double out = 0;
    each_layer(made,
               [&](std::uint32_t index, const std::vector<float>& x, const golden::LayerTensors&) {
                   if (index > 0) return;
                   out = error_of(x, made.info().x_code(0), test::layer_scales(made, 0));
               });
    return out;
}

TEST(CalibrateCodes, LeastErrorHasNoMoreThanTheOthers) {
    for (const Trace& trace : test::both_families()) {
        const double five = first_error(trace, "int5", codes_of(Observer::Mse));
        EXPECT_LE(five, first_error(trace, "int5", codes_of(Observer::MinMax)) * 1.000001);
        const std::string four = "dual4-skewed-overflow";
        const double swept = first_error(trace, four, codes_of(Observer::Mse));
        for (const float quantile : {0.9F, 0.98F, 0.99F}) {
            for (const float factor : {0.0F, 4.0F}) {
                const Observation how = codes_of(Observer::MinMax, quantile, factor);
                EXPECT_LE(swept, first_error(trace, four, how) * 1.000001) << quantile << factor;
            }
        }
    }
}

}  // namespace
}  // namespace mambasic::traces::synth
