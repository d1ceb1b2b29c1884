// The network with an FP32 SSM input beside the one with codes: both walked through on their own.
#include "sim/network_quality.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "sim/check.h"
#include "sim/quality.h"
#include "tests/sim/check/perfect_chip.h"
#include "traces/synth/slice.h"

namespace mambasic::sim {
namespace {

using golden::Half;
using golden::LayerState;
using reports::NetworkFigures;
using traces::Phase;
using traces::RecordLevel;
using traces::Trace;

/// One network from its input to its end, step after step.
class Walk {
public:
    Walk(const Trace& trace, traces::XFormat format) : trace_(trace), info_(trace.info()) {
        options_.x_code.format = format;
        states_.resize(info_.layers);
        for (std::uint32_t i = 0; decode() && i < info_.layers; ++i) {
            const std::size_t conv = std::size_t{info_.batch} * info_.dims.conv_channels() * 4;
            const std::size_t ssm =
                std::size_t{info_.batch} * info_.dims.d_inner * info_.dims.d_state;
            states_[i].conv.assign(trace.conv_state_in(i), trace.conv_state_in(i) + conv);
            states_[i].ssm.assign(trace.ssm_state_in(i), trace.ssm_state_in(i) + ssm);
        }
        for (std::uint32_t s = 0; s < (decode() ? info_.tokens : 1); ++s) step(s);
    }
    std::vector<std::vector<double>> ends;  // a row for each token, those of a step together

private:
    bool decode() const { return info_.phase == Phase::Decode; }

    // Row (sequence, first + t) of [batch][tokens][width].
    template <typename T>
    std::vector<T> taken(const T* data, std::uint32_t first, std::size_t width) const {
        std::vector<T> rows;
        for (std::size_t b = 0; b < info_.batch; ++b) {
            const T* from = data + (b * info_.tokens + first) * width;
            rows.insert(rows.end(), from, from + (decode() ? 1 : info_.tokens) * width);
        }
        return rows;
    }

    void step(std::uint32_t s) {
        const std::size_t width = info_.dims.d_model;
        const std::uint32_t tokens = decode() ? 1 : info_.tokens;
        std::vector<Half> hidden;
        std::vector<float> residual;
        if (info_.has_head) {
            const auto ids = taken(trace_.tokens(), s, 1);
            hidden = golden::embed(info_.dims, trace_.head(), ids.data(), ids.size());
        } else {
            hidden = taken(trace_.input_hidden(), s, width);
            residual = taken(trace_.input_residual(), s, width);
        }
        golden::LayerTensors out;
        for (std::uint32_t i = 0; i < info_.layers; ++i) {
            const golden::LayerInput input{info_.batch, tokens, hidden.data(),
                                           residual.empty() ? nullptr : residual.data(),
                                           info_.epsilon};
            if (info_.dims.mamba2()) {
                run(trace_.mamba2_layer(i), input, out, states_[i]);
            } else {
                run(trace_.mamba1_layer(i), input, out, states_[i]);
            }
            hidden = out.out_proj;
            residual = out.residual;
        }
        end(hidden, residual);
    }

    template <typename Layer>
    void run(const Layer& layer, const golden::LayerInput& input, golden::LayerTensors& out,
             LayerState& state) {
        if (decode()) {
            golden::decode_layer(info_.dims, layer, input, options_, out, state);
        } else {
            golden::prefill_layer(info_.dims, layer, input, options_, out, state);
        }
    }

    void end(const std::vector<Half>& hidden, const std::vector<float>& residual) {
        const std::size_t width = info_.dims.d_model;
        const std::size_t rows = hidden.size() / width;
        std::vector<Half> all = hidden;
        std::size_t each = width;
        if (info_.has_head) {
            const traces::Head head = trace_.head();
            each = head.lm_head.n;
            all = golden::run_head(info_.dims, head, hidden.data(), residual.data(), rows,
                                   info_.epsilon, options_)
                      .logits;
        }
        for (std::size_t r = 0; r < rows; ++r) {
            ends.emplace_back();
            for (std::size_t i = 0; i < each; ++i) {
                ends.back().push_back(static_cast<double>(arith::from_half(all[r * each + i])));
            }
        }
    }

