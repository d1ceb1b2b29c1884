// Whole layers and the model's two ends, in golden arithmetic. All activations are token-major:
// row (sequence, token) of [batch][tokens][channels].
#pragma once

#include <cstdint>
#include <vector>

#include "golden/options.h"
#include "golden/x_code.h"
#include "traces/mamba1.h"
#include "traces/mamba2.h"

namespace mambasic::golden {

using arith::Half;

/// What moves from token to token; zeros before a prefill.
struct LayerState {
    std::vector<std::int8_t> conv;  // [batch][conv channels][4], newest last
    std::vector<std::int8_t> ssm;   // [batch][E][N]
};

/// Every tensor that a layer makes, under the names of traces/FORMAT.md; empty where its family has
/// no such op.
struct LayerTensors {
    std::vector<float> residual;       // norm.residual       [rows][D]
    std::vector<std::int8_t> norm;     // norm.output         [rows][D]
    std::vector<std::int8_t> in_proj;  // in_proj.output      [rows][2E], or Mamba2's z, x, B, C, dt
    std::vector<std::int8_t> conv;     // conv1d.output       [rows][conv channels]; may be empty
    std::vector<std::int8_t> x_codes;  // conv1d.codes        [rows][E]
    std::vector<std::int8_t> x_flags;  // conv1d.flags        [rows][E], 0 or 1
    std::vector<float> values;  // conv1d.values       [rows][conv channels]; rotated: [rows][E]
    XCounts x_counts;           // of x_codes, or of rotated
    std::vector<std::int8_t> rotated;   // rotate.output       [rows][E]
    std::vector<float> unrotated;       // unrotate.output     [rows][E]
    std::vector<std::int8_t> x_proj;    // x_proj.output       [rows][R + 2N]
    std::vector<std::int8_t> dt_proj;   // dt_proj.output      [rows][E]
    std::vector<Half> scan;             // scan.output         [rows][E]
    std::vector<Half> gated_norm;       // gated_norm.output   [rows][E], Mamba2
    std::vector<std::int8_t> hadamard;  // had.output          [rows][E]
    std::vector<Half> out_proj;         // out_proj.output     [rows][D]
    std::vector<float> ssm_input;  // what the SSM multiplies, decoded [rows][conv channels]; of
                                   // int8 codes empty, but with Options::keep_ssm_input
    std::vector<float> carry;  // scan.carry          [batch][E][N], FP32 state after the last token
};

struct LayerInput {
    std::uint32_t batch = 0;
    std::uint32_t tokens = 0;         // 1 in decode
    const Half* hidden = nullptr;     // [batch][tokens][D]
    const float* residual = nullptr;  // null before layer 0
    float epsilon = 1e-5F;
};

/// A prompt from zero state; leaves conv and SSM state for the decode that follows.
void prefill_layer(const traces::Dims& dims, const traces::Mamba1Layer& layer,
                   const LayerInput& input, const Options& options, LayerTensors& out,
                   LayerState& state);
void prefill_layer(const traces::Dims& dims, const traces::Mamba2Layer& layer,
                   const LayerInput& input, const Options& options, LayerTensors& out,
                   LayerState& state);

/// One token of every sequence; state in and out.
void decode_layer(const traces::Dims& dims, const traces::Mamba1Layer& layer,
                  const LayerInput& input, const Options& options, LayerTensors& out,
                  LayerState& state);
void decode_layer(const traces::Dims& dims, const traces::Mamba2Layer& layer,
                  const LayerInput& input, const Options& options, LayerTensors& out,
                  LayerState& state);

/// FP16 [rows][D] for the tokens of `rows` rows.
std::vector<Half> embed(const traces::Dims& dims, const traces::Head& head,
                        const std::int32_t* tokens, std::uint64_t rows);

struct HeadTensors {
    std::vector<float> residual;    // norm_f.residual  [rows][D]
    std::vector<std::int8_t> norm;  // norm_f.output    [rows][D]
    std::vector<Half> logits;       // lm_head.output   [rows][vocab]
};

/// Final norm and LM head of `rows` rows (in prefill, the last token of each sequence).
HeadTensors run_head(const traces::Dims& dims, const traces::Head& head, const Half* hidden,
                     const float* residual, std::uint64_t rows, float epsilon,
                     const Options& options);

}  // namespace mambasic::golden
