// Synthetic Mamba2 traces, and 4-bit ones of both families.
#include <gtest/gtest.h>

#include <cmath>
#include <tuple>

#include "handmade_trace.h"
#include "replayed.h"
#include "tiny_options.h"
#include "traces/error.h"
#include "traces/synth/mamba2_calibrate.h"
#include "traces/synth/mamba2_quantized.h"
#include "traces/synth/out_proj.h"
#include "traces/synth/replay.h"

namespace mambasic::traces::synth {
namespace {

using test::made;
using test::temp_path;
using test::tiny2_dims;
using test::tiny2_options;

using Kind = std::tuple<Scheme, Precision>;

class SynthesizeMamba2 : public testing::TestWithParam<Kind> {
protected:
    static SynthOptions options(Phase phase = Phase::Prefill) {
        return tiny2_options(std::get<0>(GetParam()), std::get<1>(GetParam()), phase);
    }
};

INSTANTIATE_TEST_SUITE_P(Kinds, SynthesizeMamba2,
                         testing::Combine(testing::Values(Scheme::Quamba1, Scheme::Quamba2),
                                          testing::Values(Precision::W8A8, Precision::W4A8)));

TEST_P(SynthesizeMamba2, SameOptionsSameBytes) {
    for (const Phase phase : {Phase::Prefill, Phase::Decode}) {
        SynthOptions changed = options(phase);
        synthesize(changed, temp_path("first"));
        synthesize(changed, temp_path("second"));
        EXPECT_EQ(test::read_file(temp_path("first")), test::read_file(temp_path("second")));
        changed.seed = 2;
        synthesize(changed, temp_path("second"));
        EXPECT_NE(test::read_file(temp_path("first")), test::read_file(temp_path("second")));
    }
}

TEST_P(SynthesizeMamba2, RecordedIsWhatGoldenGives) {
    test::expect_prefill_is_goldens(made(options(), "replay"));
}

TEST_P(SynthesizeMamba2, DecodeIsStepAfterStepThroughAllLayers) {
    SynthOptions two = options(Phase::Decode);
    two.batch = 2;
    test::expect_decode_is_goldens(made(two, "decode"));
    test::expect_decode_is_goldens(made(options(Phase::Decode), "decode"));  // one row
}

TEST_P(SynthesizeMamba2, DecodeStartsWhereThePromptEnds) {
    const SynthOptions prompted = options(Phase::Decode);
    test::expect_states_of_the_prompt(prompted, made(prompted, "prompted"));
}

TEST_P(SynthesizeMamba2, ShapesOnlyHasTheSameLayoutWithoutData) {
    SynthOptions shapes_only = options();
    const Trace full = made(shapes_only, "full");
    shapes_only.shapes_only = true;
    const Trace shapes = made(shapes_only, "shapes");
    ASSERT_EQ(full.tensors().size(), shapes.tensors().size());
    for (std::size_t i = 0; i < full.tensors().size(); ++i) {
        EXPECT_EQ(full.tensors()[i].name, shapes.tensors()[i].name);
        EXPECT_EQ(full.tensors()[i].shape, shapes.tensors()[i].shape);
    }
}

WeightOptions weights_of(const SynthOptions& options) {
    return {options.dims, options.seed, options.outlier_share};
}

Sample first_input(const Trace& trace) {
    return {trace.info().tokens, trace.find("trace.embedding.output")->as<arith::Half>(), nullptr,
            trace.info().epsilon};
}

// The layer as the synthesizer calibrates it.
struct Calibrated {
    Calibrated(const SynthOptions& options, const Sample& sample)
        : floats(draw_mamba2_layer(weights_of(options), 0)),
          grouping(grouping_for(options, sample, floats)),
          observers(options.dims, {options.scheme}, grouping) {
        reorder(options.dims, grouping, floats);
        y = calibrate(options.dims, floats, sample, observers);
    }
    static Grouping grouping_for(const SynthOptions& options, const Sample& sample,
                                 const Mamba2Floats& floats) {
        if (options.scheme == Scheme::Quamba1) return ungrouped(options.dims);
        std::vector<float> statistic(options.dims.d_inner, 0.0F);
        observe_channels(options.dims, floats, sample, statistic);
        return group_channels(options.dims, options.groups, statistic);
    }

