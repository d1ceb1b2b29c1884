#include "traces/synth/calibrate.h"

#include <cmath>

#include "golden/hadamard.h"
#include "traces/synth/float_gemm.h"
#include "traces/synth/threads.h"

namespace mambasic::traces::synth {

namespace {

std::vector<float> float_conv(const Dims& dims, const FloatLayer& layer,
                              const std::vector<float>& xz, std::size_t tokens) {
    const std::size_t channels = dims.d_inner;
    std::vector<float> u(tokens * channels);
    for (std::size_t t = 0; t < tokens; ++t) {
        for (std::size_t c = 0; c < channels; ++c) {
            float sum = layer.conv_bias[c];
            for (std::size_t tap = 0; tap < dims.d_conv; ++tap) {
                const std::size_t back = dims.d_conv - 1 - tap;
                if (back > t) continue;
                sum += layer.conv_weight[c * dims.d_conv + tap] * xz[(t - back) * 2 * channels + c];
            }
            u[t * channels + c] = half_rounded(arith::silu(sum));
        }
    }
    return u;
}

struct ScanViews {
    const FloatLayer& layer;
    const std::vector<float>& xz;
    const std::vector<float>& u;
    const std::vector<float>& dt_b_c;
    const std::vector<float>& delta;
    std::size_t tokens;
};

// One channel over time; `state` [N] starts at zero and ends as the state after the last token.
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

// fp16(H y / sqrt(E)), row by row.
std::vector<float> float_hadamard(const std::vector<float>& y, std::size_t width) {
    const std::size_t factor = golden::hadamard_factor(width);
    const std::size_t length = width / factor;
    const std::vector<float> matrix = golden::hadamard_matrix(factor);
    const float scale = 1.0F / std::sqrt(static_cast<float>(width));
    std::vector<float> out(y.size());
#pragma omp parallel for schedule(static) if (y.size() * factor >= kWorthThreads)
    for (std::size_t row = 0; row < y.size(); row += width) {
        std::vector<float> v(y.begin() + static_cast<std::ptrdiff_t>(row),
                             y.begin() + static_cast<std::ptrdiff_t>(row + width));
        for (std::size_t stride = 1; stride < length; stride *= 2) {
            for (std::size_t i = 0; i < width; ++i) {
                if ((i % length & stride) != 0) continue;
                const float low = v[i];
                v[i] = low + v[i + stride];
                v[i + stride] = low - v[i + stride];
            }
        }
        for (std::size_t i = 0; i < width; ++i) {
            float sum = 0;
            for (std::size_t c = 0; c < factor; ++c) {
                sum += matrix[i / length * factor + c] * v[c * length + i % length];
            }
            out[row + i] = half_rounded(sum * scale);
        }
    }
    return out;
}

}  // namespace

std::vector<float> float_norm(const std::vector<float>& weight, const Sample& rows) {
    const std::size_t width = weight.size();
    std::vector<float> out(rows.tokens * width);
    for (std::size_t t = 0; t < rows.tokens; ++t) {
        float* row = out.data() + t * width;
        float squares = 0;
        for (std::size_t i = 0; i < width; ++i) {
            row[i] = arith::from_half(rows.hidden[t * width + i]);
            if (rows.residual != nullptr) row[i] += rows.residual[t * width + i];
            squares += row[i] * row[i];
        }
        const float inverse = arith::rsqrt(squares / static_cast<float>(width) + rows.epsilon);
        for (std::size_t i = 0; i < width; ++i) row[i] = half_rounded(row[i] * inverse * weight[i]);
    }
    return out;
}

std::vector<float> calibrate(const Dims& dims, const FloatLayer& layer, const Sample& sample,
                             LayerObservers& observers) {
    const std::size_t tokens = sample.tokens;
    const std::vector<float> normed = float_norm(layer.norm, sample);
    observers.in_proj_input.observe(normed.data(), normed.size());
    const std::vector<float> xz =
        float_gemm(normed.data(), dims.d_model, tokens, layer.in_proj, dims.d_model);
    observers.in_proj_output.observe(xz.data(), xz.size());
    const std::vector<float> u = float_conv(dims, layer, xz, tokens);
    observers.x_proj_input.observe(u.data(), u.size());
    const std::vector<float> dt_b_c =
        float_gemm(u.data(), dims.d_inner, tokens, layer.x_proj, dims.d_inner);
    observers.x_proj_output.observe(dt_b_c.data(), dt_b_c.size());
    const std::vector<float> delta =
        float_gemm(dt_b_c.data(), dims.x_proj_width(), tokens, layer.dt_proj, dims.dt_rank);
    observers.dt_proj_output.observe(delta.data(), delta.size());

    std::vector<float> state(std::size_t{dims.d_inner} * dims.d_state, 0.0F);
    std::vector<float> y(tokens * dims.d_inner);
    const ScanViews views{layer, xz, u, dt_b_c, delta, tokens};
#pragma omp parallel for schedule(static) if (y.size() * dims.d_state >= kWorthThreads)
    for (std::size_t channel = 0; channel < dims.d_inner; ++channel) {
        scan_channel(dims, views, channel, state.data() + channel * dims.d_state, y);
    }
    observers.ssm_state.observe(state.data(), state.size());
    const std::vector<float> rotated = float_hadamard(y, dims.d_inner);
    observers.out_proj_input.observe(rotated.data(), rotated.size());
    return y;
}

}  // namespace mambasic::traces::synth
