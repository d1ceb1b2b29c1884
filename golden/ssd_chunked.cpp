#include "golden/ssd_chunked.h"

#include <algorithm>
#include <vector>

#include "golden/parallel.h"
#include "golden/ssd_head.h"

namespace mambasic::golden {
namespace {

float through_half(float v) { return arith::from_half(arith::to_half(v)); }

/// Consecutive tokens of one sequence.
struct Chunk {
    std::size_t first_row = 0;
    std::size_t tokens = 0;
    std::vector<float> cb;  // [groups][tokens][tokens], of which the causal half is filled

    const float* cb_row(std::size_t group, std::size_t m) const {
        return cb.data() + (group * tokens + m) * tokens;
    }
};

/// 3.4: exact int8 products, scaled once.
void multiply_c_b(const SsdParams& p, const SsdInput& in, Chunk& chunk) {
    chunk.cb.resize(p.groups * chunk.tokens * chunk.tokens);
    const std::size_t rows = p.groups * chunk.tokens;
#pragma omp parallel for schedule(dynamic) if (worth_threads(rows * chunk.tokens * p.states))
    for (std::size_t i = 0; i < rows; ++i) {
        const std::size_t group = i / chunk.tokens;
        const std::size_t m = i % chunk.tokens;
        const float scale = ssd_bc_scale(p, p.c_scales, group) * ssd_bc_scale(p, p.b_scales, group);
        const std::int8_t* c = in.c.row(chunk.first_row + m) + group * p.states;
        for (std::size_t k = 0; k <= m; ++k) {
            const std::int8_t* b = in.b.row(chunk.first_row + k) + group * p.states;
            std::int32_t sum = 0;
            for (std::size_t n = 0; n < p.states; ++n) {
                sum += c[n] * b[n];
            }
            chunk.cb[i * chunk.tokens + k] = scale * static_cast<float>(sum);
        }
    }
}

/// One head's share of a chunk.
struct HeadChunk {
    HeadChunk(const SsdParams& params, const SsdInput& input, const SsdHead& h, const Chunk& c);

    const std::int8_t* b(std::size_t t) const { return in.b.row(row(t)) + head.group * p.states; }
    const std::int8_t* c(std::size_t t) const { return in.c.row(row(t)) + head.group * p.states; }
    std::size_t row(std::size_t t) const { return chunk.first_row + t; }

