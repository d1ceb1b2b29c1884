#include "golden/ssd.h"

#include <algorithm>
#include <vector>

#include "golden/parallel.h"
#include "golden/ssd_chunked.h"
#include "golden/ssd_head.h"
#include "golden/sums.h"

namespace mambasic::golden {
namespace {

/// One head's tokens, one after another.
class HeadRun {
public:
    HeadRun(const SsdParams& params, const SsdInput& input, const SsdHead& head)
        : p_(params), in_(input), head_(head), db_(p_.states), c_(p_.states), terms_(p_.states) {}

    /// s' = dA s + (B dt) x, y = C s' + D x. `state` is [head_dim][states].
    void step(std::size_t row, float* state, arith::Half* y) {
        const float dt = ssd_dt(p_, head_, in_.dt, row);
        const float decay = arith::exp(head_.a * dt);
        load_b_and_c(row, dt);
        for (std::size_t i = 0; i < p_.head_dim; ++i) {
            const std::size_t channel = head_.first_channel + i;
            const float x = ssd_x(p_, in_, row, channel);
            float* s = state + i * p_.states;
            for (std::size_t n = 0; n < p_.states; ++n) {
                s[n] = arith::fma(s[n], decay, db_[n] * x);
            }
            const float sum = sum_of_products(s, c_.data(), p_.states, p_.sum, terms_.data());
            y[row * p_.heads * p_.head_dim + channel] = arith::to_half(arith::fma(x, head_.d, sum));
        }
    }

private:
    void load_b_and_c(std::size_t row, float dt) {
        const std::size_t first = head_.group * p_.states;
        if (in_.fp32_b) {
            std::copy_n(in_.fp32_b.row(row) + first, p_.states, db_.begin());
            std::copy_n(in_.fp32_c.row(row) + first, p_.states, c_.begin());
        } else {
            dequantize(in_.b.row(row) + first, ssd_bc_scale(p_, p_.b_scales, head_.group), db_);
            dequantize(in_.c.row(row) + first, ssd_bc_scale(p_, p_.c_scales, head_.group), c_);
        }
        for (float& b : db_) {
            b *= dt;
        }
    }

    static void dequantize(const std::int8_t* codes, float scale, std::vector<float>& values) {
        for (std::size_t n = 0; n < values.size(); ++n) {
            values[n] = scale * static_cast<float>(codes[n]);
        }
    }

    const SsdParams& p_;
    const SsdInput& in_;
    const SsdHead& head_;
    std::vector<float> db_;     // B dt of the token
    std::vector<float> c_;      // C of the token
    std::vector<float> terms_;  // room for a sum's products
};

void prefill_head(const SsdParams& p, const SsdInput& in, const SsdHead& head,
                  std::size_t first_row, std::size_t tokens, const ScanOutput& output) {
    HeadRun run(p, in, head);
    for (std::size_t t = 0; t < tokens; ++t) {
        run.step(first_row + t, output.carry, output.y);
    }
    ssd_quantize_state(p, head, output.carry, output.state);
}

void decode_head(const SsdParams& p, const SsdInput& in, const SsdHead& head, std::size_t row,
                 const ScanOutput& output) {
    std::vector<float> scale(p.head_dim * p.states);
    for (std::size_t i = 0; i < scale.size(); ++i) {
        scale[i] = p.scales->state(head.first_channel + i / p.states, i % p.states);
        output.carry[i] = scale[i] * static_cast<float>(output.state[i]);
    }
    HeadRun(p, in, head).step(row, output.carry, output.y);
    for (std::size_t i = 0; i < scale.size(); ++i) {
        output.state[i] = arith::quantize_rhe(output.carry[i] / scale[i]);
    }
}

/// `output` with carry and state moved to one head of one sequence.
ScanOutput of_head(const SsdParams& p, const ScanOutput& output, std::size_t sequence,
                   std::size_t head) {
    const std::size_t first = (sequence * p.heads + head) * p.head_dim * p.states;
    return {output.y, output.carry + first, output.state + first};
}

}  // namespace

void ssd_prefill(const SsdParams& params, const SsdInput& input, std::size_t batch,
                 std::size_t tokens, const ScanOutput& output) {
    const std::size_t elements = params.heads * params.head_dim * params.states;
    std::fill_n(output.carry, batch * elements, 0.0F);
    if (params.order == SsdOrder::Chunked) {
        ssd_prefill_chunked(params, input, batch, tokens, output);
        return;
    }
    const std::size_t heads = batch * params.heads;
#pragma omp parallel for schedule(dynamic) if (worth_threads(heads * tokens * elements))
    for (std::size_t i = 0; i < heads; ++i) {
        const std::size_t sequence = i / params.heads;
        const SsdHead head(params, i % params.heads);
        prefill_head(params, input, head, sequence * tokens, tokens,
                     of_head(params, output, sequence, head.index));
    }
}

void ssd_step(const SsdParams& params, const SsdInput& input, std::size_t batch,
              const ScanOutput& output) {
    const std::size_t heads = batch * params.heads;
#pragma omp parallel for schedule( \
    static) if (worth_threads(heads * params.head_dim * params.states))
    for (std::size_t i = 0; i < heads; ++i) {
        const SsdHead head(params, i % params.heads);
        const std::size_t sequence = i / params.heads;
        decode_head(params, input, head, sequence, of_head(params, output, sequence, head.index));
    }
}

}  // namespace mambasic::golden
