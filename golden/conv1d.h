// Causal depthwise convolution of width 4, SiLU, quantize. Prefill and decode scale at different
// places, so they round differently, and Mamba2's decode differs from Mamba1's (kernels.md 1.2:
// "Q1 fwd channel-first", "Q1 update", "Q2 fwd", "Q2 update").
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "golden/group_scales.h"
#include "golden/int8_rows.h"

namespace mambasic::golden {

constexpr std::size_t kConvWidth = 4;

struct Conv1dParams {
    std::size_t channels = 0;
    const std::int8_t* weight = nullptr;  // [channels][4], tap 3 multiplies the newest sample
    const std::int8_t* bias = nullptr;    // [channels]
    float weight_scale = 0;
    float bias_scale = 0;
    float input_scale = 0;
    float output_scale = 0;
    const GroupScales* groups = nullptr;  // where given, output_scale is not read (ssm.md 1.6)
};

/// The scales of one of Mamba2's channels: those of its section, and the output scale looked up for
/// it.
struct ConvScales {
    float tap = 0;  // fl(weight scale * input scale)
    float bias = 0;
    float output = 0;
};

/// Mamba2: a set of scales for each channel.
struct Conv1dByChannel {
    const std::int8_t* weight = nullptr;  // [channels][4]
    const std::int8_t* bias = nullptr;    // [channels]
    std::vector<ConvScales> scales;       // [channels]
};

/// `batch` sequences of `tokens` samples, zeros before the first; output [batch *
/// tokens][channels]. state [batch][channels][4] receives the last four inputs, newest last, zeros
/// where there were fewer.
void conv1d_prefill(const Conv1dParams& params, const Int8Rows& x, std::size_t batch,
                    std::size_t tokens, std::int8_t* output, std::int8_t* state);
void conv1d_prefill(const Conv1dByChannel& params, const Int8Rows& x, std::size_t batch,
                    std::size_t tokens, std::int8_t* output, std::int8_t* state);

/// One new sample a sequence: shifts it into state [batch][channels][4]; output [batch][channels].
void conv1d_update(const Conv1dParams& params, const Int8Rows& x, std::size_t batch,
                   std::int8_t* output, std::int8_t* state);
void conv1d_update(const Conv1dByChannel& params, const Int8Rows& x, std::size_t batch,
                   std::int8_t* output, std::int8_t* state);

/// What conv1d_prefill quantizes: FP32, after SiLU, before the output scale.
void conv1d_prefill_fp32(const Conv1dParams& params, const Int8Rows& x, std::size_t batch,
                         std::size_t tokens, float* output);
void conv1d_prefill_fp32(const Conv1dByChannel& params, const Int8Rows& x, std::size_t batch,
                         std::size_t tokens, float* output);

/// What conv1d_update quantizes, from the state that it leaves.
void conv1d_update_fp32(const Conv1dParams& params, std::size_t batch, const std::int8_t* state,
                        float* output);
void conv1d_update_fp32(const Conv1dByChannel& params, std::size_t batch, const std::int8_t* state,
                        float* output);

}  // namespace mambasic::golden
