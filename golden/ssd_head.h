// What both orders of Mamba2's SSM do alike: ssm.md 3.0, 3.1, 3.6.
#pragma once

#include "golden/arithmetic.h"
#include "golden/ssd.h"

namespace mambasic::golden {

/// One head's constants.
struct SsdHead {
    SsdHead(const SsdParams& p, std::size_t head)
        : index(head),
          first_channel(head * p.head_dim),
          group(head / (p.heads / p.groups)),
          a(-arith::exp(p.a_scale * static_cast<float>(p.a_log[head]))),
          d(p.d_scale * static_cast<float>(p.d[head])),
          dt_bias(arith::from_half(p.dt_bias[head])) {}

    std::size_t index;
    std::size_t first_channel;
    std::size_t group;
    float a;  // -exp(A_log)
    float d;
    float dt_bias;
};

inline float ssd_dt(const SsdParams& p, const SsdHead& head, const Int8Rows& dt, std::size_t row) {
    const auto code = static_cast<float>(dt.row(row)[head.index]);
    return arith::softplus(arith::fma(dt.scale, code, head.dt_bias), p.softplus);
}

inline float ssd_x(const SsdParams& p, const SsdInput& in, std::size_t row, std::size_t channel) {
    return in.fp32_x ? in.fp32_x.row(row)[channel]
                     : p.scales->x(channel) * static_cast<float>(in.x.row(row)[channel]);
}

/// The scale of B or C, `scales` being either's.
inline float ssd_bc_scale(const SsdParams& p, const float* scales, std::size_t group) {
    return scales[p.bc_scales == 1 ? 0 : group];
}

/// The state codes that a prefill leaves: from the carry rounded to FP16. `carry` and `state` are
/// [head_dim][states] of the head.
inline void ssd_quantize_state(const SsdParams& p, const SsdHead& head, const float* carry,
                               std::int8_t* state) {
    for (std::size_t i = 0; i < p.head_dim * p.states; ++i) {
        const float scale = p.scales->state(head.first_channel + i / p.states, i % p.states);
        state[i] = arith::quantize_rhe(arith::from_half(arith::to_half(carry[i])) / scale);
    }
}

}  // namespace mambasic::golden
