// Mamba1 selective scan over a prompt: int8 in, FP16 out, and the int8 state that decode starts
// from. Spec: ssm.md 1.2 (elements), 1.3 (order), 1.4 (state); contract: arithmetic.md.
// Not modelled: upstream's flush of subnormals, its approximate exponential and division.
#pragma once

#include <cstddef>
#include <cstdint>

#include "golden/arithmetic.h"
#include "golden/float_rows.h"
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
};

/// Row (sequence, token) of each; u, dt and z have a column a channel, b and c one a state.
struct ScanInput {
    Int8Rows u, dt, b, c, z;
    FloatRows fp32_u{};  // where given, u is not read

    float u_of(std::size_t row, std::size_t channel) const {
        return fp32_u ? fp32_u.row(row)[channel]
                      : u.scale * static_cast<float>(u.row(row)[channel]);
    }
};

struct ScanOutput {
    arith::Half* y = nullptr;      // [batch * tokens][channels]
    float* carry = nullptr;        // [batch][channels][states], FP32 state after the last token
    std::int8_t* state = nullptr;  // [batch][channels][states]
};

/// Starts from zero state; writes every element of `output`.
void selective_scan(const ScanParams& params, const ScanInput& input, std::size_t batch,
                    std::size_t tokens, const ScanOutput& output);

}  // namespace mambasic::golden
