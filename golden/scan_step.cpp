#include "golden/scan_step.h"

#include <vector>

#include "golden/parallel.h"
#include "golden/sums.h"

namespace mambasic::golden {
namespace {

float dequantize(const Int8Rows& x, std::size_t row, std::size_t column) {
    return x.scale * static_cast<float>(x.row(row)[column]);
}

float softplus_dt(const ScanParams& p, const Int8Rows& dt, std::size_t row, std::size_t channel) {
    const float bias = p.dt_bias_scale * static_cast<float>(p.dt_bias[channel]);
    const auto code = static_cast<float>(dt.row(row)[channel]);
    return arith::softplus(arith::fma(dt.scale, code, bias), p.softplus);
}

/// s' = exp(A dt) s + ((B dt) u), with A = -exp(A_log).
float next_state(float s, float a_log, float dt, float b, float u) {
    const float a = -arith::exp(a_log);
    const float decay = arith::exp(a * dt);
    const float input = b * dt * u;  // left to right
    return arith::fma(s, decay, input);
}

void step_channel(const ScanParams& p, const ScanInput& in, std::size_t s, std::size_t channel,
                  const ScanOutput& output) {
    const std::size_t first_state = (s * p.channels + channel) * p.states;
    float* carry = output.carry + first_state;
    std::int8_t* state = output.state + first_state;
    const float u = u_of(p, in, s, channel);
    const float dt = softplus_dt(p, in.dt, s, channel);
    std::vector<float> c(p.states);
    for (std::size_t n = 0; n < p.states; ++n) {
        const auto a_code = static_cast<float>(p.a_log[channel * p.states + n]);
        const float state_scale = p.state_scale_of(channel, n);
        const float before = state_scale * static_cast<float>(state[n]);
        carry[n] = next_state(before, p.a_scale * a_code, dt, dequantize(in.b, s, n), u);
        c[n] = dequantize(in.c, s, n);
        state[n] = arith::quantize_rhe(carry[n] / state_scale);
    }
    const float d = p.d_scale * static_cast<float>(p.d[channel]);
    std::vector<float> terms(p.states);
    const float y =
        arith::fma(u, d, sum_of_products(carry, c.data(), p.states, p.sum, terms.data()));
    const float z = dequantize(in.z, s, channel);
    output.y[s * p.channels + channel] = arith::to_half(y * (z * arith::sigmoid(z)));
}

}  // namespace

void scan_step(const ScanParams& params, const ScanInput& input, std::size_t batch,
               const ScanOutput& output) {
    for (std::size_t s = 0; s < batch; ++s) {
#pragma omp parallel for schedule(static) if (worth_threads(params.channels * params.states))
        for (std::size_t channel = 0; channel < params.channels; ++channel) {
            step_channel(params, input, s, channel, output);
        }
    }
}

}  // namespace mambasic::golden
