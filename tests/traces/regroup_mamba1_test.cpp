// A Mamba1 trace given groups of scales, other groups, one scale: what moves, what stays.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "packed_copy.h"
#include "regrouped.h"
#include "traces/describe.h"
#include "traces/error.h"
#include "traces/synth/regroup.h"
#include "traces/synth/slice.h"

namespace mambasic::traces::synth {
namespace {

using test::captured_mamba1;
using test::cells;
using test::channels_moved;
using test::kOne;
using test::made;
using test::regrouped;
using test::temp_path;

/// Of captured_mamba1's network.
constexpr TargetScales kPerChannel = cells(16, 16);

std::vector<std::size_t> moved_from(const Trace& before, const Trace& after, std::uint32_t index) {
    return channels_moved(before.mamba1_layer(index).in_proj, after.mamba1_layer(index).in_proj,
                          before.info().dims);
}

template <typename T>
bool same_row(const T* after, std::size_t row, const T* before, std::size_t old_row,
              std::size_t width) {
    return std::equal(after + row * width, after + (row + 1) * width, before + old_row * width);
}

void expect_moved(const Trace& before, const Trace& after, std::uint32_t index) {
    const Dims& dims = before.info().dims;
    const Mamba1Layer was = before.mamba1_layer(index);
    const Mamba1Layer is = after.mamba1_layer(index);
    const std::vector<std::size_t> from = moved_from(before, after, index);
    ASSERT_EQ(from.size(), dims.d_inner) << "a row of in_proj is new";
    EXPECT_FALSE(std::is_sorted(from.begin(), from.end())) << "nothing moved";
    const std::size_t e = dims.d_inner;
    for (std::size_t c = 0; c < e; ++c) {
        const std::size_t old = from[c];
        EXPECT_TRUE(
            same_row(is.in_proj.weight, e + c, was.in_proj.weight, e + old, dims.d_model));  // z
        EXPECT_TRUE(same_row(is.conv_weight, c, was.conv_weight, old, 4));
        EXPECT_TRUE(same_row(is.dt_proj.weight, c, was.dt_proj.weight, old, dims.dt_rank));
        EXPECT_TRUE(same_row(is.a_log, c, was.a_log, old, dims.d_state));
        EXPECT_EQ(is.conv_bias[c], was.conv_bias[old]);
        EXPECT_EQ(is.dt_bias[c], was.dt_bias[old]);
        EXPECT_EQ(is.d[c], was.d[old]);
    }
}

TEST(RegroupMamba1, ChannelsMoveWithTheirCodes) {
    for (const Precision precision : {Precision::W8A8, Precision::W4A8}) {
        const Trace one = captured_mamba1(precision);
        const Trace unordered = regrouped(one, kPerChannel, "unordered");
        for (const Trace* before : {&one, &unordered}) {
            const Trace after = regrouped(*before, cells(2, 3));
            EXPECT_EQ(after.info().scheme, "quamba2");
            EXPECT_EQ(after.info().groups, (GroupShape{1, 2, 3}));
            EXPECT_EQ(after.info().notes.at("regroup.of_header_sha256"), before->header_sha256());
            for (std::uint32_t i = 0; i < 2; ++i) expect_moved(*before, after, i);
        }
    }
}

TEST(RegroupMamba1, RecordedIsWhatGoldenGives) {
    for (const Precision precision : {Precision::W8A8, Precision::W4A8}) {
        const Trace prefill = captured_mamba1(precision);
        const Trace decode = captured_mamba1(precision, Phase::Decode, "decode");
        for (const TargetScales& target : {kOne, kPerChannel, cells(1, 1), cells(4, 4)}) {
            const Trace once = regrouped(prefill, target, "once");
            EXPECT_EQ(validate(once), (std::vector<std::string>{}));
            test::expect_prefill_is_goldens(once);
            test::expect_prefill_is_goldens(regrouped(once, cells(3, 2)));
            const Trace step = regrouped(decode, target, "step");
            test::expect_decode_is_goldens(step);
            test::expect_decode_is_goldens(regrouped(step, kOne));
        }
    }
}

// And its scales are of both sequences: those of one are at most as large.
TEST(RegroupMamba1, PromptsMayBeSeveral) {
    SynthOptions options = test::tiny_options();
    options.batch = 2;
    const Trace before = made(options, "captured");
    const Trace trace = regrouped(before, cells(4, 4));
    const TraceInfo& info = trace.info();
    test::Flow flow;
    flow.hidden = golden::embed(info.dims, trace.head(), trace.tokens(), 2ULL * info.tokens);
    for (std::uint32_t i = 0; i < info.layers; ++i) {
        golden::LayerState state;
        test::prefill(trace, i, info.tokens, flow, state);
        test::expect_layer_recorded(trace, i, flow.out, state);
        flow.next();
    }
    const auto* codes = trace.recorded(0, "conv1d.output")->as<std::int8_t>();
    const std::size_t half = std::size_t{info.tokens} * info.dims.d_inner;
    for (const std::int8_t* sequence : {codes, codes + half}) {
        const auto at_the_end = std::count_if(
            sequence, sequence + half, [](std::int8_t code) { return std::abs(int{code}) >= 127; });
        EXPECT_LT(at_the_end, 32) << "scales of the other sequence";
    }
}

TEST(RegroupMamba1, LayersMayDiffer) {
    using Targets = std::vector<TargetScales>;
    const Trace before = captured_mamba1();
    const Trace hybrid = regrouped(before, Targets{kOne, cells(4, 4)}, "hybrid");
    EXPECT_EQ(hybrid.info().scheme, "hybrid");
    EXPECT_FALSE(hybrid.mamba1_layer(0).groups.has_value());
    EXPECT_EQ(hybrid.mamba1_layer(1).groups->shape, (GroupShape{1, 4, 4}));
    test::expect_prefill_is_goldens(hybrid);
    const Trace other = regrouped(hybrid, Targets{cells(2, 2), kOne}, "other");
    test::expect_prefill_is_goldens(other);
    EXPECT_EQ(regrouped(other, kOne, "one").info().scheme, "quamba1");
    const Trace decode = captured_mamba1(Precision::W4A8, Phase::Decode, "decode");
    test::expect_decode_is_goldens(regrouped(decode, Targets{cells(3, 5), kOne}));
    slice(hybrid, 1, 1, temp_path("part"));
    const Trace part = Trace::open(temp_path("part"));
    EXPECT_EQ(part.info().scheme, "quamba2");
    test::expect_recorded(
        part, "trace.layers.1.out_proj.output",
        std::vector<arith::Half>(hybrid.recorded(1, "out_proj.output")->as<arith::Half>(),
                                 hybrid.recorded(1, "out_proj.output")->as<arith::Half>() +
                                     hybrid.recorded(1, "out_proj.output")->elements()));
}

void expect_same(const Trace& a, const Trace& b, const std::string& name) {
    const Tensor& one = *a.find(name);
    const Tensor& other = *b.find(name);
    ASSERT_EQ(one.bytes(), other.bytes()) << name;
    EXPECT_EQ(std::memcmp(one.data, other.data, one.bytes()), 0) << name;
}

// One cell is one scale; only the state's scales, by n, are others.
TEST(RegroupMamba1, OneCellIsOneScale) {
    constexpr TargetScales kCell{Scheme::Quamba2, 1, 1, Observer::Percentile};
    for (const Precision precision : {Precision::W8A8, Precision::W4A8}) {
        const Trace before = captured_mamba1(precision);
        const Trace one = regrouped(before, kOne, "one");
        const Trace cell = regrouped(before, kCell, "cell");
        for (std::uint32_t i = 0; i < 2; ++i) {
            EXPECT_EQ(cell.mamba1_layer(i).groups->x_scales[0], one.mamba1_layer(i).u_scale);
        }
        for (const Tensor& tensor : one.tensors()) {
            const bool of_x_proj = tensor.name.find("x_proj") != std::string::npos;
            const bool recorded = tensor.name.rfind("trace.", 0) == 0;
            if (test::ends_with(tensor.name, "scan.state")) continue;
            if (of_x_proj || recorded) expect_same(one, cell, tensor.name);
        }
    }
}

// Scales that the target decides, the factors of out_proj, whose input they change, and x_proj.
bool recalibrated(const std::string& name) {
    for (const char* end :
         {"_range", "_out_scales", "conv1d.output_scale", "u_scale", "ssm_state_scale", "x_H_scale",
          "out_proj.a", "out_proj.alpha", "out_proj.input_scale"}) {
        if (test::ends_with(name, end)) return true;
    }
    return name.find("x_proj") != std::string::npos;
}

void expect_nothing_moved(const Trace& before, const TargetScales& target) {
    const Trace after = regrouped(before, target);
    for (const Tensor& tensor : after.tensors()) {
        const bool weight = tensor.name.rfind("backbone.", 0) == 0;
        if (weight && !recalibrated(tensor.name)) expect_same(before, after, tensor.name);
    }
}

TEST(RegroupMamba1, NothingMovesWhereNothingNeedsTo) {
    for (const Precision precision : {Precision::W8A8, Precision::W4A8}) {
        const Trace one = captured_mamba1(precision);
        const Trace groups = regrouped(one, cells(4, 4), "groups");
        for (const TargetScales& target : {kOne, kPerChannel, cells(1, 1)}) {
            expect_nothing_moved(one, target);
            expect_nothing_moved(groups, target);
        }
        for (const TargetScales& target : {cells(2, 2), cells(16, 1), cells(3, 5)}) {
            expect_nothing_moved(groups, target);  // stands in an order already
        }
    }
}

TEST(RegroupMamba1, TwiceIsOnce) {
    for (const Precision precision : {Precision::W8A8, Precision::W4A8}) {
        const Trace before = captured_mamba1(precision);
        for (const TargetScales& target : {kOne, kPerChannel, cells(4, 4), cells(3, 2)}) {
            const Trace once = regrouped(before, target, "once");
            const Trace twice = regrouped(once, target, "twice");
            EXPECT_EQ(once.info().data_sha256, twice.info().data_sha256);
        }
    }
}

double sqnr_db(const Tensor& want, const Tensor& got) {
    double signal = 0;
    double noise = 0;
    for (std::uint64_t i = 0; i < want.elements(); ++i) {
        const auto a = static_cast<double>(arith::from_half(want.as<arith::Half>()[i]));
        const auto b = static_cast<double>(arith::from_half(got.as<arith::Half>()[i]));
        signal += a * a;
        noise += (a - b) * (a - b);
    }
    return 10 * std::log10(signal / noise);
}

TEST(RegroupMamba1, TheNetworkStaysWhatItWas) {
    for (const Phase phase : {Phase::Prefill, Phase::Decode}) {
        const Trace before = captured_mamba1(Precision::W8A8, phase);
        for (const TargetScales& target : {kOne, kPerChannel, cells(2, 2), cells(4, 4)}) {
            const Trace after = regrouped(before, target, "after");
            const Trace back = regrouped(after, kOne, "back");
            for (const Trace* trace : {&after, &back}) {
                EXPECT_GT(sqnr_db(*before.recorded(0, "out_proj.output"),
                                  *trace->recorded(0, "out_proj.output")),
                          20)
                    << target.head_groups << "x" << target.dim_groups;
            }
        }
    }
}

TEST(RegroupMamba1, PackedCodesAreTheSameNetwork) {
    for (const Phase phase : {Phase::Prefill, Phase::Decode}) {
        const Trace plain = captured_mamba1(Precision::W4A8, phase);
        const Trace packed = test::packed_copy(plain, "packed");
        ASSERT_TRUE(packed.info().packed_w4);
        for (const TargetScales& target : {kOne, cells(4, 4)}) {
            EXPECT_EQ(regrouped(packed, target, "of_packed").info().data_sha256,
                      regrouped(plain, target).info().data_sha256);
        }
    }
}

TEST(RegroupMamba1, WorksOnASliceAndOnShapes) {
    const std::string path = temp_path("part");
    slice(captured_mamba1(), 1, 1, path);
    const Trace part = regrouped(Trace::open(path), cells(2, 3));
    EXPECT_EQ(part.info().first_layer, 1U);
    EXPECT_FALSE(part.info().has_head);
    EXPECT_EQ(part.mamba1_layer(0).groups->shape, (GroupShape{1, 2, 3}));
    SynthOptions options = test::tiny_options();
    options.shapes_only = true;
    const Trace shapes = regrouped(made(options, "shapes"), cells(12, 8), "grouped");
    EXPECT_EQ(shapes.info().groups, (GroupShape{1, 12, 8}));
    EXPECT_EQ(regrouped(shapes, kOne).info().scheme, "quamba1");
}

std::string refused(const Trace& trace, const TargetScales& target) {
    const std::string path = temp_path("refused");
    try {
        regroup(trace, target, path);
    } catch (const TraceError& error) {
        EXPECT_FALSE(std::filesystem::exists(path));
        return std::string(error.what()).substr(path.size() + 2);
    }
    return "accepted";
}

TEST(RegroupMamba1, RefusesWhatHasNoRoom) {
    const Trace trace = captured_mamba1();
    EXPECT_EQ(refused(trace, cells(17, 4)),
              "metadata 'table_groups': 17x4 is outside [1x1, 16x16], the heads that the channels "
              "count as, and the channels of one");
    EXPECT_NE(refused(trace, cells(4, 17)), "accepted");
    EXPECT_NE(refused(trace, cells(0, 1)), "accepted");
}

TEST(RegroupMamba1, OneScaleNeedsNoHeads) {
    SynthOptions options = test::tiny_options();
    options.dims = {20, 40, 8, 4, 4, 2, 64};  // 40 channels are no whole heads
    const Trace before = made(options, "captured");
    test::expect_prefill_is_goldens(regrouped(before, kOne));
    EXPECT_NE(refused(before, cells(1, 1)).find("40 is not a multiple of 16"), std::string::npos);
}

}  // namespace
}  // namespace mambasic::traces::synth
