// What both orders of the prefill scan do for one channel at one token (ssm.md 1.2), with the
// channel's own scales (1.6).
#pragma once

#include <cuda_runtime.h>

#include "cuda_ref/jobs.h"

namespace mambasic::cuda_ref {

/// The numbers of one channel that hold for the whole prompt.
struct ScanChannel {
    std::uint64_t sequence;
    std::uint64_t index;
    float d;
    float dt_bias;
};

struct ScanToken {
    float dt = 0.0F;
    float du = 0.0F;   // dt * u
    float out = 0.0F;  // D * u, to which the states are added
};

__device__ inline float read(const Codes& codes, float scale, std::uint64_t row, std::uint64_t i) {
    return scale * static_cast<float>(codes.data[row * codes.stride + i]);
}

__device__ inline float read_u(const ScanJob& job, std::uint64_t channel, std::uint64_t row) {
    if (job.fp32_u.data != nullptr) return job.fp32_u.data[row * job.fp32_u.stride + channel];
    return read(job.u, job.u_scales[channel], row, channel);
}

__device__ inline float state_scale(const ScanJob& job, std::uint64_t channel, std::uint64_t n) {
    return job.state_scales[channel * job.states + n];
}

__device__ inline ScanChannel scan_channel(const ScanJob& job, std::uint64_t flat) {
    const std::uint64_t index = flat % job.channels;
    return {flat / job.channels, index, job.d_scale * static_cast<float>(job.d[index]),
            job.dt_bias_scale * static_cast<float>(job.dt_bias[index])};
}

/// exp(A_log): the decay rate of one state, without its minus sign.
__device__ inline float decay_rate(const ScanJob& job, std::uint64_t channel, std::uint64_t n) {
    return arith::exp(job.a_scale * static_cast<float>(job.a_log[channel * job.states + n]));
}

__device__ inline float time_step(const ScanJob& job, const ScanChannel& channel,
                                  std::uint64_t row) {
    const float code = job.dt.data[row * job.dt.stride + channel.index];
    return arith::softplus(arith::fma(job.dt_scale, code, channel.dt_bias), job.softplus);
}

__device__ inline ScanToken scan_token(const ScanJob& job, const ScanChannel& channel,
                                       std::uint64_t row) {
    const float u = read_u(job, channel.index, row);
    const float dt = time_step(job, channel, row);
    return {dt, dt * u, channel.d * u};
}

/// Prefill gates as (out z) / (1 + e^-z); decode multiplies by z sigmoid(z) instead.
__device__ inline void store_gated(const ScanJob& job, const ScanChannel& channel,
                                   std::uint64_t row, float out) {
    const float z = read(job.z, job.z_scale, row, channel.index);
    const float gated = (out * z) / (1.0F + arith::exp(-z));
    job.y[row * job.channels + channel.index] = arith::to_half(gated);
}

}  // namespace mambasic::cuda_ref
