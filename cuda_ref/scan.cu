// Selective scan of a prompt in time order (ssm.md 1.2): one thread per channel of a sequence, its
// states in registers.
#include "cuda_ref/cuda_device.h"
#include "cuda_ref/launch.h"
#include "cuda_ref/scan_element.cuh"
#include "cuda_ref/scan_launch.h"
#include "cuda_ref/tree_sum.cuh"

namespace mambasic::cuda_ref {

namespace {

constexpr unsigned kThreads = 64;

template <unsigned MaxStates>
struct Recurrence {
    float rate[MaxStates];
    float state[MaxStates];
};

/// One token through every state; the states' sum joins `token.out` one by one.
template <unsigned MaxStates>
__device__ float advance(const ScanJob& job, Recurrence<MaxStates>& r, const ScanToken& token,
                         std::uint64_t row) {
    float out = token.out;
#pragma unroll
    for (unsigned n = 0; n < MaxStates; ++n) {
        if (n >= job.states) break;
        const float a = arith::exp(-(r.rate[n] * token.dt));
        const float b = token.du * read(job.b, job.b_scale, row, n);
        r.state[n] = arith::fma(a, r.state[n], b);
        out = arith::fma(r.state[n], read(job.c, job.c_scale, row, n), out);
    }
    return out;
}

/// The same with the states' products rounded and summed by trees (a chip with state lanes).
template <unsigned MaxStates>
__device__ float advance_by_trees(const ScanJob& job, Recurrence<MaxStates>& r,
                                  const ScanToken& token, std::uint64_t row) {
    float terms[MaxStates] = {};
    for (unsigned n = 0; n < job.states; ++n) {
        const float a = arith::exp(-(r.rate[n] * token.dt));
        const float b = token.du * read(job.b, job.b_scale, row, n);
        r.state[n] = arith::fma(a, r.state[n], b);
        terms[n] = r.state[n] * read(job.c, job.c_scale, row, n);
    }
    return tree_block_sum(terms, job.states, job.sum.tree_width) + token.out;
}

template <unsigned MaxStates>
__global__ void scan_channel_in_time(ScanJob job) {
    const std::uint64_t flat = std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x;
    if (flat >= job.batch * job.channels) return;
    const ScanChannel channel = scan_channel(job, flat);
    Recurrence<MaxStates> r{};
    for (unsigned n = 0; n < job.states; ++n) r.rate[n] = decay_rate(job, channel.index, n);
    for (std::uint64_t t = 0; t < job.tokens; ++t) {
        const std::uint64_t row = channel.sequence * job.tokens + t;
        const ScanToken token = scan_token(job, channel, row);
        const float out = job.sum.tree_width == 0 ? advance(job, r, token, row)
                                                  : advance_by_trees(job, r, token, row);
        store_gated(job, channel, row, out);
    }
    for (unsigned n = 0; n < job.states; ++n) {
        job.carry[flat * job.states + n] = r.state[n];
        const float scale = state_scale(job, channel.index, n);
        job.state[flat * job.states + n] = arith::quantize_rha(r.state[n] / scale);
    }
}

void require_states_fit(const ScanJob& job) {
    const std::uint64_t tree = job.sum.tree_width == 0 ? 1 : job.sum.tree_width;
    if ((job.states + tree - 1) / tree * tree > kMaxStates) {
        throw DeviceError("scan: " + std::to_string(job.states) + " states in trees of " +
                          std::to_string(tree) + " exceed the kernel's " +
                          std::to_string(kMaxStates));
    }
}

void run_scan(void (*launch_kernel)(const ScanJob&), const ScanJob& job, bool reads_state) {
    require_states_fit(job);
    Staging staging;
    ScanJob on_gpu = job;
    const std::uint64_t rows = job.batch * job.tokens;
    const std::uint64_t all_states = job.batch * job.channels * job.states;
    on_gpu.u = staging.input(job.u, rows);
    on_gpu.fp32_u = staging.input(job.fp32_u, rows);
    on_gpu.dt = staging.input(job.dt, rows);
    on_gpu.b = staging.input(job.b, rows);
    on_gpu.c = staging.input(job.c, rows);
    on_gpu.z = staging.input(job.z, rows);
    on_gpu.a_log = staging.input(job.a_log, job.channels * job.states);
    on_gpu.d = staging.input(job.d, job.channels);
    on_gpu.dt_bias = staging.input(job.dt_bias, job.channels);
    on_gpu.u_scales = staging.input(job.u_scales, job.channels);
    on_gpu.state_scales = staging.input(job.state_scales, job.channels * job.states);
    on_gpu.state =
        reads_state ? staging.in_out(job.state, all_states) : staging.output(job.state, all_states);
    on_gpu.carry = staging.output(job.carry, all_states);
    on_gpu.y = staging.output(job.y, rows * job.channels);
    launch_kernel(on_gpu);
    staging.finish();
}

}  // namespace

void launch_scan_sequential(const ScanJob& job) {
    const std::uint64_t padded = job.sum.tree_width > job.states ? job.sum.tree_width : job.states;
    const auto kernel =
        padded <= kFewStates ? scan_channel_in_time<kFewStates> : scan_channel_in_time<kMaxStates>;
    launch(kernel, blocks_for(job.batch * job.channels, kThreads), kThreads, job);
}

void CudaDevice::scan_prefill(const ScanJob& job) {
    const bool cub = job.order == ScanOrder::Cub;
    run_scan(cub ? launch_scan_cub : launch_scan_sequential, job, false);
}

void CudaDevice::scan_decode(const ScanJob& job) { run_scan(launch_scan_decode, job, true); }

}  // namespace mambasic::cuda_ref
