// Scales for rotated codes of x, and the matrix of a dense rotation.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "regrouped.h"
#include "tests/golden/rotation_oracle.h"
#include "traces/error.h"
#include "traces/synth/layer_statistics.h"
#include "traces/synth/random_rotation.h"
#include "traces/x_code_text.h"

namespace mambasic::traces::synth {
namespace {

using arith::Half;
using test::captured;
using test::captured_mamba1;
using test::regrouped;

TargetScales rotated_target(bool dense, Observation how = Observer::MinMax) {
    how.codes = true;  // of what the trace then records
    TargetScales target;
    target.observer = how;
    target.x_code = golden::rotated_code(dense);
    return target;
}

std::vector<Trace> traces(Phase phase = Phase::Prefill) {
    std::vector<Trace> out;
    out.push_back(captured_mamba1(Precision::W8A8, phase, "mamba1"));
    out.push_back(captured(Scheme::Quamba1, Precision::W8A8, phase, "mamba2"));
    return out;
}

std::vector<Half> matrix_of(const Trace& trace) {
    const Tensor* matrix = trace.find("backbone.x_rotation");
    if (matrix == nullptr) return {};
    const auto* data = matrix->as<Half>();
    return {data, data + matrix->elements()};
}

float low_scale(const Trace& trace, std::uint32_t index) {
    return trace.info().dims.mamba2() ? trace.mamba2_layer(index).x_scales.low[0]
                                      : trace.mamba1_layer(index).x_scales.low[0];
}

double half(Half value) { return static_cast<double>(arith::from_half(value)); }

TEST(RandomRotation, IsOrthogonalAsFarAsHalvesAre) {
    for (const std::uint32_t width : {1U, 2U, 80U, 192U}) {
        const std::vector<Half> matrix = random_rotation(width);
        ASSERT_EQ(matrix.size(), std::size_t{width} * width);
        for (std::size_t i = 0; i < width; ++i) {
            for (std::size_t j = 0; j <= i; ++j) {
                double rows = 0;
                double columns = 0;
                for (std::size_t k = 0; k < width; ++k) {
                    rows += half(matrix[i * width + k]) * half(matrix[j * width + k]);
                    columns += half(matrix[k * width + i]) * half(matrix[k * width + j]);
                }
                // Each of 192 elements is off by at most 2^-11 of itself.
                ASSERT_NEAR(rows, i == j ? 1 : 0, 1e-3) << width << " " << i << " " << j;
                ASSERT_NEAR(columns, i == j ? 1 : 0, 1e-3) << width << " " << i << " " << j;
            }
        }
    }
}

TEST(RandomRotation, MixesEveryChannelAndFollowsItsSeed) {
    const std::uint32_t width = 192;
    const std::vector<Half> matrix = random_rotation(width);
    EXPECT_EQ(matrix, random_rotation(width, kRotationSeed));
    EXPECT_NE(matrix, random_rotation(width, kRotationSeed + 1));
    double largest = 0;
    double diagonal = 0;
    for (std::size_t i = 0; i < matrix.size(); ++i) {
        largest = std::max(largest, std::fabs(half(matrix[i])));
        if (i / width == i % width) diagonal += half(matrix[i]);
    }
    // Elements of deviation 1 / sqrt(192) = 0.072, so the trace of one is about 0 +- 1.
    EXPECT_LT(largest, 0.072 * 6);
    EXPECT_LT(std::fabs(diagonal), 5.0);
}

/// Magnitudes of the rotated row, from what the trace recorded of the convolution.
std::vector<float> rotated_magnitudes(const Trace& trace, std::uint32_t index) {
    const std::uint32_t width = trace.info().dims.d_inner;
    const Tensor* values = trace.recorded(index, "conv1d.values");
    std::vector<float> out;
    for (std::size_t row = 0; row < values->elements(); row += width) {
        const float* first = values->as<float>() + row;
        for (const float r : golden::stated(trace.info().x_code(index), matrix_of(trace),
                                            {first, first + width}, false)) {
            out.push_back(std::fabs(r));
        }
    }
    return out;
}

TEST(RegroupRotation, TheScaleIsOfTheRotatedRow) {
    for (const Trace& trace : traces()) {
        for (const bool dense : {false, true}) {
            const Trace out = regrouped(trace, rotated_target(dense));
            for (std::uint32_t i = 0; i < 2; ++i) {
                const std::vector<float> r = rotated_magnitudes(out, i);
                EXPECT_EQ(low_scale(out, i), *std::max_element(r.begin(), r.end()) / 127.0F);
            }
        }
    }
}

// One sample, so the quantile is that of its magnitudes.
TEST(RegroupRotation, AQuantileIsOfTheRotatedRowToo) {
    for (const Trace& trace : traces()) {
        Observation how = Observer::Percentile;
        how.alpha = 0.9F;
        const Trace out = regrouped(trace, rotated_target(false, how));
        std::vector<float> r = rotated_magnitudes(out, 0);
        std::sort(r.begin(), r.end());
        const auto rank = static_cast<std::size_t>(0.9F * static_cast<float>(r.size() - 1));
        EXPECT_GE(low_scale(out, 0), r[rank] / 127.0F * 0.9999F);
        EXPECT_LE(low_scale(out, 0), r[rank + 1] / 127.0F * 1.0001F);
    }
}

// What the float layer makes is near what the quantized one does.
TEST(RegroupRotation, TheUsualObserverSeesTheFloatLayer) {
    for (const Trace& trace : traces()) {
        TargetScales usual = rotated_target(false);
        usual.observer = Observer::MinMax;
        const float of_codes = low_scale(regrouped(trace, rotated_target(false)), 0);
        EXPECT_NEAR(low_scale(regrouped(trace, usual), 0) / of_codes, 1, 0.1);
    }
}

TEST(RegroupRotation, EveryRecordedTensorIsGoldens) {
    for (const Trace& trace : traces()) {
        for (const bool dense : {false, true}) {
            test::expect_prefill_is_goldens(regrouped(trace, rotated_target(dense)));
        }
    }
    for (const Trace& trace : traces(Phase::Decode)) {
        const Trace out = regrouped(trace, rotated_target(true));
        test::expect_decode_is_goldens(out);
        EXPECT_NE(out.recorded(1, "unrotate.output"), nullptr);
    }
}

TEST(RegroupRotation, OneRandomMatrixIsInTheTraceAndItsSeedNoted) {
    const char* const note = "regroup.rotation_seed";
    const Trace trace = captured_mamba1(Precision::W8A8);
    const Trace dense = regrouped(trace, rotated_target(true), "dense");
    EXPECT_EQ(matrix_of(dense), random_rotation(256));
    EXPECT_EQ(dense.info().notes.at(note), std::to_string(kRotationSeed));
    EXPECT_EQ(spell_x_codes(dense.info().x_codes), "rotated8-dense");
    const Trace again = regrouped(dense, rotated_target(true), "again");
    EXPECT_EQ(again.info().data_sha256, dense.info().data_sha256);
    EXPECT_EQ(again.info().notes.at(note), std::to_string(kRotationSeed));
    const Trace mixed = regrouped(dense, {rotated_target(false), rotated_target(true)}, "mixed");
    EXPECT_EQ(matrix_of(mixed), matrix_of(dense));
    const Trace plain = regrouped(dense, rotated_target(false), "plain");
    EXPECT_TRUE(matrix_of(plain).empty());
    EXPECT_EQ(plain.info().notes.count(note), 0U);
    EXPECT_EQ(regrouped(plain, TargetScales{}, "int8")
                  .find("backbone.layers.0.mixer.conv1d.x_low_"
                        "scales"),
              nullptr);
}

// A matrix that someone learned stays theirs.
TEST(RegroupRotation, AMatrixThatIsInTheTraceIsKept) {
    const Trace dense = regrouped(captured_mamba1(), rotated_target(true), "dense");
    std::vector<Half> other = random_rotation(256, 99);
    std::string bytes(reinterpret_cast<const char*>(dense.find("backbone.x_rotation")->data),
                      dense.find("backbone.x_rotation")->bytes());
    std::string content = test::read_file(dense.path());
    content.replace(content.find(bytes), bytes.size(),
                    std::string(reinterpret_cast<const char*>(other.data()), bytes.size()));
    const std::string path = test::temp_path("learned");
    test::write_file(path, content);
    const Trace unsealed = Trace::open(path);
    const std::string promised = unsealed.info().data_sha256;
    content.replace(content.find(promised), promised.size(), unsealed.computed_data_sha256());
    test::write_file(path, content);
    EXPECT_EQ(matrix_of(regrouped(Trace::open(path), rotated_target(true), "kept")), other);
}

TEST(RegroupRotation, ATableIsRefused) {
    const Trace trace = captured_mamba1();
    TargetScales cells = test::cells(4, 4);
    cells.x_code = golden::rotated_code(false);
    try {
        regrouped(trace, cells, "refused");
        FAIL() << "accepted a table";
    } catch (const TraceError& error) {
        EXPECT_NE(std::string(error.what()).find("without a table of scales"), std::string::npos);
    }
}

TEST(RegroupRotation, StatisticsCountWhatTheRotatedRowsCodesHold) {
    Observation how = Observer::Percentile;
    how.alpha = 0.8F;
    for (const Trace& trace : traces()) {
        const Trace out = regrouped(trace, rotated_target(true, how));
        each_layer_statistics(out, {0, 2}, [&](const LayerStatistics& layer) {
            const float scale = low_scale(out, layer.layer);
            const std::vector<float> r = rotated_magnitudes(out, layer.layer);
            ASSERT_EQ(layer.cells.size(), 1U);
            EXPECT_EQ(layer.cells[0].low, scale);
            EXPECT_EQ(layer.cells[0].flagged.elements, 0U);
            // -128 is a code, but 128 is none: near enough to bound the count from both sides.
            const auto above = [&](float limit) {
                return static_cast<std::uint64_t>(std::count_if(
                    r.begin(), r.end(), [&](float value) { return value / scale >= limit; }));
            };
            EXPECT_GT(above(128.5F), r.size() / 100);
            EXPECT_GE(layer.cells[0].unflagged.saturated(), above(128.5F));
            EXPECT_LE(layer.cells[0].unflagged.saturated(), above(127.5F));
        });
    }
}

}  // namespace
}  // namespace mambasic::traces::synth
