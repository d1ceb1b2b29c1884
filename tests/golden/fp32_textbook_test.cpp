// Layers whose SSM reads the convolution's FP32 values (ssm.md 8.2), against the textbook in
// double.
#include <gtest/gtest.h>

#include <cmath>

#include "tests/golden/fp32_runs.h"
#include "tests/golden/random_mamba2.h"

namespace mambasic::golden {
namespace {

constexpr std::size_t kInner = 96;
constexpr std::size_t kStates = 16;

RandomMamba2 mamba2_layer() { return {tiny2_dims(2), traces::LinearKind::W8Columns, 1}; }

/// One layer's call: its prompt, what it made, and what it started from (decode).
struct Call {
    const Prompt& prompt;
    const Outcome& run;
    const LayerState* before;

    int in_proj(std::size_t row, std::size_t column) const {
        return run.out.in_proj[row * run.out.in_proj.size() / rows() + column];
    }
    std::size_t rows() const { return std::size_t{prompt.batch} * prompt.tokens; }
    /// The convolution's input `back` tokens before token t of sequence s.
    int sample(std::size_t s, std::size_t t, std::size_t back, std::size_t channel,
               std::size_t first_column) const {
        if (back <= t) return in_proj(s * prompt.tokens + t - back, first_column + channel);
        if (before == nullptr) return 0;
        const std::size_t channels = before->conv.size() / prompt.batch / 4;
        return before->conv[(s * channels + channel) * 4 + 4 - back];
    }
};

double silu(double v) { return v / (1.0 + std::exp(-v)); }
double softplus(double v) { return std::log1p(std::exp(v)); }
double times(float scale, int code) { return static_cast<double>(scale) * code; }

/// Where a channel stands: sequence, token, row, channel of the convolution.
struct Place {
    std::size_t s, t, channel;
};

template <typename Layer>
double conv_of(const Layer& layer, const traces::ConvSection& scales, std::size_t first_column,
               const Call& call, const Place& at) {
    double v = times(scales.bias_scale, layer.conv_bias[at.channel]);
    for (std::size_t k = 0; k < 4; ++k) {
        v += times(scales.weight_scale, layer.conv_weight[at.channel * 4 + k]) *
             times(scales.input_scale, call.sample(at.s, at.t, 3 - k, at.channel, first_column));
    }
    return silu(v);
}

/// The numbers that a step of either SSM takes.
struct StepInput {
    double u, dt, a, d;
    std::vector<double> b, c;
};

double step(const StepInput& in, const double* a_of_state, double* h) {
    double y = in.d * in.u;
    for (std::size_t n = 0; n < kStates; ++n) {
        const double a = a_of_state == nullptr ? in.a : a_of_state[n];
        h[n] = h[n] * std::exp(a * in.dt) + in.dt * in.b[n] * in.u;
        y += h[n] * in.c[n];
    }
    return y;
}

class Mamba1Textbook {
public:
    explicit Mamba1Textbook(const RandomLayer& layer) : l_(layer), v_(layer.view) {}

    double input(const Call& call, const Place& at) const {
        return conv_of(v_, {v_.conv_input_scale, v_.conv_weight_scale, v_.conv_bias_scale}, 0, call,
                       at);
    }
    float state_scale(std::size_t, std::size_t) const { return v_.ssm_state_scale; }

    double output(const Call& call, const Place& at, double* h) const {
        const std::size_t row = at.s * call.prompt.tokens + at.t;
        const std::size_t e = at.channel;
        StepInput in{input(call, at), 0, 0, times(v_.d_scale, l_.d[e]), {}, {}};
        in.dt = softplus(times(v_.dt_scale, call.run.out.dt_proj[row * kInner + e]) +
                         times(v_.dt_bias_scale, l_.dt_bias[e]));
        double a[kStates];
        for (std::size_t n = 0; n < kStates; ++n) {
            const std::int8_t* bc = call.run.out.x_proj.data() + row * 48 + 16;  // after R = 16
            in.b.push_back(times(v_.b_scale, bc[n]));
            in.c.push_back(times(v_.c_scale, bc[kStates + n]));
            a[n] = -std::exp(times(v_.a_scale, l_.a_log[e * kStates + n]));
        }
        return step(in, a, h) * silu(times(v_.z_scale, call.in_proj(row, kInner + e)));
    }

private:
    const RandomLayer& l_;
    const traces::Mamba1Layer& v_;
};

/// Six heads of 16 channels in two SSD groups: x [0, 96), B [96, 128), C [128, 160) of the
/// convolution, z in the 96 columns before, dt in the 6 behind.
class Mamba2Textbook {
public:
    explicit Mamba2Textbook(const RandomMamba2& layer) : l_(layer), v_(layer.view) {}