    const Trace& trace_;
    const traces::TraceInfo& info_;
    golden::Options options_;
    std::vector<LayerState> states_;
};

std::optional<NetworkFigures> measured(const Trace& trace, std::uint32_t layers) {
    Quality quality(trace.info(), golden::Options{});
    Check check(trace.info(), golden_reference(trace, golden::Options{}, &quality), Distances::Off);
    run_perfect_chip(trace, [&](const LayerOutput& output) {
        const bool left_out = output.layer >= static_cast<std::int32_t>(layers);
        const bool headless = layers < trace.info().layers && output.layer == LayerOutput::kHead;
        if (!left_out && !headless) check.on_output(output);
    });
    EXPECT_EQ(check.result().mismatches, 0U) << "measuring changed golden";
    return quality.result().network;
}

void expect_walks(const Trace& trace) {
    const Walk wanted(trace, traces::XFormat::Fp32);
    const Walk got(trace, traces::XFormat::Int8);
    double signal = 0, noise = 0, cosines = 0;
    std::size_t same = 0;
    for (std::size_t r = 0; r < wanted.ends.size(); ++r) {
        const std::vector<double>& w = wanted.ends[r];
        const std::vector<double>& g = got.ends[r];
        double ww = 0, gg = 0, wg = 0;
        for (std::size_t i = 0; i < w.size(); ++i) {
            signal += w[i] * w[i];
            noise += std::pow(w[i] - g[i], 2);
            ww += w[i] * w[i];
            gg += g[i] * g[i];
            wg += w[i] * g[i];
        }
        cosines += wg / std::sqrt(ww) / std::sqrt(gg);
        const auto top = [](const std::vector<double>& row) {
            return std::max_element(row.begin(), row.end()) - row.begin();
        };
        same += top(w) == top(g) ? 1 : 0;
    }
    const auto rows = static_cast<double>(wanted.ends.size());
    const std::optional<NetworkFigures> figures = measured(trace, trace.info().layers);
    ASSERT_TRUE(figures);
    EXPECT_EQ(figures->rows, wanted.ends.size());
    EXPECT_EQ(figures->rows, std::uint64_t{trace.info().batch} * trace.info().tokens);
    EXPECT_NEAR(*figures->sqnr_db, 10 * std::log10(signal / noise), 1e-9);
    EXPECT_NEAR(*figures->cosine, cosines / rows, 1e-12);
    EXPECT_EQ(figures->logits, trace.info().has_head);
    EXPECT_EQ(figures->top1_agreement.has_value(), figures->logits);
    EXPECT_EQ(figures->kl_nats.has_value(), figures->logits);
    if (figures->logits) {
        EXPECT_NEAR(*figures->top1_agreement, static_cast<double>(same) / rows, 1e-12);
        EXPECT_GT(*figures->kl_nats, 0);
    }
}

class NetworkQualityOf : public testing::TestWithParam<Phase> {};

INSTANTIATE_TEST_SUITE_P(Phases, NetworkQualityOf, testing::Values(Phase::Prefill, Phase::Decode));

TEST_P(NetworkQualityOf, ATraceWithAHeadIsItsLogitsForEveryToken) {
    expect_walks(tiny_trace(GetParam(), RecordLevel::None));
    expect_walks(
        tiny_trace(GetParam(), RecordLevel::None, {"tiny2-g2", traces::synth::Scheme::Quamba2}));
}

TEST_P(NetworkQualityOf, ATraceWithoutAHeadIsItsLastLayersOutput) {
    const Trace whole = tiny_trace(GetParam(), RecordLevel::All);
    const std::string path = scratch_path("slice");
    traces::synth::slice(whole, 1, 1, path);
    const Trace part = Trace::open(path);
    ::unlink(path.c_str());  // the mapping stays
    ASSERT_FALSE(part.info().has_head);
    ASSERT_NE(part.input_residual(), nullptr);
    expect_walks(part);
}

TEST(NetworkQuality, OfManyTokensRowsAtEqualDistancesAreCompared) {
    std::vector<std::uint64_t> rows;
    for (std::uint64_t row = 0; row < 256; ++row) {
        if (is_compared(row, 256)) rows.push_back(row);
    }
    ASSERT_EQ(rows.size(), 32U);
    for (std::size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(rows[i], 8 * i + 7);
    for (const std::uint64_t all : {std::uint64_t{33}, std::uint64_t{100}, std::uint64_t{2047}}) {
        std::uint64_t count = 0;
        for (std::uint64_t row = 0; row < all; ++row) count += is_compared(row, all) ? 1 : 0;
        EXPECT_EQ(count, 32U) << all;
        EXPECT_TRUE(is_compared(all - 1, all));
    }
    for (std::uint64_t row = 0; row < 32; ++row) EXPECT_TRUE(is_compared(row, 32));
    EXPECT_TRUE(is_compared(0, 1));
}

TEST(NetworkQuality, HasNoFiguresWhereTheLastLayerDidNotRun) {
    const Trace trace = tiny_trace(Phase::Prefill, RecordLevel::None);
    EXPECT_FALSE(measured(trace, trace.info().layers - 1));
}

}  // namespace
}  // namespace mambasic::sim
