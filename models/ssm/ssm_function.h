// Mamba1 selective scan in FP32 between int8 edges: the bits. Prefill carries the state in FP32 and
// quantizes it after the last token; decode reads and writes the int8 state every token and gates
// in another order. u and the states have one scale each, or one for each cell of a scale table.
// Spec: ssm.md 1.2, 1.4, 1.6, 2.2; orders: arithmetic.md "Orders".
#pragma once

#include "golden/arithmetic.h"
#include "models/common/counts.h"
#include "models/nonlinear/nonlinear_config.h"
#include "models/ssm/ssm_config.h"
#include "models/x_code/x_rows.h"

namespace mambasic::models {

struct SsmShape {
    std::uint64_t sequences = 0;
    std::uint64_t tokens = 0;  // of each sequence, in this tile
    std::uint64_t channels = 0;
    std::uint64_t states = 0;
};

/// int8 operand [sequence][token][...]: element (s, t, i) at data[s * sequence_stride + t * stride
/// + i].
struct SsmOperand {
    const std::int8_t* data = nullptr;
    std::uint64_t stride = 0;
    std::uint64_t sequence_stride = 0;
    float scale = 0;
};

struct SsmWeights {
    const std::int8_t* a_log = nullptr;    // [channels][states]
    const std::int8_t* d = nullptr;        // [channels]
    const std::int8_t* dt_bias = nullptr;  // [channels]
    float a_scale = 0;
    float d_scale = 0;
    float dt_bias_scale = 0;
    float state_scale = 0;
};

/// What the scale table gave, in place of u's and the states' one scale; from the tile's first
/// channel on.
struct SsmCellScales {
    const float* u = nullptr;              // [channels], of int8 codes
    const float* state = nullptr;          // [cells of the layer][states]
    const std::uint32_t* cells = nullptr;  // [channels]: row of `state`; null: there is no table
};

struct SsmTile {
    SsmShape shape;
    bool decode = false;
    bool last_tile = false;  // prefill: quantize the carry into `state` after the last token
    SsmOperand u, dt, b, c, z;
    XInput x_in;  // in place of u, where that is not int8; a uniform code is, with its own scale
    SsmWeights weights;
    SsmCellScales cells;
    arith::Softplus softplus = arith::Softplus::Log1p;
    float* carry = nullptr;        // [sequences][channels][states]; prefill in/out, decode out only
    std::int8_t* state = nullptr;  // [sequences][channels][states]; prefill out, decode in/out
    arith::Half* y = nullptr;
    std::uint64_t y_stride = 0;
    std::uint64_t y_sequence_stride = 0;
};

Counts ssm_count(const SsmShape& shape, bool decode, bool last_tile, const XInput& x = {});
Counts ssm_compute(const SsmConfig& config, const NonlinearConfig& nonlinear, const SsmTile& tile);

}  // namespace mambasic::models