    const SsdParams& p;
    const SsdInput& in;
    const SsdHead& head;
    const Chunk& chunk;
    std::vector<float> dt;   // [tokens]
    std::vector<float> cum;  // [tokens], dA summed up to and with the token
    std::vector<float> x;    // [tokens][head_dim]
    std::vector<float> x16;  // x rounded to FP16
};

HeadChunk::HeadChunk(const SsdParams& params, const SsdInput& input, const SsdHead& h,
                     const Chunk& whole)
    : p(params), in(input), head(h), chunk(whole) {
    float sum = 0.0F;
    for (std::size_t t = 0; t < chunk.tokens; ++t) {
        dt.push_back(ssd_dt(p, head, in.dt, row(t)));
        sum += dt[t] * head.a;
        cum.push_back(sum);
        for (std::size_t i = 0; i < p.head_dim; ++i) {
            x.push_back(ssd_x(p, in, row(t), head.first_channel + i));
            x16.push_back(through_half(x.back()));
        }
    }
}

/// acc[i] += weight * row[i]; the operands are FP16 numbers, so the product is exact.
void add_scaled(float* acc, float weight, const float* row, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
        acc[i] += weight * row[i];
    }
}

/// What the tokens before the chunk give to token m: 3.5, first step. `passed` is the FP16 state
/// before the chunk, [states][head_dim].
void start_from_state(const HeadChunk& h, const std::vector<float>& passed, std::size_t m,
                      std::vector<float>& acc) {
    const float scale = ssd_bc_scale(h.p, h.p.c_scales, h.head.group);
    std::fill(acc.begin(), acc.end(), 0.0F);
    for (std::size_t n = 0; n < h.p.states; ++n) {
        const float c16 = through_half(scale * static_cast<float>(h.c(m)[n]));
        add_scaled(acc.data(), c16, passed.data() + n * acc.size(), acc.size());
    }
    const float decay = arith::exp(h.cum[m]);
    for (float& v : acc) {
        v *= decay;
    }
}

/// What the tokens of the chunk up to m give to it: 3.5, second step.
void add_chunk_tokens(const HeadChunk& h, std::size_t m, std::vector<float>& acc) {
    const float* cb = h.chunk.cb_row(h.head.group, m);
    for (std::size_t k = 0; k <= m; ++k) {
        const float w = cb[k] * arith::exp(h.cum[m] - h.cum[k]) * h.dt[k];  // left to right
        add_scaled(acc.data(), through_half(w), h.x16.data() + k * acc.size(), acc.size());
    }
}

void chunk_output(const HeadChunk& h, const std::vector<float>& passed, arith::Half* y) {
    std::vector<float> acc(h.p.head_dim);
    for (std::size_t m = 0; m < h.chunk.tokens; ++m) {
        start_from_state(h, passed, m, acc);
        add_chunk_tokens(h, m, acc);
        arith::Half* out = y + h.row(m) * h.p.heads * h.p.head_dim + h.head.first_channel;
        for (std::size_t i = 0; i < acc.size(); ++i) {
            out[i] = arith::to_half(arith::fma(h.x[m * acc.size() + i], h.head.d, acc[i]));
        }
    }
}

/// 3.2 and 3.3: s = exp(cum_last) s + S. `state` is [head_dim][states].
void advance_state(const HeadChunk& h, float* state) {
    const std::size_t states = h.p.states;
    std::vector<float> sum(h.p.head_dim * states, 0.0F);
    std::vector<float> b16(states);
    const float last = h.cum.back();
    const float scale = ssd_bc_scale(h.p, h.p.b_scales, h.head.group);
    for (std::size_t t = 0; t < h.chunk.tokens; ++t) {
        const float weight = arith::exp(last - h.cum[t]) * h.dt[t];
        for (std::size_t n = 0; n < states; ++n) {
            const float b = scale * static_cast<float>(h.b(t)[n]);
            b16[n] = through_half(b * weight);
        }
        for (std::size_t i = 0; i < h.p.head_dim; ++i) {
            const float x16 = h.x16[t * h.p.head_dim + i];
            add_scaled(sum.data() + i * states, x16, b16.data(), states);
        }
    }
    const float decay = arith::exp(last);
    for (std::size_t i = 0; i < sum.size(); ++i) {
        state[i] = arith::fma(decay, state[i], sum[i]);
    }
}

/// The state rounded to FP16 and transposed to [states][head_dim].
std::vector<float> passed_state(const SsdParams& p, const float* state) {
    std::vector<float> passed(p.head_dim * p.states);
    for (std::size_t i = 0; i < p.head_dim; ++i) {
        for (std::size_t n = 0; n < p.states; ++n) {
            passed[n * p.head_dim + i] = through_half(state[i * p.states + n]);
        }
    }
    return passed;
}

/// All heads over one chunk; `carry` is [heads][head_dim][states] of the sequence.
void run_chunk(const SsdParams& p, const SsdInput& in, const Chunk& chunk, float* carry,
               arith::Half* y) {
    const std::size_t elements = p.head_dim * p.states;
#pragma omp parallel for schedule(dynamic) if (worth_threads(p.heads * elements * chunk.tokens))
    for (std::size_t h = 0; h < p.heads; ++h) {
        const SsdHead head(p, h);
        const HeadChunk own(p, in, head, chunk);
        float* state = carry + h * elements;
        chunk_output(own, passed_state(p, state), y);
        advance_state(own, state);
    }
}

}  // namespace

void ssd_prefill_chunked(const SsdParams& params, const SsdInput& input, std::size_t batch,
                         std::size_t tokens, const ScanOutput& output) {
    const std::size_t elements = params.head_dim * params.states;
    for (std::size_t s = 0; s < batch; ++s) {
        float* carry = output.carry + s * params.heads * elements;
        for (std::size_t first = 0; first < tokens; first += params.chunk) {
            Chunk chunk;
            chunk.first_row = s * tokens + first;
            chunk.tokens = std::min(params.chunk, tokens - first);
            multiply_c_b(params, input, chunk);
            run_chunk(params, input, chunk, carry, output.y);
        }
        for (std::size_t h = 0; h < params.heads; ++h) {
            const std::size_t at = h * elements;
            ssd_quantize_state(params, SsdHead(params, h), carry + at,
                               output.state + s * params.heads * elements + at);
        }
    }
}

}  // namespace mambasic::golden
