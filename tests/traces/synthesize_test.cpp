// Synthetic traces: deterministic, complete, heavy-tailed, close to the unquantized layer, and with
// recorded outputs that golden gives again.
#include "traces/synth/synthesize.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "handmade_trace.h"
#include "replayed.h"
#include "tiny_options.h"
#include "traces/describe.h"
#include "traces/error.h"
#include "traces/synth/mamba1_calibrate.h"

namespace mambasic::traces::synth {
namespace {

using test::made;
using test::temp_path;
using test::tiny_options;

TEST(Synthesize, SameOptionsSameBytes) {
    for (const Phase phase : {Phase::Prefill, Phase::Decode}) {
        SynthOptions options = tiny_options(phase);
        synthesize(options, temp_path("first"));
        synthesize(options, temp_path("second"));
        EXPECT_EQ(test::read_file(temp_path("first")), test::read_file(temp_path("second")));
        options.seed = 2;
        synthesize(options, temp_path("second"));
        EXPECT_NE(test::read_file(temp_path("first")), test::read_file(temp_path("second")));
    }
}

TEST(Synthesize, SameBytesOnEveryMachine) {
    // Written down once, on x86-64 with GCC 12; another compiler or machine must agree.
    EXPECT_EQ(made(tiny_options(), "hash").info().data_sha256,
              "23aab87e18cf75533d61f94b4b43d5148994c7001eab64967ab2e5b0e74808d6");
    EXPECT_EQ(made(tiny_options(Phase::Decode), "hash").info().data_sha256,
              "2f7a070bb783b906a277f4499087ab0acf0d22e7b0ef124c31abfca86344b059");
}

TEST(Synthesize, ALayerDoesNotDependOnHowManyFollow) {
    SynthOptions options = tiny_options();
    const Trace two = made(options, "two");
    options.layers = 1;
    const Trace one = made(options, "one");
    const Tensor* a = one.recorded(0, "out_proj.output");
    const Tensor* b = two.recorded(0, "out_proj.output");
    EXPECT_EQ(std::memcmp(a->data, b->data, a->bytes()), 0);
    EXPECT_EQ(one.mamba1_layer(0).u_scale, two.mamba1_layer(0).u_scale);
}

TEST(Synthesize, RecordedIsWhatGoldenGives) {
    test::expect_prefill_is_goldens(made(tiny_options(), "replay"));
}

TEST(Synthesize, DecodeIsStepAfterStepThroughAllLayers) {
    SynthOptions options = tiny_options(Phase::Decode);
    options.batch = 2;
    test::expect_decode_is_goldens(made(options, "decode"));
}

// One row takes the matrix-vector epilogue.
TEST(Synthesize, DecodeOfOneSequenceIsStepAfterStep) {
    test::expect_decode_is_goldens(made(tiny_options(Phase::Decode), "decode"));
}

TEST(Synthesize, DecodeStartsWhereThePromptEnds) {
    const SynthOptions options = tiny_options(Phase::Decode);
    test::expect_states_of_the_prompt(options, made(options, "prompted"));
}

std::vector<float> conv_outputs(const Trace& trace) {
    std::vector<float> values;
    for (std::uint32_t i = 0; i < trace.info().layers; ++i) {
        const Tensor* codes = trace.recorded(i, "conv1d.output");
        for (std::uint64_t j = 0; j < codes->elements(); ++j) {
            values.push_back(static_cast<float>(codes->as<std::int8_t>()[j]) *
                             trace.mamba1_layer(i).u_scale);
        }
    }
    return values;
}

// Largest conv input over the 99 % quantile of its magnitude, in the codes of in_proj's x half.
float tail_of_x(const Trace& trace) {
    const Tensor* tensor = trace.recorded(0, "in_proj.output");
    const std::size_t width = trace.info().dims.d_inner;
    std::vector<float> x;
    for (std::size_t row = 0; row < trace.info().tokens; ++row) {
        for (std::size_t c = 0; c < width; ++c) {
            const int code = tensor->as<std::int8_t>()[row * 2 * width + c];
            x.push_back(std::fabs(static_cast<float>(code)));
        }
    }
    std::vector<float> copy = x;
    return *std::max_element(x.begin(), x.end()) / quantile(copy, 0.99F);
}

TEST(Synthesize, ConvOutputsHaveSilusSkewAndALongTail) {
    const Trace trace = made(tiny_options(), "tail");
    std::vector<float> values = conv_outputs(trace);
    const float largest = *std::max_element(values.begin(), values.end());
    const float lowest = *std::min_element(values.begin(), values.end());
    EXPECT_GE(lowest, -0.2785F - trace.mamba1_layer(0).u_scale);  // SiLU's minimum
    EXPECT_LT(lowest, -0.2F);
    double squares = 0;
    double fourths = 0;
    for (const float value : values) {
        const double v = static_cast<double>(value) * static_cast<double>(value);
        squares += v;
        fourths += v * v;
    }
    const double kurtosis = fourths * static_cast<double>(values.size()) / (squares * squares);
    EXPECT_GT(kurtosis, 20);  // a normal has 3
    EXPECT_GT(largest, 5.0F);
}

TEST(Synthesize, OutlierShareControlsTheTail) {
    SynthOptions options = tiny_options();
    options.outlier_share = 0;
    const float without = tail_of_x(made(options, "tail"));
    options.outlier_share = 0.005F;
    const float with = tail_of_x(made(options, "tail"));
    EXPECT_LT(without, 2.0F);
    EXPECT_GT(with, 3.0F);
}

TEST(Synthesize, ScalesAreWhatTheObserversMakeOfTheInput) {
    SynthOptions options = tiny_options();
    options.calibration_tokens = 20;
    options.sample_tokens = 8;  // samples of 8, 8 and 4 tokens
    const Trace trace = made(options, "scales");
    const TraceInfo& info = trace.info();
    const WeightOptions weights{info.dims, options.seed, options.outlier_share};
    const auto* hidden = trace.find("trace.embedding.output")->as<arith::Half>();
    Mamba1Observers observers(info.dims, {}, ungrouped(info.dims));
    for (const auto& [first, count] :
         {std::pair<std::size_t, std::uint32_t>{0, 8}, {8, 8}, {16, 4}}) {
        const Sample sample{count, hidden + first * info.dims.d_model, nullptr, info.epsilon};
        calibrate(info.dims, draw_mamba1_layer(weights, 0), sample, observers);
    }
    const Mamba1Layer layer = trace.mamba1_layer(0);
    EXPECT_EQ(layer.norm_output_scale, observers.in_proj_input.scale());
    EXPECT_EQ(layer.conv_input_scale, observers.in_proj_output.scale());
    EXPECT_EQ(layer.z_scale, observers.in_proj_output.scale());
    EXPECT_EQ(layer.u_scale, observers.x.x_scales()[0]);
    EXPECT_EQ(layer.c_scale, observers.x_proj_output.scale());
    EXPECT_EQ(layer.dt_scale, observers.dt_proj_output.scale());
    EXPECT_EQ(layer.ssm_state_scale, observers.x.state_scales()[0]);
    EXPECT_EQ(layer.had_scale, static_cast<double>(observers.out_proj_input.scale()));
    EXPECT_EQ(layer.in_proj.a, static_cast<float>(static_cast<double>(layer.norm_output_scale) /
                                                  static_cast<double>(layer.conv_input_scale)));
    EXPECT_EQ(layer.out_proj.alpha, layer.out_proj.a * layer.out_proj.b);
}

TEST(Synthesize, QuantizedScanStaysCloseToTheUnquantizedOne) {
    const SynthOptions options = tiny_options();
    const Trace trace = made(options, "sqnr");
    const TraceInfo& info = trace.info();
    const WeightOptions weights{info.dims, options.seed, options.outlier_share};
    const auto* hidden = trace.find("trace.embedding.output")->as<arith::Half>();
    Mamba1Observers ignored(info.dims, {}, ungrouped(info.dims));
    const std::vector<float> exact =
        calibrate(info.dims, draw_mamba1_layer(weights, 0),
                  {info.tokens, hidden, nullptr, info.epsilon}, ignored);
    const auto* quantized = trace.recorded(0, "scan.output")->as<arith::Half>();
    double signal = 0;
    double noise = 0;
    for (std::size_t i = 0; i < exact.size(); ++i) {
        const auto want = static_cast<double>(exact[i]);
        const double error = static_cast<double>(arith::from_half(quantized[i])) - want;
        signal += want * want;
        noise += error * error;
    }
    const double sqnr_db = 10 * std::log10(signal / noise);
    EXPECT_GT(sqnr_db, 15);  // Quamba1 loses something, not everything
    EXPECT_LT(sqnr_db, 60);  // and more than nothing
}

TEST(Synthesize, ShapesOnlyHasTheSameLayoutWithoutData) {
    SynthOptions options = tiny_options();
    const Trace full = made(options, "full");
    options.shapes_only = true;
    const Trace shapes = made(options, "shapes");
    ASSERT_EQ(full.tensors().size(), shapes.tensors().size());
    for (std::size_t i = 0; i < full.tensors().size(); ++i) {
        EXPECT_EQ(full.tensors()[i].name, shapes.tensors()[i].name);
        EXPECT_EQ(full.tensors()[i].shape, shapes.tensors()[i].shape);
    }
    EXPECT_LT(shapes.file_bytes(), 2048U);
}

TEST(Synthesize, OptionsThatContradict) {
    const auto refused = [](const std::function<void(SynthOptions&)>& change) {
        SynthOptions options = tiny_options(Phase::Decode);
        change(options);
        const std::string path = temp_path("refused");
        EXPECT_THROW(synthesize(options, path), TraceError);
        EXPECT_FALSE(std::filesystem::exists(path));
    };
    refused([](SynthOptions& o) { o.layers = 3; });
    refused([](SynthOptions& o) { o.tokens = 0; });
    refused([](SynthOptions& o) { o.prompt_tokens = 0; });
    refused([](SynthOptions& o) { o.outlier_share = 1.5F; });
    refused([](SynthOptions& o) { o.calibration_tokens = 0; });
    refused([](SynthOptions& o) { o.sample_tokens = 0; });
}

TEST(Synthesize, ReportsProgressByLayer) {
    std::vector<std::uint32_t> seen;
    synthesize(tiny_options(), temp_path("progress"), [&](std::uint32_t done, std::uint32_t of) {
        EXPECT_EQ(of, 2U);
        seen.push_back(done);
    });
    EXPECT_EQ(seen, (std::vector<std::uint32_t>{1, 2}));
}

TEST(Describe, SaysWhatTheTraceIs) {
    const Trace trace = made(tiny_options(), "described");
    const auto rows = describe(trace);
    const auto value = [&rows](const std::string& label) {
        for (const auto& row : rows) {
            if (row.first == label) return row.second;
        }
        return std::string("absent");
    };
    EXPECT_EQ(value("model"), "tiny");
    EXPECT_EQ(value("phase"), "prefill");
    EXPECT_EQ(value("synth.seed"), "1");
    EXPECT_EQ(value("header_sha256"), trace.header_sha256());
    // Per layer: 10 F64, 8 F32 factors of linears and 9 of the scan.
    EXPECT_EQ(scales(trace).size(), 2U * 27U);
    EXPECT_EQ(scales(trace)[0].name, "norm.output_scale");
}

TEST(Validate, FindsAFlippedBitAndRemarksOnScalesThatPart) {
    const std::string path = temp_path("flipped");
    synthesize(tiny_options(), path);
    EXPECT_TRUE(validate(Trace::open(path)).empty());
    std::string content = test::read_file(path);
    content[content.size() - 1] = static_cast<char>(content[content.size() - 1] ^ 1);
    test::write_file(path, content);
    EXPECT_THROW(validate(Trace::open(path)), TraceError);

    test::write_trace(path, test::small_info(), [](const Tensor& tensor, test::Bytes& bytes) {
        const float other = 0.5F;
        if (tensor.name != "backbone.layers.1.mixer.selective_scan.C_scale") return;
        std::memcpy(bytes.data(), &other, sizeof(other));
    });
    const std::vector<std::string> remarks = validate(Trace::open(path));
    ASSERT_EQ(remarks.size(), 1U);
    EXPECT_EQ(remarks[0],
              "layer 1: selective_scan.B_scale = 0.25 differs from selective_scan.C_scale = 0.5; "
              "upstream gives them one observer");
}

}  // namespace
}  // namespace mambasic::traces::synth
