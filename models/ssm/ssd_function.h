// Mamba2's state-space recurrence (SSD) in FP32 between int8 edges: the bits. One decay for each
// head and token; x and the state have a scale for each cell, B and C one for each SSD group.
// Prefill carries the state in FP32, rounds it to FP16 after the last token and then to int8;
// decode reads and writes the int8 state every token. The gate is the gated norm's.
// Not modelled: the chunked order of upstream's prefill, which golden has.
#pragma once

#include "golden/arithmetic.h"
#include "models/common/counts.h"
#include "models/nonlinear/nonlinear_config.h"
#include "models/ssm/ssm_config.h"
#include "models/ssm/ssm_function.h"

namespace mambasic::models {

/// Heads first_head .. first_head + heads of the layer; heads_per_group of them share B and C.
struct SsdShape {
    std::uint64_t sequences = 0;
    std::uint64_t tokens = 0;  // of each sequence, in this tile
    std::uint64_t heads = 0;
    std::uint64_t head_dim = 0;
    std::uint64_t states = 0;
    std::uint64_t heads_per_group = 1;
    std::uint64_t first_head = 0;

    std::uint64_t channels() const { return heads * head_dim; }
    std::uint64_t group_of(std::uint64_t head) const {
        return (first_head + head) / heads_per_group;
    }
    /// SSD groups that the tile's heads are in.
    std::uint64_t groups() const { return heads == 0 ? 0 : group_of(heads - 1) - group_of(0) + 1; }
    /// For what the scan and the SSD have in common: where states lie and move.
    SsmShape flat() const { return {sequences, tokens, channels(), states}; }
};

/// int8 operand: element (s, t, i) at data[s * sequence_stride + t * stride + i].
struct SsdOperand {
    const std::int8_t* data = nullptr;
    std::uint64_t stride = 0;
    std::uint64_t sequence_stride = 0;
};

/// Likewise of FP32 numbers.
struct SsdValues {
    const float* data = nullptr;
    std::uint64_t stride = 0;
    std::uint64_t sequence_stride = 0;
};

struct SsdWeights {  // from the tile's first head on
    const std::int8_t* a_log = nullptr;
    const std::int8_t* d = nullptr;
    const arith::Half* dt_bias = nullptr;
    float a_scale = 0;
    float d_scale = 0;
    float dt_scale = 0;
};

/// What the scale table gave; x_scales and cells from the tile's first channel on.
struct SsdScales {
    const float* x = nullptr;              // [channels]
    const float* b = nullptr;              // [SSD groups of the layer]
    const float* c = nullptr;              // [SSD groups of the layer]
    const float* state = nullptr;          // [cells of the layer][state_columns]
    const std::uint32_t* cells = nullptr;  // [channels]: row of `state`
    std::uint64_t state_columns = 1;       // states, or 1: the same for all states
};

struct SsdTile {
    SsdShape shape;
    bool decode = false;
    bool last_tile = false;        // prefill: quantize the carry into `state` after the last token
    SsdOperand x;                  // [channels], from the tile's first channel on
    SsdOperand dt;                 // [heads], from the tile's first head on
    SsdOperand b, c;               // [SSD groups of the layer][states]
    XInput x_in;                   // in place of x, where that is not int8
    SsdValues b_values, c_values;  // in place of b and c, where values()
    SsdWeights weights;
    SsdScales scales;
    arith::Softplus softplus = arith::Softplus::Log1p;
    float* carry = nullptr;        // [sequences][channels][states]; prefill in/out, decode out only
    std::int8_t* state = nullptr;  // [sequences][channels][states]; prefill out, decode in/out
    /// From one sequence's states to the next, where a tile is a part of the heads.
    std::uint64_t state_sequence_stride = 0;
    arith::Half* y = nullptr;  // from the tile's first channel on
    std::uint64_t y_stride = 0;
    std::uint64_t y_sequence_stride = 0;
};

Counts ssd_count(const SsmConfig& config, const SsdShape& shape, bool decode, bool last_tile,
                 const XInput& x = {});
Counts ssd_compute(const SsmConfig& config, const NonlinearConfig& nonlinear, const SsdTile& tile);

}  // namespace mambasic::models
