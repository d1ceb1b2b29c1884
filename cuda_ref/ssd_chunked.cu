// Mamba2's prefill in upstream's five steps (ssm.md 3.1 to 3.5), a kernel each but for 3.2 and 3.3,
// which one thread per state does together: it walks the chunks anyway.
#include "cuda_ref/launch.h"
#include "cuda_ref/ssd_element.cuh"
#include "cuda_ref/ssd_launch.h"

namespace mambasic::cuda_ref {

namespace {

constexpr unsigned kThreads = 128;

/// What one step leaves for the next.
struct Steps {
    std::uint64_t chunk;   // tokens; the last chunk of a prompt may be shorter
    std::uint64_t chunks;  // of a sequence
    float* dt;             // [rows][heads]
    float* cum;            // [rows][heads]: the decay's exponent since the chunk's first token
    Half* before;          // [batch][chunks][channels][states]: the state that a chunk starts from
    float* cb;             // [rows][groups][chunk]
};

struct Span {  // of a chunk: rows of the whole batch
    std::uint64_t first;
    std::uint64_t end;
};

__device__ std::uint64_t my_item() { return std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x; }

__device__ Span span_of(const SsdJob& job, const Steps& steps, std::uint64_t sequence,
                        std::uint64_t chunk) {
    const std::uint64_t first = chunk * steps.chunk;
    const std::uint64_t end = first + steps.chunk < job.tokens ? first + steps.chunk : job.tokens;
    return {sequence * job.tokens + first, sequence * job.tokens + end};
}

__device__ float through_half(float value) { return arith::from_half(arith::to_half(value)); }

/// 3.1, a thread per head of a chunk.
__global__ void sum_decays(SsdJob job, Steps steps) {
    const std::uint64_t item = my_item();
    if (item >= job.batch * steps.chunks * job.heads) return;
    const std::uint64_t head = item % job.heads;
    const std::uint64_t chunk = item / job.heads;
    const Span span = span_of(job, steps, chunk / steps.chunks, chunk % steps.chunks);
    const float a = decay_of_head(job, head);
    float sum = 0.0F;
    for (std::uint64_t row = span.first; row < span.end; ++row) {
        const float dt = ssd_time_step(job, head, row);
        sum += dt * a;
        steps.dt[row * job.heads + head] = dt;
        steps.cum[row * job.heads + head] = sum;
    }
}

/// 3.2: what the tokens of one chunk add to state n of a channel.
__device__ float chunk_state(const SsdJob& job, const Steps& steps, const SsdChannel& channel,
                             const Span& span, std::uint64_t n) {
    const float last = steps.cum[(span.end - 1) * job.heads + channel.head];
    float sum = 0.0F;
    for (std::uint64_t row = span.first; row < span.end; ++row) {
        const std::uint64_t at = row * job.heads + channel.head;
        const float weight = arith::exp(last - steps.cum[at]) * steps.dt[at];
        const float b = through_half(b_at(job, channel.group, row, n) * weight);
        sum += through_half(x_at(job, channel, row)) * b;
    }
    return sum;
}

/// 3.2, 3.3 and 3.6, a thread per state.
__global__ void pass_states(SsdJob job, Steps steps) {
    const std::uint64_t channels = job.heads * job.head_dim;
    const std::uint64_t item = my_item();
    if (item >= job.batch * channels * job.states) return;
    const std::uint64_t n = item % job.states;
    const std::uint64_t flat = item / job.states;
    const SsdChannel channel = ssd_channel(job, flat / channels, flat % channels);
    float state = 0.0F;
    for (std::uint64_t chunk = 0; chunk < steps.chunks; ++chunk) {
        const Span span = span_of(job, steps, channel.sequence, chunk);
        const std::uint64_t place = channel.sequence * steps.chunks + chunk;
        steps.before[(place * channels + channel.index) * job.states + n] = arith::to_half(state);
        const float decay = arith::exp(steps.cum[(span.end - 1) * job.heads + channel.head]);
        state = arith::fma(decay, state, chunk_state(job, steps, channel, span, n));
    }
    job.carry[item] = state;
    job.state[item] = cached_code(state, job.state_scales[channel.index * job.states + n]);
}

/// 3.4, a thread per pair of tokens of a chunk, for each SSD group.
__global__ void multiply_c_b(SsdJob job, Steps steps) {
    const std::uint64_t item = my_item();
    if (item >= job.batch * job.tokens * job.groups * steps.chunk) return;
    const std::uint64_t k = item % steps.chunk;
    const std::uint64_t group = item / steps.chunk % job.groups;
    const std::uint64_t row = item / steps.chunk / job.groups;
    const std::uint64_t m = row % job.tokens % steps.chunk;
    if (k > m) return;  // no token sees a later one
    const std::int8_t* c = job.c.data + row * job.c.stride + group * job.states;
    const std::int8_t* b = job.b.data + (row - m + k) * job.b.stride + group * job.states;
    int acc = 0;
    for (std::uint64_t n = 0; n < job.states; ++n) acc += c[n] * b[n];
    steps.cb[item] = job.c_scales[group] * job.b_scales[group] * static_cast<float>(acc);
}

/// 3.5, 1: what the state before the chunk says.
__device__ float from_before(const SsdJob& job, const Steps& steps, const SsdChannel& channel,
                             std::uint64_t row) {
    const std::uint64_t channels = job.heads * job.head_dim;
    const std::uint64_t chunk = row % job.tokens / steps.chunk;
    const std::uint64_t place = channel.sequence * steps.chunks + chunk;
    const Half* before = steps.before + (place * channels + channel.index) * job.states;
    float acc = 0.0F;
    for (std::uint64_t n = 0; n < job.states; ++n) {
        acc += through_half(c_at(job, channel.group, row, n)) * arith::from_half(before[n]);
    }
    return acc * arith::exp(steps.cum[row * job.heads + channel.head]);
}

/// 3.5, a thread per output.
__global__ void add_up_outputs(SsdJob job, Steps steps) {
    const std::uint64_t channels = job.heads * job.head_dim;
    const std::uint64_t item = my_item();
    if (item >= job.batch * job.tokens * channels) return;
    const std::uint64_t row = item / channels;
    const SsdChannel channel = ssd_channel(job, row / job.tokens, item % channels);
    const float* cb = steps.cb + (row * job.groups + channel.group) * steps.chunk;
    const std::uint64_t first = row - row % job.tokens % steps.chunk;
    const float cum = steps.cum[row * job.heads + channel.head];
    float acc = from_before(job, steps, channel, row);
    for (std::uint64_t k = first; k <= row; ++k) {
        const std::uint64_t at = k * job.heads + channel.head;
        const float decayed = cb[k - first] * arith::exp(cum - steps.cum[at]);
        acc += through_half(decayed * steps.dt[at]) * through_half(x_at(job, channel, k));
    }
    store_with_skip(job, channel, row, acc);
}

void launch_items(void (*kernel)(SsdJob, Steps), const SsdJob& job, const Steps& steps,
                  std::uint64_t items) {
    launch(kernel, blocks_for(items, kThreads), kThreads, job, steps);
}

}  // namespace

void launch_ssd_chunked(const SsdJob& job, Staging& staging) {
    const std::uint64_t rows = job.batch * job.tokens;
    const std::uint64_t all_states = job.batch * job.heads * job.head_dim * job.states;
    Steps steps{};
    steps.chunk = job.chunk < job.tokens ? job.chunk : job.tokens;
    steps.chunks = (job.tokens + steps.chunk - 1) / steps.chunk;
    steps.dt = staging.scratch<float>(rows * job.heads);
    steps.cum = staging.scratch<float>(rows * job.heads);
    steps.before = staging.scratch<Half>(all_states * steps.chunks);
    steps.cb = staging.scratch<float>(rows * job.groups * steps.chunk);
    launch_items(sum_decays, job, steps, job.batch * steps.chunks * job.heads);
    launch_items(pass_states, job, steps, all_states);
    launch_items(multiply_c_b, job, steps, rows * job.groups * steps.chunk);
    launch_items(add_up_outputs, job, steps, rows * job.heads * job.head_dim);
}

}  // namespace mambasic::cuda_ref
