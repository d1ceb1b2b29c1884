// What both orders of Mamba2's prefill, and its decode, compute alike (ssm.md 3, 4).
#pragma once

#include <cuda_runtime.h>

#include "cuda_ref/jobs.h"

namespace mambasic::cuda_ref {

/// One channel of one sequence.
struct SsdChannel {
    std::uint64_t sequence;
    std::uint64_t index;
    std::uint64_t head;
    std::uint64_t group;
};

__device__ inline SsdChannel ssd_channel(const SsdJob& job, std::uint64_t sequence,
                                         std::uint64_t index) {
    const std::uint64_t head = index / job.head_dim;
    return {sequence, index, head, head / (job.heads / job.groups)};
}

/// The value in column `column` of a row; of codes, what the one there stands for.
__device__ inline float value_at(const Values& values, const Codes& codes, float scale,
                                 std::uint64_t row, std::uint64_t column) {
    if (values.data != nullptr) return values.data[row * values.stride + column];
    return scale * static_cast<float>(codes.data[row * codes.stride + column]);
}

__device__ inline float x_at(const SsdJob& job, const SsdChannel& channel, std::uint64_t row) {
    return value_at(job.fp32_x, job.x, job.x_scales[channel.index], row, channel.index);
}

__device__ inline float b_at(const SsdJob& job, std::uint64_t group, std::uint64_t row,
                             std::uint64_t n) {
    return value_at(job.fp32_b, job.b, job.b_scales[group], row, group * job.states + n);
}

__device__ inline float c_at(const SsdJob& job, std::uint64_t group, std::uint64_t row,
                             std::uint64_t n) {
    return value_at(job.fp32_c, job.c, job.c_scales[group], row, group * job.states + n);
}

__device__ inline float ssd_time_step(const SsdJob& job, std::uint64_t head, std::uint64_t row) {
    const float code = job.dt.data[row * job.dt.stride + head];
    return arith::softplus(arith::fma(job.dt_scale, code, arith::from_half(job.dt_bias[head])),
                           job.softplus);
}

/// A, which is negative.
__device__ inline float decay_of_head(const SsdJob& job, std::uint64_t head) {
    return -arith::exp(job.a_scale * static_cast<float>(job.a_log[head]));
}

/// The skip joins the states' sum by fma, in every order.
__device__ inline void store_with_skip(const SsdJob& job, const SsdChannel& channel,
                                       std::uint64_t row, float sum) {
    const float d = job.d_scale * static_cast<float>(job.d[channel.head]);
    const float y = arith::fma(x_at(job, channel, row), d, sum);
    job.y[row * job.heads * job.head_dim + channel.index] = arith::to_half(y);
}

/// What a prompt leaves for the decode: the state goes through FP16 (ssm.md 3.6).
__device__ inline std::int8_t cached_code(float state, float scale) {
    return arith::quantize_rhe(arith::from_half(arith::to_half(state)) / scale);
}

}  // namespace mambasic::cuda_ref
