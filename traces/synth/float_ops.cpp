#include "traces/synth/float_ops.h"

#include <algorithm>
#include <cmath>

#include "golden/hadamard.h"
#include "traces/synth/quantize.h"
#include "traces/synth/threads.h"

namespace mambasic::traces::synth {

std::vector<float> columns(const std::vector<float>& values, std::size_t stride, std::size_t first,
                           std::size_t count) {
    std::vector<float> out;
    out.reserve(values.size() / stride * count);
    for (std::size_t row = 0; row < values.size(); row += stride) {
        const float* from = values.data() + row + first;
        out.insert(out.end(), from, from + count);
    }
    return out;
}

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

std::vector<float> float_conv(const FloatRows& in, const std::vector<float>& weight,
                              const std::vector<float>& bias, std::size_t history) {
    const std::size_t channels = bias.size();
    const std::size_t taps = weight.size() / channels;
    std::vector<float> u(in.rows * channels);
#pragma omp parallel for schedule(static) if (u.size() * taps >= kWorthThreads)
    for (std::size_t t = 0; t < in.rows; ++t) {
        for (std::size_t c = 0; c < channels; ++c) {
            const float* newest = in.x + t * in.stride + c;
            float sum = bias[c];
            for (std::size_t tap = 0; tap < taps; ++tap) {
                const std::size_t back = taps - 1 - tap;
                if (back > t + history) continue;
                sum += weight[c * taps + tap] * *(newest - back * in.stride);
            }
            u[t * channels + c] = half_rounded(arith::silu(sum));
        }
    }
    return u;
}

std::vector<float> float_conv_behind(std::vector<float> history, const std::vector<float>& rows,
                                     const std::vector<float>& weight,
                                     const std::vector<float>& bias) {
    const std::size_t channels = bias.size();
    const std::size_t before = history.size() / channels;
    history.insert(history.end(), rows.begin(), rows.end());
    return float_conv({history.data() + before * channels, channels, rows.size() / channels},
                      weight, bias, before);
}

void raise_to_means(const std::vector<float>& u, std::vector<float>& statistic) {
    const std::size_t channels = statistic.size();
    const std::size_t tokens = u.size() / channels;
    for (std::size_t c = 0; c < channels; ++c) {
        float sum = 0;
        for (std::size_t t = 0; t < tokens; ++t) sum += std::fabs(u[t * channels + c]);
        statistic[c] = std::max(statistic[c], sum / static_cast<float>(tokens));
    }
}

std::vector<float> float_hadamard(const std::vector<float>& y, std::size_t width,
                                  Rotation rotation) {
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
                const std::size_t r = i / length;
                const std::size_t entry =
                    rotation == Rotation::Forward ? r * factor + c : c * factor + r;
                sum += matrix[entry] * v[c * length + i % length];
            }
            out[row + i] = half_rounded(sum * scale);
        }
    }
    return out;
}

}  // namespace mambasic::traces::synth
