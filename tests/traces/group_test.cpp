// A trace captured with one scale, given Quamba2's groups.
#include "traces/synth/group.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "handmade_trace.h"
#include "replayed.h"
#include "tiny_options.h"
#include "traces/error.h"
#include "traces/synth/slice.h"

namespace mambasic::traces::synth {
namespace {

using test::made;
using test::temp_path;
using test::tiny2_options;

Trace grouped(const Trace& trace, std::uint32_t head_groups = 4, std::uint32_t dim_groups = 4) {
    const std::string path = temp_path("grouped");
    group(trace, head_groups, dim_groups, path);
    return Trace::open(path);
}

Trace captured(Precision precision, Phase phase = Phase::Prefill) {
    SynthOptions options = tiny2_options(Scheme::Quamba1, precision, phase);
    options.batch = phase == Phase::Decode ? 2 : 1;
    return made(options, "captured");
}

// Which channel of the old layer each channel of the new one was, told by its row of in_proj.
std::vector<std::size_t> channels_moved(const Linear& before, const Linear& after,
                                        const Dims& dims) {
    const auto row = [](const Linear& linear, std::size_t n) {
        const std::int8_t* at = linear.weight + n * linear.k;
        return std::vector<std::int8_t>(at, at + linear.k);
    };
    std::map<std::vector<std::int8_t>, std::size_t> old;
    for (std::size_t c = 0; c < dims.d_inner; ++c) old[row(before, dims.d_inner + c)] = c;
    std::vector<std::size_t> out;
    for (std::size_t c = 0; c < dims.d_inner; ++c) {
        const auto found = old.find(row(after, dims.d_inner + c));
        if (found == old.end()) return {};
        out.push_back(found->second);
    }
    return out;
}

void expect_moved(const Mamba2Layer& before, const Mamba2Layer& after, const Dims& dims) {
    const std::vector<std::size_t> from = channels_moved(before.in_proj, after.in_proj, dims);
    ASSERT_EQ(from.size(), dims.d_inner) << "a row of in_proj is new";
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

TEST(Group, ChannelsMoveWithTheirCodes) {
    for (const Precision precision : {Precision::W8A8, Precision::W4A8}) {
        const Trace before = captured(precision);
        const Trace after = grouped(before);
        EXPECT_EQ(after.info().scheme, "quamba2");
        EXPECT_EQ(after.info().groups, (GroupShape{2, 4, 4}));
        for (std::uint32_t i = 0; i < before.info().layers; ++i) {
            expect_moved(before.mamba2_layer(i), after.mamba2_layer(i), before.info().dims);
        }
    }
}

TEST(Group, RecordedIsWhatGoldenGives) {
    for (const Precision precision : {Precision::W8A8, Precision::W4A8}) {
        test::expect_prefill_is_goldens(grouped(captured(precision)));
        test::expect_decode_is_goldens(grouped(captured(precision, Phase::Decode)));
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

// Were anything moved that should not be, or not moved that should, this would be near 0.
TEST(Group, TheNetworkStaysWhatItWas) {
    for (const Phase phase : {Phase::Prefill, Phase::Decode}) {
        const Trace before = captured(Precision::W8A8, phase);
        const Trace after = grouped(before);
        EXPECT_GT(
            sqnr_db(*before.recorded(0, "out_proj.output"), *after.recorded(0, "out_proj.output")),
            20);
    }
}

TEST(Group, StatesKeepWhatTheyStandFor) {
    const Trace before = captured(Precision::W8A8, Phase::Decode);
    const Trace after = grouped(before);
    const Dims& dims = before.info().dims;
    const Mamba2Layer old = before.mamba2_layer(1);
    const Mamba2Layer now = after.mamba2_layer(1);
    const std::vector<std::size_t> from = channels_moved(old.in_proj, now.in_proj, dims);
    ASSERT_EQ(from.size(), dims.d_inner);
    const std::size_t channels = dims.conv_channels();
    for (std::size_t b = 0; b < 2; ++b) {
        for (std::size_t c = 0; c < dims.d_inner; ++c) {
            const std::int8_t* conv = after.conv_state_in(1) + (b * channels + c) * 4;
            EXPECT_TRUE(
                std::equal(conv, conv + 4, before.conv_state_in(1) + (b * channels + from[c]) * 4));
            for (std::size_t n = 0; n < dims.d_state; ++n) {
                const std::size_t at = (b * dims.d_inner + c) * dims.d_state + n;
                const std::size_t was = (b * dims.d_inner + from[c]) * dims.d_state + n;
                // The smallest step can only be finer; half of it is lost.
                const float value =
                    static_cast<float>(before.ssm_state_in(1)[was]) * old.groups.state_scales[0];
                float nearest = INFINITY;
                for (std::size_t cell = 0; cell < now.groups.shape.cells(); ++cell) {
                    const float step = now.groups.state_scales[cell * dims.d_state + n];
                    const float restored = static_cast<float>(after.ssm_state_in(1)[at]) * step;
                    nearest = std::min(nearest, std::fabs(restored - value) / step);
                }
                EXPECT_LE(nearest, 0.51F);
            }
        }
    }
}

TEST(Group, WorksOnASliceAndOnShapes) {
    const Trace whole = captured(Precision::W8A8);
    const std::string path = temp_path("part");
    slice(whole, 1, 1, path);
    const Trace part = grouped(Trace::open(path), 1, 3);
    EXPECT_EQ(part.info().first_layer, 1U);
    EXPECT_FALSE(part.info().has_head);
    EXPECT_EQ(part.mamba2_layer(0).groups.shape, (GroupShape{2, 1, 3}));
    SynthOptions options = tiny2_options(Scheme::Quamba1, Precision::W8A8);
    options.shapes_only = true;
    const Trace shapes = grouped(made(options, "shapes"));
    EXPECT_TRUE(shapes.info().shapes_only);
    EXPECT_EQ(shapes.info().groups, (GroupShape{2, 4, 4}));
}

void expect_refused(const Trace& trace, std::uint32_t head_groups, const std::string& message) {
    const std::string path = temp_path("refused");
    try {
        group(trace, head_groups, 4, path);
        FAIL() << "accepted; expected " << message;
    } catch (const TraceError& error) {
        EXPECT_NE(std::string(error.what()).find(message), std::string::npos) << error.what();
    }
    EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(Group, RefusesWhatCannotBeGrouped) {
    expect_refused(made(test::tiny_options(), "first"), 4, "it is of family mamba1");
    expect_refused(made(tiny2_options(Scheme::Quamba2, Precision::W8A8), "second"), 4,
                   "it has groups already");
    expect_refused(captured(Precision::W8A8), 5, "5x4 is outside [1x1, 4x32]");
}

}  // namespace
}  // namespace mambasic::traces::synth