    double input(const Call& call, const Place& at) const {
        const auto& section = at.channel < 96    ? v_.conv_x
                              : at.channel < 128 ? v_.conv_b
                                                 : v_.conv_c;
        return conv_of(v_, section, 96, call, at);
    }
    float state_scale(std::size_t channel, std::size_t n) const {
        return l_.groups.state_scales[l_.groups.painted[channel] * kStates + n];
    }

    double output(const Call& call, const Place& at, double* h) const {
        const std::size_t head = at.channel / 16;
        const std::size_t row = at.s * call.prompt.tokens + at.t;
        StepInput in{input(call, at), 0, 0, times(v_.d_scale, l_.d[head]), {}, {}};
        in.dt = softplus(times(v_.dt_scale, call.in_proj(row, 256 + head)) +
                         static_cast<double>(arith::from_half(l_.dt_bias[head])));
        in.a = -std::exp(times(v_.a_scale, l_.a_log[head]));
        for (std::size_t n = 0; n < kStates; ++n) {
            const std::size_t first = head / 3 * kStates + n;
            in.b.push_back(input(call, {at.s, at.t, 96 + first}));
            in.c.push_back(input(call, {at.s, at.t, 128 + first}));
        }
        return step(in, nullptr, h);
    }

private:
    const RandomMamba2& l_;
    const traces::Mamba2Layer& v_;
};

template <typename Textbook>
void expect_textbook(const Textbook& book, const Call& call) {
    const std::size_t channels = call.run.out.ssm_input.size() / call.rows();
    for (std::size_t i = 0; i < call.run.out.ssm_input.size(); ++i) {
        const std::size_t row = i / channels;
        const Place at{row / call.prompt.tokens, row % call.prompt.tokens, i % channels};
        ASSERT_NEAR(call.run.out.ssm_input[i], book.input(call, at), 2e-6) << i;
    }
    for (std::size_t i = 0; i < call.prompt.batch * kInner; ++i) {
        double h[kStates] = {};
        for (std::size_t n = 0; n < kStates && call.before != nullptr; ++n) {
            h[n] = times(book.state_scale(i % kInner, n), call.before->ssm[i * kStates + n]);
        }
        for (std::size_t t = 0; t < call.prompt.tokens; ++t) {
            const Place at{i / kInner, t, i % kInner};
            const double want = book.output(call, at, h);
            const Half got =
                call.run.out.scan[(at.s * call.prompt.tokens + t) * kInner + at.channel];
            ASSERT_NEAR(arith::from_half(got), want, std::fabs(want) * 0x1p-11 + 2e-5) << i;
        }
        for (std::size_t n = 0; n < kStates; ++n) {
            ASSERT_NEAR(call.run.out.carry[i * kStates + n], h[n], 1e-5) << i;
        }
    }
}

TEST(Fp32SsmInput, Mamba1IsTheTextbook) {
    const RandomLayer layer(tiny_dims(), 1);
    const Runs<RandomLayer> runs(layer);
    expect_textbook(Mamba1Textbook(layer), {runs.prompt, runs.exact, nullptr});
    expect_textbook(Mamba1Textbook(layer), {runs.token, runs.exact_step, &runs.usual.state});
}

TEST(Fp32SsmInput, Mamba2IsTheTextbook) {
    const RandomMamba2 layer = mamba2_layer();
    const Runs<RandomMamba2> runs(layer);
    expect_textbook(Mamba2Textbook(layer), {runs.prompt, runs.exact, nullptr});
    expect_textbook(Mamba2Textbook(layer), {runs.token, runs.exact_step, &runs.usual.state});
}

}  // namespace
}  // namespace mambasic::golden
