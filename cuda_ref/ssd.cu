// Mamba2's recurrence (ssm.md 4), token by token: one thread per channel of a sequence. A prompt
// keeps its state in FP32 and starts from zero; decode reads and leaves int8 codes at every token.
#include "cuda_ref/cuda_device.h"
#include "cuda_ref/launch.h"
#include "cuda_ref/ssd_element.cuh"
#include "cuda_ref/ssd_launch.h"
#include "cuda_ref/tree_sum.cuh"

namespace mambasic::cuda_ref {

namespace {

constexpr unsigned kThreads = 64;
constexpr unsigned kMaxTree = 256;

struct States {  // of one channel
    float* values;
    std::int8_t* codes;
    const float* scales;
    bool coded;  // decode: every token reads and leaves the codes
};

struct SsdToken {
    std::uint64_t row;
    float dt;
    float decay;
    float x;
};

/// State n after this token.
__device__ float next_state(const SsdJob& job, const SsdChannel& channel, const States& states,
                            const SsdToken& token, std::uint64_t n) {
    const float old =
        states.coded ? states.scales[n] * static_cast<float>(states.codes[n]) : states.values[n];
    const float input = b_at(job, channel.group, token.row, n) * token.dt * token.x;  // (B dt) x
    const float state = arith::fma(old, token.decay, input);
    states.values[n] = state;
    if (states.coded) states.codes[n] = arith::quantize_rhe(state / states.scales[n]);
    return state;
}

__device__ float sum_in_sequence(const SsdJob& job, const SsdChannel& channel, const States& states,
                                 const SsdToken& token) {
    float sum = 0.0F;
    for (std::uint64_t n = 0; n < job.states; ++n) {
        const float state = next_state(job, channel, states, token, n);
        sum = arith::fma(state, c_at(job, channel.group, token.row, n), sum);
    }
    return sum;
}

__device__ float sum_by_trees(const SsdJob& job, const SsdChannel& channel, const States& states,
                              const SsdToken& token) {
    const unsigned tree = job.sum.tree_width;
    float terms[kMaxTree];
    float sum = 0.0F;
    for (std::uint64_t first = 0; first < job.states; first += tree) {
        for (unsigned i = 0; i < tree; ++i) {
            const std::uint64_t n = first + i;
            terms[i] = n < job.states ? next_state(job, channel, states, token, n) *
                                            c_at(job, channel.group, token.row, n)
                                      : 0.0F;
        }
        const float block = tree_sum(terms, tree);
        sum = first == 0 ? block : sum + block;
    }
    return sum;
}

__global__ void ssd_channel_in_time(SsdJob job, bool decode) {
    const std::uint64_t channels = job.heads * job.head_dim;
    const std::uint64_t flat = std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x;
    if (flat >= job.batch * channels) return;
    const SsdChannel channel = ssd_channel(job, flat / channels, flat % channels);
    const States states{job.carry + flat * job.states, job.state + flat * job.states,
                        job.state_scales + channel.index * job.states, decode};
    for (std::uint64_t n = 0; n < job.states; ++n) states.values[n] = 0.0F;
    const float a = decay_of_head(job, channel.head);
    for (std::uint64_t t = 0; t < job.tokens; ++t) {
        const std::uint64_t row = channel.sequence * job.tokens + t;
        const float dt = ssd_time_step(job, channel.head, row);
        const SsdToken token{row, dt, arith::exp(a * dt), x_at(job, channel, row)};
        const float sum = job.sum.tree_width == 0 ? sum_in_sequence(job, channel, states, token)
                                                  : sum_by_trees(job, channel, states, token);
        store_with_skip(job, channel, row, sum);
    }
    if (decode) return;
    for (std::uint64_t n = 0; n < job.states; ++n) {
        states.codes[n] = cached_code(states.values[n], states.scales[n]);
    }
}

void launch_recurrence(const SsdJob& job, bool decode) {
    if (job.sum.tree_width > kMaxTree) {
        throw DeviceError("ssd: trees of " + std::to_string(job.sum.tree_width) +
                          " exceed the kernel's " + std::to_string(kMaxTree));
    }
    const std::uint64_t channels = job.batch * job.heads * job.head_dim;
    launch(ssd_channel_in_time, blocks_for(channels, kThreads), kThreads, job, decode);
}

/// The job with its operands on the GPU.
SsdJob stage(const SsdJob& job, bool reads_state, Staging& staging) {
    SsdJob on_gpu = job;
    const std::uint64_t rows = job.batch * job.tokens;
    const std::uint64_t channels = job.heads * job.head_dim;
    const std::uint64_t all_states = job.batch * channels * job.states;
    on_gpu.x = staging.input(job.x, rows);
    on_gpu.b = staging.input(job.b, rows);
    on_gpu.c = staging.input(job.c, rows);
    on_gpu.fp32_x = staging.input(job.fp32_x, rows);
    on_gpu.fp32_b = staging.input(job.fp32_b, rows);
    on_gpu.fp32_c = staging.input(job.fp32_c, rows);
    on_gpu.dt = staging.input(job.dt, rows);
    on_gpu.dt_bias = staging.input(job.dt_bias, job.heads);
    on_gpu.a_log = staging.input(job.a_log, job.heads);
    on_gpu.d = staging.input(job.d, job.heads);
    on_gpu.x_scales = staging.input(job.x_scales, channels);
    on_gpu.b_scales = staging.input(job.b_scales, job.groups);
    on_gpu.c_scales = staging.input(job.c_scales, job.groups);
    on_gpu.state_scales = staging.input(job.state_scales, channels * job.states);
    on_gpu.state =
        reads_state ? staging.in_out(job.state, all_states) : staging.output(job.state, all_states);
    on_gpu.carry = staging.output(job.carry, all_states);
    on_gpu.y = staging.output(job.y, rows * channels);
    return on_gpu;
}

}  // namespace

void CudaDevice::ssd_prefill(const SsdJob& job) {
    Staging staging;
    const SsdJob on_gpu = stage(job, false, staging);
    if (job.order == SsdOrder::Chunked) {
        launch_ssd_chunked(on_gpu, staging);
    } else {
        launch_recurrence(on_gpu, false);
    }
    staging.finish();
}

void CudaDevice::ssd_decode(const SsdJob& job) {
    Staging staging;
    launch_recurrence(stage(job, true, staging), true);
    staging.finish();
}

}  // namespace mambasic::cuda_ref
