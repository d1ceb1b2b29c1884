#include "traces/synth/mamba1_calibrate.h"

#include "traces/synth/float_gemm.h"
#include "traces/synth/quantize.h"
#include "traces/synth/threads.h"

namespace mambasic::traces::synth {

namespace {

struct ScanViews {
    const Mamba1Floats& layer;
    const std::vector<float>& xz;
    const std::vector<float>& u;
    const std::vector<float>& dt_b_c;
    const std::vector<float>& delta;
    std::size_t tokens;
};

std::vector<float> conv_of(const Mamba1Floats& layer, const std::vector<float>& x,
                           const LayerStart* start) {
    return float_conv_behind(start == nullptr ? std::vector<float>{} : start->conv, x,
                             layer.conv_weight, layer.conv_bias);
}

// One channel over time; `state` [N] ends as the state after the last token.
void scan_channel(const Dims& dims, const ScanViews& in, std::size_t channel, float* state,
                  std::vector<float>& y) {
    const std::size_t states = dims.d_state;
    const std::size_t width = dims.x_proj_width();
    std::vector<float> a(states);
    for (std::size_t n = 0; n < states; ++n) {
        a[n] = -arith::exp(in.layer.a_log[channel * states + n]);
    }
    for (std::size_t t = 0; t < in.tokens; ++t) {
        const std::size_t at = t * dims.d_inner + channel;
        const float* b = in.dt_b_c.data() + t * width + dims.dt_rank;
        const float* c = b + states;
        const float dt =
            arith::softplus(in.delta[at] + in.layer.dt_bias[channel], arith::Softplus::Log1p);
        const float input = dt * in.u[at];
        for (std::size_t n = 0; n < states; ++n) {
            state[n] = arith::exp(dt * a[n]) * state[n] + input * b[n];
        }
        float out = in.layer.d[channel] * in.u[at];
        for (std::size_t n = 0; n < states; ++n) out += state[n] * c[n];
        const float z = in.xz[t * 2 * dims.d_inner + dims.d_inner + channel];
        y[at] = half_rounded(out * arith::silu(z));
    }
}

}  // namespace

std::vector<float> calibrate(const Dims& dims, const Mamba1Floats& layer, const Sample& sample,
                             Mamba1Observers& observers, const LayerStart* start) {
    const std::size_t tokens = sample.tokens;
    const std::vector<float> normed = float_norm(layer.norm, sample);
    observers.in_proj_input.observe(normed.data(), normed.size());
    const std::vector<float> xz =
        float_gemm({normed.data(), dims.d_model, tokens}, layer.in_proj, dims.d_model);
    observers.in_proj_output.observe(xz.data(), xz.size());
    const std::vector<float> u =
        conv_of(layer, columns(xz, 2ULL * dims.d_inner, 0, dims.d_inner), start);
    observers.x.observe_x(u);
    const std::vector<float> dt_b_c =
        float_gemm({u.data(), dims.d_inner, tokens}, layer.x_proj, dims.d_inner);
    observers.x_proj_output.observe(dt_b_c.data(), dt_b_c.size());
    const std::vector<float> delta =
        float_gemm({dt_b_c.data(), dims.x_proj_width(), tokens}, layer.dt_proj, dims.dt_rank);
    observers.dt_proj_output.observe(delta.data(), delta.size());

    std::vector<float> state(std::size_t{dims.d_inner} * dims.d_state, 0.0F);
    if (start != nullptr) state = start->ssm;
    std::vector<float> y(tokens * dims.d_inner);
    const ScanViews views{layer, xz, u, dt_b_c, delta, tokens};
#pragma omp parallel for schedule(static) if (y.size() * dims.d_state >= kWorthThreads)
    for (std::size_t channel = 0; channel < dims.d_inner; ++channel) {
        scan_channel(dims, views, channel, state.data() + channel * dims.d_state, y);
    }
    observers.x.observe_state(state);
    const std::vector<float> rotated = float_hadamard(y, dims.d_inner);
    observers.out_proj_input.observe(rotated.data(), rotated.size());
    return y;
}

std::vector<float> conv_output(const Dims& dims, const Mamba1Floats& layer, const Sample& sample,
                               const LayerStart* start) {
    const std::vector<float> normed = float_norm(layer.norm, sample);
    const std::vector<float> x = float_gemm({normed.data(), dims.d_model, sample.tokens},
                                            layer.in_proj.data(), dims.d_inner, dims.d_model);
    return conv_of(layer, x, start);
}

}  // namespace mambasic::traces::synth
