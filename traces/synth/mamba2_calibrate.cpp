#include "traces/synth/mamba2_calibrate.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "golden/arithmetic.h"
#include "traces/synth/float_gemm.h"
#include "traces/synth/quantize.h"
#include "traces/synth/threads.h"

namespace mambasic::traces::synth {

namespace {

void observe_columns(MinMaxObserver& observer, const std::vector<float>& values, std::size_t stride,
                     std::size_t first, std::size_t count) {
    for (std::size_t row = 0; row < values.size(); row += stride) {
        observer.observe(values.data() + row + first, count);
    }
}

// in_proj's output, section by section.
void observe_sections(const Dims& dims, const std::vector<float>& zxbcdt,
                      Mamba2Observers& observers) {
    const std::size_t width = dims.in_proj_width();
    const std::size_t e = dims.d_inner;
    const std::size_t bc = dims.bc_width();
    observe_columns(observers.z, zxbcdt, width, 0, e);
    observe_columns(observers.x, zxbcdt, width, e, e);
    observe_columns(observers.b, zxbcdt, width, 2 * e, bc);
    observe_columns(observers.c, zxbcdt, width, 2 * e + bc, bc);
    observe_columns(observers.dt, zxbcdt, width, 2 * e + 2 * bc, dims.heads);
}

std::vector<float> float_conv_of(const Dims& dims, const Mamba2Floats& layer,
                                 const std::vector<float>& zxbcdt, const LayerStart* start) {
    return float_conv_behind(
        start == nullptr ? std::vector<float>{} : start->conv,
        columns(zxbcdt, dims.in_proj_width(), dims.d_inner, dims.conv_channels()),
        layer.conv_weight, layer.conv_bias);
}

struct SsdViews {
    const Mamba2Floats& layer;
    const std::vector<float>& conv;   // [tokens][C]
    const std::vector<float>& dt;     // [tokens][H], after softplus
    const std::vector<float>& decay;  // [tokens][H]
    std::size_t tokens;
};

void time_steps(const Dims& dims, const Mamba2Floats& layer, const std::vector<float>& zxbcdt,
                std::vector<float>& dt, std::vector<float>& decay) {
    const std::size_t width = dims.in_proj_width();
    const std::size_t heads = dims.heads;
    dt = columns(zxbcdt, width, width - heads, heads);
    decay.resize(dt.size());
    for (std::size_t i = 0; i < dt.size(); ++i) {
        dt[i] = arith::softplus(dt[i] + layer.dt_bias[i % heads], arith::Softplus::Log1p);
        decay[i] = arith::exp(-arith::exp(layer.a_log[i % heads]) * dt[i]);
    }
}

// Sixteen sums side by side: one alone would wait for each addition.
float dot(const float* a, const float* b, std::size_t count) {
    constexpr std::size_t kLanes = 16;
    float sums[kLanes] = {};
    for (std::size_t n = 0; n < count; ++n) sums[n % kLanes] += a[n] * b[n];
    float sum = 0;
    for (const float part : sums) sum += part;
    return sum;
}

// One channel over time; `state` [N] ends as the state after the last token.
void ssd_channel(const Dims& dims, const SsdViews& in, std::size_t channel, float* state,
                 std::vector<float>& y) {
    const std::size_t states = dims.d_state;
    const std::size_t head = channel / dims.head_dim;
    const std::size_t group = head / (dims.heads / dims.groups);
    for (std::size_t t = 0; t < in.tokens; ++t) {
        const float* row = in.conv.data() + t * dims.conv_channels();
        const float* b = row + dims.d_inner + group * states;
        const float* c = b + dims.bc_width();
        const float x = row[channel];
        const float input = in.dt[t * dims.heads + head] * x;
        const float decay = in.decay[t * dims.heads + head];
        for (std::size_t n = 0; n < states; ++n) state[n] = decay * state[n] + input * b[n];
        y[t * dims.d_inner + channel] = half_rounded(dot(state, c, states) + in.layer.d[head] * x);
    }
}

// fp16(rmsnorm(y silu(z)) * weight), each SSD group's channels by themselves.
std::vector<float> float_gated_norm(const Dims& dims, const Mamba2Floats& layer,
                                    const std::vector<float>& y, const std::vector<float>& zxbcdt,
                                    float epsilon) {
    const std::size_t width = dims.d_inner / dims.groups;
    std::vector<float> out(y.size());
    for (std::size_t first = 0; first < y.size(); first += width) {
        const std::size_t token = first / dims.d_inner;
        const std::size_t channel = first % dims.d_inner;
        const float* z = zxbcdt.data() + token * dims.in_proj_width() + channel;
        float squares = 0;
        for (std::size_t i = 0; i < width; ++i) {
            out[first + i] = y[first + i] * arith::silu(z[i]);
            squares += out[first + i] * out[first + i];
        }
        const float inverse = arith::rsqrt(squares / static_cast<float>(width) + epsilon);
        for (std::size_t i = 0; i < width; ++i) {
            const float normed = out[first + i] * inverse * layer.gated_norm[channel + i];
            out[first + i] = half_rounded(normed);
        }
    }
    return out;
}

std::vector<float> scales_of(const std::vector<MinMaxObserver>& observers) {
    std::vector<float> out;
    out.reserve(observers.size());
    for (const MinMaxObserver& observer : observers) out.push_back(observer.scale());
    return out;
}

}  // namespace

ConvOutObservers::ConvOutObservers(const Dims& dims, const TargetScales& target,
                                   const Grouping& grouping)
    : dims_(dims),
      x_(dims, target, grouping),
      b_(target.scheme == Scheme::Quamba2 ? dims.groups : 1),
      c_(b_.size()) {}

void ConvOutObservers::observe_conv(const std::vector<float>& conv) {
    x_.observe_x(columns(conv, dims_.conv_channels(), 0, dims_.d_inner));
    const std::size_t width = dims_.bc_width() / b_.size();
    for (std::size_t i = 0; i < b_.size(); ++i) {
        const std::size_t b = dims_.d_inner + i * width;
        observe_columns(b_[i], conv, dims_.conv_channels(), b, width);
        observe_columns(c_[i], conv, dims_.conv_channels(), b + dims_.bc_width(), width);
    }
}

std::vector<float> ConvOutObservers::b_scales() const { return scales_of(b_); }
std::vector<float> ConvOutObservers::c_scales() const { return scales_of(c_); }

std::vector<float> calibrate(const Dims& dims, const Mamba2Floats& layer, const Sample& sample,
                             Mamba2Observers& observers, const LayerStart* start) {
    const std::size_t tokens = sample.tokens;
    const std::vector<float> normed = float_norm(layer.norm, sample);
    observers.in_proj_input.observe(normed.data(), normed.size());
    const std::vector<float> zxbcdt =
        float_gemm({normed.data(), dims.d_model, tokens}, layer.in_proj, dims.d_model);
    observe_sections(dims, zxbcdt, observers);
    const std::vector<float> conv = float_conv_of(dims, layer, zxbcdt, start);
    observers.conv_out.observe_conv(conv);
    std::vector<float> dt;
    std::vector<float> decay;
    time_steps(dims, layer, zxbcdt, dt, decay);

    std::vector<float> state(std::size_t{dims.d_inner} * dims.d_state, 0.0F);
    if (start != nullptr) state = start->ssm;
    std::vector<float> y(tokens * dims.d_inner);
    const SsdViews views{layer, conv, dt, decay, tokens};
#pragma omp parallel for schedule(static) if (y.size() * dims.d_state >= kWorthThreads)
    for (std::size_t channel = 0; channel < dims.d_inner; ++channel) {
        ssd_channel(dims, views, channel, state.data() + channel * dims.d_state, y);
    }
    round_to_half(state);
    observers.conv_out.observe_state(state);
    const std::vector<float> gated = float_gated_norm(dims, layer, y, zxbcdt, sample.epsilon);
    const std::vector<float> rotated = float_hadamard(gated, dims.d_inner);
    observers.out_proj_input.observe(rotated.data(), rotated.size());
    return y;
}

void observe_channels(const Dims& dims, const Mamba2Floats& layer, const Sample& sample,
                      std::vector<float>& statistic, const LayerStart* start) {
    const std::size_t channels = dims.d_inner;
    const std::size_t x_rows = channels * dims.d_model;
    const std::vector<float> normed = float_norm(layer.norm, sample);
    const std::vector<float> x = float_gemm({normed.data(), dims.d_model, sample.tokens},
                                            layer.in_proj.data() + x_rows, channels, dims.d_model);
    const std::vector<float> weight(
        layer.conv_weight.begin(),
        layer.conv_weight.begin() + static_cast<std::ptrdiff_t>(channels * dims.d_conv));
    const std::vector<float> bias(layer.conv_bias.begin(),
                                  layer.conv_bias.begin() + static_cast<std::ptrdiff_t>(channels));
    std::vector<float> history;
    if (start != nullptr) history = columns(start->conv, dims.conv_channels(), 0, channels);
    raise_to_means(float_conv_behind(std::move(history), x, weight, bias), statistic);
}

}  // namespace mambasic::traces::synth