    Mamba2Floats floats;
    Grouping grouping;
    Mamba2Observers observers;
    std::vector<float> y;
};

// kernels.md 6.3.
TEST_P(SynthesizeMamba2, ScalesGoWhereTheyBelong) {
    const Trace trace = made(options(), "scales");
    const Calibrated expected(options(), first_input(trace));
    const Mamba2Observers& seen = expected.observers;
    const Mamba2Layer layer = trace.mamba2_layer(0);
    EXPECT_EQ(layer.norm_output_scale, seen.in_proj_input.scale());
    EXPECT_EQ(layer.in_proj.a, seen.in_proj_input.scale());
    EXPECT_EQ(layer.z_scale, seen.z.scale());
    EXPECT_EQ(layer.conv_x.input_scale, seen.x.scale());
    EXPECT_EQ(layer.conv_b.input_scale, seen.b.scale());
    EXPECT_EQ(layer.conv_c.input_scale, seen.c.scale());
    EXPECT_EQ(layer.dt_scale, seen.dt.scale());
    EXPECT_EQ(layer.had_scale, static_cast<double>(seen.out_proj_input.scale()));
    EXPECT_EQ(layer.out_proj.a, seen.out_proj_input.scale());
    const std::vector<float> x = seen.conv_out.x().x_scales();
    const std::vector<float> b = seen.conv_out.b_scales();
    const std::vector<float> states = seen.conv_out.x().state_scales();
    ASSERT_EQ(layer.groups.shape.cells(), x.size());
    ASSERT_EQ(layer.groups.state_columns * x.size(), states.size());
    ASSERT_EQ(layer.bc_scales, b.size());
    EXPECT_TRUE(std::equal(x.begin(), x.end(), layer.groups.x_scales));
    EXPECT_TRUE(std::equal(states.begin(), states.end(), layer.groups.state_scales));
    EXPECT_TRUE(std::equal(b.begin(), b.end(), layer.b_scales));
    EXPECT_EQ(layer.c_scales[b.size() - 1], seen.conv_out.c_scales().back());
    const std::size_t grouped = std::get<0>(GetParam()) == Scheme::Quamba2 ? 2 : 1;
    EXPECT_EQ(b.size(), grouped);
    EXPECT_EQ(x.size(), grouped == 2 ? 32U : 1U);
    EXPECT_EQ(layer.groups.state_columns, grouped == 2 ? 16U : 1U);
}

double sqnr_db(const std::vector<float>& exact, const arith::Half* quantized) {
    double signal = 0;
    double noise = 0;
    for (std::size_t i = 0; i < exact.size(); ++i) {
        const auto want = static_cast<double>(exact[i]);
        const double error = static_cast<double>(arith::from_half(quantized[i])) - want;
        signal += want * want;
        noise += error * error;
    }
    return 10 * std::log10(signal / noise);
}

double scan_sqnr_db(const SynthOptions& options) {
    const Trace trace = made(options, "sqnr");
    const Calibrated exact(options, first_input(trace));
    return sqnr_db(exact.y, trace.recorded(0, "scan.output")->as<arith::Half>());
}

TEST_P(SynthesizeMamba2, QuantizedScanStaysCloseToTheUnquantizedOne) {
    const double db = scan_sqnr_db(options());
    EXPECT_GT(db, 12);  // 4 bits lose something, not everything
    EXPECT_LT(db, 60);  // and more than nothing
}

TEST(SynthesizeMamba2, GroupScalesAreWorthHaving) {
    const double one = scan_sqnr_db(tiny2_options(Scheme::Quamba1, Precision::W8A8));
    const double groups = scan_sqnr_db(tiny2_options(Scheme::Quamba2, Precision::W8A8));
    EXPECT_GT(groups, one + 1);
}

// The reorder moves channels of a layer whose scales are per tensor: what the scan gives is moved
// and otherwise the same to the bit; what the layer gives differs only in how sums associate and in
// where out_proj's rotated weights round.
TEST(SynthesizeMamba2, ReorderLeavesTheLayerAsItWas) {
    const SynthOptions options = tiny2_options(Scheme::Quamba1, Precision::W8A8);
    const Dims& dims = options.dims;
    const Trace trace = made(options, "reorder");
    const Calibrated plain(options, first_input(trace));
    SynthOptions grouped = tiny2_options(Scheme::Quamba2, Precision::W8A8);
    Grouping moved = Calibrated::grouping_for(grouped, first_input(trace),
                                              draw_mamba2_layer(weights_of(options), 0));
    std::vector<golden::LayerTensors> results;
    for (const Grouping& order : {ungrouped(dims), moved}) {
        Mamba2Floats floats = draw_mamba2_layer(weights_of(options), 0);
        std::vector<float> out_proj = draw_out_proj(weights_of(options), 0);
        reorder(dims, order, floats);
        reorder_and_rotate(order, out_proj);
        QuantizedMamba2 layer(dims, options.precision, floats, out_proj);
        layer.set_scales(ungrouped(dims), plain.observers);
        Stream input;
        const auto* hidden = trace.find("trace.embedding.output")->as<arith::Half>();
        input.hidden.assign(hidden, hidden + trace.info().tokens * dims.d_model);
        golden::LayerState state;
        results.push_back(run_layer(trace.info(), {}, layer.view(), input, state));
    }
    ASSERT_NE(moved.channels, ungrouped(dims).channels);
    std::vector<float> exact;
    for (std::size_t i = 0; i < results[0].scan.size(); ++i) {
        const std::size_t from = i - i % dims.d_inner + moved.channels[i % dims.d_inner];
        EXPECT_EQ(results[1].scan[i], results[0].scan[from]) << i;
    }
    for (const arith::Half value : results[0].out_proj) exact.push_back(arith::from_half(value));
    EXPECT_GT(sqnr_db(exact, results[1].out_proj.data()), 25);
}

// Worked out from kernels.md 6.2: one channel of x, two states, two SSD groups.
TEST(ConvOutObservers, Quamba2TakesTheMaximumOfEachCell) {
    Dims dims;
    dims.family = Family::Mamba2;
    dims.d_inner = 4;
    dims.d_state = 2;
    dims.heads = 2;
    dims.head_dim = 2;
    dims.groups = 2;
    Grouping grouping = ungrouped(dims);
    grouping.shape = {2, 1, 1};
    grouping.cells = {0, 0, 1, 1};
    ConvOutObservers observers(dims, {Scheme::Quamba2}, grouping);
    // x | B | C of two tokens; groups of two in each.
    observers.observe_conv({1, -3, 0.5F, 0,      /*B*/ 1, 2, 3, 4,   /*C*/ -127, 0, 0,   0.25F,  //
                            2, 2,  0,    -0.25F, /*B*/ 0, 0, 0, 254, /*C*/ 1,    1, 127, 1});
    observers.observe_state({1, 2, -5, 1, 7, 0, 0, 9});  // [4][2]
    observers.observe_state({0, 0, 0, 3, 0, 0, 0, 0});
    EXPECT_EQ(observers.x().x_scales(), (std::vector<float>{3.0F / 127, 0.5F / 127}));
    EXPECT_EQ(observers.x().state_scales(),
              (std::vector<float>{5.0F / 127, 3.0F / 127, 7.0F / 127, 9.0F / 127}));
    const float two = arith::from_half(arith::to_half(2.0F / 127));  // FP16, as B's observer has it
    EXPECT_EQ(observers.b_scales(), (std::vector<float>{two, 2.0F}));
    EXPECT_EQ(observers.c_scales(), (std::vector<float>{1.0F, 1.0F}));
}

TEST(Synthesize, FourBitMamba1IsWhatGoldenGives) {
    SynthOptions options = test::tiny_options();
    options.dims = {128, 256, 16, 4, 16, 2, 256};
    options.precision = Precision::W4A8;
    const Trace trace = made(options, "w4");
    EXPECT_EQ(trace.mamba1_layer(0).x_proj.kind, LinearKind::W4);
    EXPECT_EQ(trace.mamba1_layer(0).dt_proj.kind, LinearKind::W8);
    EXPECT_EQ(trace.head().lm_head.kind, LinearKind::W4);
    test::expect_prefill_is_goldens(trace);
    options.phase = Phase::Decode;
    test::expect_decode_is_goldens(made(options, "w4"));
}

TEST(SynthesizeMamba2, OptionsThatContradict) {
    const auto refused = [](SynthOptions options, const std::string& message) {
        const std::string path = temp_path("refused");
        try {
            synthesize(options, path);
            FAIL() << "accepted; expected " << message;
        } catch (const TraceError& error) {
            EXPECT_NE(std::string(error.what()).find(message), std::string::npos) << error.what();
        }
        EXPECT_FALSE(std::filesystem::exists(path));
    };
    SynthOptions options = test::tiny_options();
    options.scheme = Scheme::Quamba2;
    refused(options, "needs a network of family mamba2");
    options = test::tiny_options();
    options.precision = Precision::W4A8;
    refused(options, "96 is not a multiple of 128");
    options = tiny2_options(Scheme::Quamba2, Precision::W8A8);
    options.groups.head_groups = 5;
    refused(options, "5x4 is outside [1x1, 4x32]");
    options = tiny2_options(Scheme::Quamba1, Precision::W8A8);
    options.groups = {2, 4, 4};
    refused(options, "'quamba1' has no table of groups");
}

}  // namespace
}  // namespace mambasic::traces::synth
