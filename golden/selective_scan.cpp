#include "golden/selective_scan.h"

#include <vector>

#include "golden/parallel.h"
#include "golden/scan_order.h"
#include "golden/tree_sum.h"

namespace mambasic::golden {
namespace {

/// Dequantized columns of one sequence, [tokens][columns].
std::vector<float> dequantize(const Int8Rows& x, std::size_t first_row, std::size_t tokens,
                              std::size_t columns) {
    std::vector<float> values(tokens * columns);
    for (std::size_t t = 0; t < tokens; ++t) {
        const std::int8_t* row = x.row(first_row + t);
        for (std::size_t i = 0; i < columns; ++i) {
            values[t * columns + i] = x.scale * static_cast<float>(row[i]);
        }
    }
    return values;
}

/// One sequence; b and c are shared by its channels.
struct Sequence {
    std::size_t first_row = 0;
    std::size_t tokens = 0;
    std::vector<float> b, c;  // [tokens][states]
};

/// What a channel does with its own input, [tokens].
struct ChannelInput {
    std::vector<float> dt;
    std::vector<float> du;    // dt * u
    std::vector<float> skip;  // D * u
};

ChannelInput channel_input(const ScanParams& p, const ScanInput& in, const Sequence& sequence,
                           std::size_t channel) {
    const float d = p.d_scale * static_cast<float>(p.d[channel]);
    const float bias = p.dt_bias_scale * static_cast<float>(p.dt_bias[channel]);
    ChannelInput x;
    for (std::size_t t = 0; t < sequence.tokens; ++t) {
        const std::size_t row = sequence.first_row + t;
        const float u = u_of(p, in, row, channel);
        const auto dt_code = static_cast<float>(in.dt.row(row)[channel]);
        const float dt = arith::softplus(arith::fma(in.dt.scale, dt_code, bias), p.softplus);
        x.dt.push_back(dt);
        x.du.push_back(dt * u);
        x.skip.push_back(d * u);
    }
    return x;
}

/// a = exp(dt A) with A = -exp(A_log), b = (dt u) B.
Recurrence recurrence(const ScanParams& p, const Sequence& sequence, const ChannelInput& x,
                      std::size_t channel) {
    std::vector<float> a(p.states);
    for (std::size_t n = 0; n < p.states; ++n) {
        a[n] = -arith::exp(p.a_scale * static_cast<float>(p.a_log[channel * p.states + n]));
    }
    Recurrence r;
    r.tokens = sequence.tokens;
    r.states = p.states;
    r.a.resize(r.tokens * r.states);
    r.b.resize(r.tokens * r.states);
    r.y.resize(r.tokens * r.states);
    for (std::size_t t = 0; t < r.tokens; ++t) {
        const std::size_t row = t * r.states;
        for (std::size_t n = 0; n < r.states; ++n) {
            r.a[row + n] = arith::exp(a[n] * x.dt[t]);
            r.b[row + n] = x.du[t] * sequence.b[row + n];
        }
    }
    return r;
}

/// Sequential: from D u, states upwards by fma. Tree: the states first, then D u is added.
float output_of(const float* y, const float* c, float skip, std::size_t states, SumOrder sum) {
    if (sum.tree_width == 0) {
        float out = skip;
        for (std::size_t n = 0; n < states; ++n) {
            out = arith::fma(y[n], c[n], out);
        }
        return out;
    }
    std::vector<float> terms(states);
    for (std::size_t n = 0; n < states; ++n) {
        terms[n] = y[n] * c[n];
    }
    return tree_sum(terms.data(), states, sum.tree_width) + skip;
}

/// (out z) / (1 + e^-z): prefill multiplies first, decode does not.
arith::Half gate(float out, float z) {
    const float numerator = out * z;
    const float denominator = 1.0F + arith::exp(-z);
    return arith::to_half(numerator / denominator);
}

void scan_channel(const ScanParams& p, const ScanInput& in, const Sequence& sequence,
                  std::size_t channel, const ScanOutput& output) {
    const ChannelInput x = channel_input(p, in, sequence, channel);
    Recurrence r = recurrence(p, sequence, x, channel);
    if (p.order == ScanOrder::Sequential) {
        scan_sequential(r);
    } else {
        scan_cub(r);
    }
    for (std::size_t t = 0; t < r.tokens; ++t) {
        const std::size_t row = sequence.first_row + t;
        const float* y = r.y.data() + t * r.states;
        const float* c = sequence.c.data() + t * r.states;
        const float z = in.z.scale * static_cast<float>(in.z.row(row)[channel]);
        output.y[row * p.channels + channel] = gate(output_of(y, c, x.skip[t], r.states, p.sum), z);
    }
    const std::size_t sequence_index = sequence.first_row / sequence.tokens;
    const std::size_t first_state = (sequence_index * p.channels + channel) * p.states;
    for (std::size_t n = 0; n < p.states; ++n) {
        output.carry[first_state + n] = r.carry[n];
        output.state[first_state + n] =
            arith::quantize_rha(r.carry[n] / p.state_scale_of(channel, n));
    }
}

}  // namespace

void selective_scan(const ScanParams& params, const ScanInput& input, std::size_t batch,
                    std::size_t tokens, const ScanOutput& output) {
    for (std::size_t s = 0; s < batch; ++s) {
        Sequence sequence;
        sequence.first_row = s * tokens;
        sequence.tokens = tokens;
        sequence.b = dequantize(input.b, sequence.first_row, tokens, params.states);
        sequence.c = dequantize(input.c, sequence.first_row, tokens, params.states);
        const bool threads = worth_threads(tokens * params.channels * params.states);
#pragma omp parallel for schedule(static) if (threads)
        for (std::size_t channel = 0; channel < params.channels; ++channel) {
            scan_channel(params, input, sequence, channel, output);
        }
    }
}

}  // namespace mambasic::golden
