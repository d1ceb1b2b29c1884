// Mamba2's SSM: int8 in, FP16 out, no gate. A prompt from zero state by the recurrence or in chunks
// (ssm.md 3), and one token with the int8 state in and out (ssm.md 4).
// Not modelled: upstream's TF32 products, its order of sums, approximate exponential and division.
#pragma once

#include <cstddef>
#include <cstdint>

#include "golden/arithmetic.h"
#include "golden/float_rows.h"
#include "golden/group_scales.h"
#include "golden/int8_rows.h"
#include "golden/options.h"
#include "golden/selective_scan.h"

namespace mambasic::golden {

struct SsdParams {
    std::size_t heads = 0;
    std::size_t head_dim = 0;
    std::size_t states = 0;
    std::size_t groups = 0;                // heads / groups heads share B and C
    const arith::Half* dt_bias = nullptr;  // [heads]
    const std::int8_t* a_log = nullptr;    // [heads]
    const std::int8_t* d = nullptr;        // [heads]
    float a_scale = 0;
    float d_scale = 0;
    const GroupScales* scales = nullptr;  // of x and of the state
    std::size_t bc_scales = 1;            // groups, or 1
    const float* b_scales = nullptr;      // [bc_scales]
    const float* c_scales = nullptr;
    SumOrder sum;  // of y over the states, but in chunks
    arith::Softplus softplus = arith::Softplus::Log1p;
    SsdOrder order = SsdOrder::Recurrent;  // prefill only
    std::size_t chunk = 0;                 // tokens, for the chunked order
};

/// Row (sequence, token) of each: x has a column a channel, b and c [groups][states], dt one a
/// head. Only dt's scale is used, the others are looked up.
struct SsdInput {
    Int8Rows x, b, c, dt;
    FloatRows fp32_x{}, fp32_b{}, fp32_c{};  // where given, x, b and c are not read; not in chunks
};

/// Starts from zero state; writes every element of `output`.
void ssd_prefill(const SsdParams& params, const SsdInput& input, std::size_t batch,
                 std::size_t tokens, const ScanOutput& output);

/// output.state is read and replaced; output.carry receives the FP32 state before it is quantized.
void ssd_step(const SsdParams& params, const SsdInput& input, std::size_t batch,
              const ScanOutput& output);

}  // namespace mambasic::golden
