// A trace given another scheme's scales: what moves, what stays, what is refused.
#include "traces/synth/regroup.h"

#include <gtest/gtest.h>

#include <cmath>

#include "packed_copy.h"
#include "regrouped.h"
#include "traces/describe.h"
#include "traces/error.h"
#include "traces/synth/slice.h"

namespace mambasic::traces::synth {
namespace {

using test::captured;
using test::cells;
using test::channels_moved;
using test::kOne;
using test::kPerChannel;
using test::made;
using test::regrouped;
using test::temp_path;
using test::tiny2_options;

void expect_moved(const Mamba2Layer& before, const Mamba2Layer& after, const Dims& dims) {
    const std::vector<std::size_t> from = channels_moved(before.in_proj, after.in_proj, dims);
    ASSERT_EQ(from.size(), dims.d_inner) << "a row of in_proj is new";
    EXPECT_FALSE(std::is_sorted(from.begin(), from.end())) << "nothing moved";
    const std::size_t k = dims.d_model;
    for (std::size_t c = 0; c < from.size(); ++c) {
        EXPECT_TRUE(std::equal(after.in_proj.weight + c * k, after.in_proj.weight + (c + 1) * k,
                               before.in_proj.weight + from[c] * k));  // z
        EXPECT_TRUE(std::equal(after.conv_weight + c * 4, after.conv_weight + (c + 1) * 4,
                               before.conv_weight + from[c] * 4));
        EXPECT_EQ(after.in_proj.column[dims.d_inner + c],
                  before.in_proj.column[dims.d_inner + from[c]]);
        EXPECT_EQ(after.conv_bias[c], before.conv_bias[from[c]]);
        EXPECT_EQ(after.gated_norm_weight[c], before.gated_norm_weight[from[c]]);
        const std::size_t head = c / dims.head_dim;
        const std::size_t old_head = from[c] / dims.head_dim;
        EXPECT_EQ(after.a_log[head], before.a_log[old_head]);
        EXPECT_EQ(after.d[head], before.d[old_head]);
        EXPECT_EQ(after.dt_bias[head], before.dt_bias[old_head]);
        const std::size_t dt = dims.in_proj_width() - dims.heads;
        EXPECT_TRUE(std::equal(after.in_proj.weight + (dt + head) * k,
                               after.in_proj.weight + (dt + head + 1) * k,
                               before.in_proj.weight + (dt + old_head) * k));
    }
    const std::size_t b = 2ULL * dims.d_inner;
    EXPECT_TRUE(std::equal(after.in_proj.weight + b * k,
                           after.in_proj.weight + (b + 2ULL * dims.bc_width()) * k,
                           before.in_proj.weight + b * k));
}

TEST(Regroup, ChannelsMoveWithTheirCodes) {
    for (const Precision precision : {Precision::W8A8, Precision::W4A8}) {
        const Trace one = captured(Scheme::Quamba1, precision);
        const Trace unordered = regrouped(one, kPerChannel, "unordered");
        for (const Trace* trace : {&one, &unordered}) {
            const Trace& before = *trace;
            const Trace after = regrouped(before, cells(2, 3));
            EXPECT_EQ(after.info().scheme, "quamba2");
            EXPECT_EQ(after.info().groups, (GroupShape{2, 2, 3}));
            EXPECT_EQ(after.info().notes.at("regroup.of_header_sha256"), before.header_sha256());
            for (std::uint32_t i = 0; i < before.info().layers; ++i) {
                expect_moved(before.mamba2_layer(i), after.mamba2_layer(i), before.info().dims);
            }
        }
    }
}

TEST(Regroup, RecordedIsWhatGoldenGives) {
    for (const Precision precision : {Precision::W8A8, Precision::W4A8}) {
        for (const Scheme scheme : {Scheme::Quamba1, Scheme::Quamba2}) {
            const Trace prefill = captured(scheme, precision);
            const Trace decode = captured(scheme, precision, Phase::Decode, "decode");
            for (const TargetScales& target : {kOne, kPerChannel, cells(2, 2), cells(4, 4)}) {
                const Trace made = regrouped(prefill, target);
                EXPECT_EQ(validate(made), (std::vector<std::string>{}));
                test::expect_prefill_is_goldens(made);
                test::expect_decode_is_goldens(regrouped(decode, target));
            }
        }
    }
}

TEST(Regroup, OneSsdGroup) {
    for (const Scheme scheme : {Scheme::Quamba1, Scheme::Quamba2}) {
        SynthOptions options = tiny2_options(scheme, Precision::W8A8);
        options.dims.groups = 1;
        if (scheme == Scheme::Quamba2) options.groups = {1, 8, 2};
        const Trace before = made(options, "captured");
        for (const TargetScales& target : {kOne, cells(1, 1), cells(3, 2), cells(8, 2)}) {
            const Trace after = regrouped(before, target);
            const GroupShape shape = after.mamba2_layer(0).groups.shape;
            EXPECT_EQ(shape, (GroupShape{1, target.head_groups, target.dim_groups}));
            test::expect_prefill_is_goldens(after);
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

// Were anything moved that should not be, or not moved that should, this would be near 0. Where
// nothing moves no weight is quantized again, and more is left.
TEST(Regroup, TheNetworkStaysWhatItWas) {
    for (const Phase phase : {Phase::Prefill, Phase::Decode}) {
        for (const Scheme scheme : {Scheme::Quamba1, Scheme::Quamba2}) {
            const Trace before = captured(scheme, Precision::W8A8, phase);
            for (const TargetScales& target : {kOne, kPerChannel, cells(2, 2), cells(4, 4)}) {
                const Trace after = regrouped(before, target);
                EXPECT_GT(sqnr_db(*before.recorded(0, "out_proj.output"),
                                  *after.recorded(0, "out_proj.output")),
                          20)
                    << before.info().scheme << " to " << target.head_groups << "x"
                    << target.dim_groups;
            }
        }
    }
}

void expect_same(const Trace& a, const Trace& b, const std::string& name) {
    const Tensor& one = *a.find(name);
    const Tensor& other = *b.find(name);
    ASSERT_EQ(one.bytes(), other.bytes()) << name;
    EXPECT_EQ(std::memcmp(one.data, other.data, one.bytes()), 0) << name;
}

// Scales that the target decides, and the factors of out_proj, whose input they change.
bool recalibrated(const std::string& name) {
    for (const char* end : {"_range", "_out_scales", "ssm_state_scale", "x_H_scale", "out_proj.a",
                            "out_proj.alpha", "out_proj.input_scale"}) {
        if (test::ends_with(name, end)) return true;
    }
    return false;
}

void expect_no_weight_changed(const Trace& before, const TargetScales& target) {
    const Trace after = regrouped(before, target);
    for (const Tensor& tensor : after.tensors()) {
        const bool weight = tensor.name.rfind("backbone.", 0) == 0;
        if (weight && !recalibrated(tensor.name)) expect_same(before, after, tensor.name);
    }
}

TEST(Regroup, NoWeightChangesWhereNothingNeedsToMove) {
    for (const Precision precision : {Precision::W8A8, Precision::W4A8}) {
        const Trace one = captured(Scheme::Quamba1, precision, Phase::Prefill, "one");
        const Trace groups = captured(Scheme::Quamba2, precision);
        for (const TargetScales& target :
             {kOne, kPerChannel, cells(1, 1), cells(4, 1), cells(1, 32)}) {
            expect_no_weight_changed(one, target);
            expect_no_weight_changed(groups, target);
        }
        for (const TargetScales& target : {cells(4, 4), cells(2, 2), cells(3, 5)}) {
            expect_no_weight_changed(groups, target);  // stands in an order already
        }
    }
}

TEST(Regroup, TwiceIsOnce) {
    for (const Precision precision : {Precision::W8A8, Precision::W4A8}) {
        for (const TargetScales& target : {kOne, kPerChannel, cells(4, 4), cells(3, 2)}) {
            const Trace once = regrouped(captured(Scheme::Quamba2, precision), target, "once");
            const Trace twice = regrouped(once, target, "twice");
            EXPECT_EQ(once.info().data_sha256, twice.info().data_sha256);
        }
    }
    // In decode the start has been rounded to the new scales of the state; the rest has not.
    const Trace decode = captured(Scheme::Quamba1, Precision::W8A8, Phase::Decode);
    const Trace once = regrouped(decode, cells(3, 2), "once");
    const Trace twice = regrouped(once, cells(3, 2), "twice");
    for (const char* name : {"x_out_scales", "B_out_scales", "C_out_scales", "x_dim_group_range"}) {
        expect_same(once, twice, std::string("backbone.layers.0.mixer.conv1d.") + name);
    }
}

TEST(Regroup, PackedCodesAreTheSameNetwork) {
    for (const Phase phase : {Phase::Prefill, Phase::Decode}) {
        const Trace plain = captured(Scheme::Quamba2, Precision::W4A8, phase);
        const Trace packed = test::packed_copy(plain, "packed");
        ASSERT_TRUE(packed.info().packed_w4);
        for (const TargetScales& target : {kOne, cells(2, 2), cells(4, 4)}) {
            const Trace of_packed = regrouped(packed, target, "of_packed");
            EXPECT_FALSE(of_packed.info().packed_w4);
            EXPECT_EQ(of_packed.info().data_sha256, regrouped(plain, target).info().data_sha256);
        }
    }
}

TEST(Regroup, WorksOnASliceAndOnShapes) {
    const Trace whole = captured(Scheme::Quamba2);
    const std::string path = temp_path("part");
    slice(whole, 1, 1, path);
    const Trace part = regrouped(Trace::open(path), cells(1, 3));
    EXPECT_EQ(part.info().first_layer, 1U);
    EXPECT_FALSE(part.info().has_head);
    EXPECT_EQ(part.mamba2_layer(0).groups.shape, (GroupShape{2, 1, 3}));
    for (const Scheme scheme : {Scheme::Quamba1, Scheme::Quamba2}) {
        SynthOptions options = tiny2_options(scheme, Precision::W8A8);
        options.shapes_only = true;
        const Trace shapes = made(options, "shapes");
        EXPECT_EQ(regrouped(shapes, cells(2, 8)).info().groups, (GroupShape{2, 2, 8}));
        const Trace one = regrouped(shapes, kOne);
        EXPECT_TRUE(one.info().shapes_only);
        EXPECT_EQ(one.info().groups, GroupShape{});
        EXPECT_EQ(one.info().scheme, "quamba1");
    }
}

void expect_refused(const Trace& trace, const TargetScales& target, const std::string& message) {
    const std::string path = temp_path("refused");
    try {
        regroup(trace, target, path);
        FAIL() << "accepted; expected " << message;
    } catch (const TraceError& error) {
        EXPECT_NE(std::string(error.what()).find(message), std::string::npos) << error.what();
    }
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(Regroup, RefusesWhatCannotBeGrouped) {
    const Trace trace = captured(Scheme::Quamba2);
    expect_refused(trace, cells(5, 4), "5x4 is outside [1x1, 4x32]");
    expect_refused(trace, cells(4, 33), "4x33 is outside [1x1, 4x32]");
    expect_refused(trace, cells(0, 1), "0x1 is outside [1x1, 4x32]");
}

}  // namespace
}  // namespace mambasic::traces::synth
