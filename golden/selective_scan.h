// Mamba1 selective scan over a prompt: int8 in, FP16 out, and the int8 state that decode starts
// from. Spec: ssm.md 1.2 (elements), 1.3 (order), 1.4 (state); contract: arithmetic.md.
// Not modelled: upstream's flush of subnormals, its approximate exponential and division.
#pragma once

#include <cstddef>
#include <cstdint>

#include "golden/arithmetic.h"
#include "golden/float_rows.h"
#include "golden/group_scales.h"
#include "golden/int8_rows.h"
#include "golden/options.h"

namespace mambasic::golden {

struct ScanParams {
    std::size_t channels = 0;
    std::size_t states = 0;
    const std::int8_t* a_log = nullptr;    // [channels][states]
    const std::int8_t* d = nullptr;        // [channels]
    const std::int8_t* dt_bias = nullptr;  // [channels]
    float a_scale = 0;
    float d_scale = 0;
    float dt_bias_scale = 0;
    float state_scale = 0;
    ScanOrder order = ScanOrder::Sequential;  // prefill only
    SumOrder sum;                             // of y over the states
    arith::Softplus softplus = arith::Softplus::Log1p;
    /// Where given, it has the scales of u and of the state (ssm.md 1.6); state_scale and the scale
    /// of the codes u are not read.
    const GroupScales* groups = nullptr;

    float state_scale_of(std::size_t channel, std::size_t n) const {
        return groups == nullptr ? state_scale : groups->state(channel, n);
    }
};

/// Row (sequence, token) of each; u, dt and z have a column a channel, b and c one a state.
struct ScanInput {
    Int8Rows u, dt, b, c, z;
    FloatRows fp32_u{};  // where given, u is not read
};

/// What channel `channel` reads of the convolution in row `row`.
inline float u_of(const ScanParams& params, const ScanInput& input, std::size_t row,
                  std::size_t channel) {
    if (input.fp32_u) {
        return input.fp32_u.row(row)[channel];
    }
    const float scale = params.groups == nullptr ? input.u.scale : params.groups->x(channel);
    return scale * static_cast<float>(input.u.row(row)[channel]);
}

struct ScanOutput {
    arith::Half* y = nullptr;      // [batch * tokens][channels]
    float* carry = nullptr;        // [batch][channels][states], FP32 state after the last token
    std::int8_t* state = nullptr;  // [batch][channels][states]
};

/// Starts from zero state; writes every element of `output`.
void selective_scan(const ScanParams& params, const ScanInput& input, std::size_t batch,
                    std::size_t tokens, const ScanOutput& output);

}  // namespace mambasic::golden
