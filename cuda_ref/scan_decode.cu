// Selective scan token by token (ssm.md 2.2): one thread per channel of a sequence. The state goes
// through int8 between tokens, and the gate multiplies by z sigmoid(z).
#include "cuda_ref/launch.h"
#include "cuda_ref/scan_element.cuh"
#include "cuda_ref/scan_launch.h"
#include "cuda_ref/tree_sum.cuh"

namespace mambasic::cuda_ref {

namespace {

constexpr unsigned kThreads = 64;

struct Decoder {  // one channel; its slices of the state and of the last FP32 state
    ScanChannel channel;
    std::int8_t* state;
    float* carry;
};

/// State n after this token: dequantize, update in FP32, requantize. Returns the FP32 state.
__device__ float step_state(const ScanJob& job, const Decoder& decoder, const ScanToken& token,
                            std::uint64_t row, unsigned n, float x) {
    const float scale = state_scale(job, decoder.channel.index, n);
    const float old = scale * static_cast<float>(decoder.state[n]);
    const float decay = arith::exp(-decay_rate(job, decoder.channel.index, n) * token.dt);
    const float input = read(job.b, job.b_scale, row, n) * token.dt * x;  // (B dt) x
    const float state = arith::fma(old, decay, input);
    decoder.state[n] = arith::quantize_rhe(state / scale);
    decoder.carry[n] = state;
    return state;
}

template <unsigned MaxStates>
__device__ float sum_states(const ScanJob& job, const Decoder& decoder, const ScanToken& token,
                            std::uint64_t row, float x) {
    const unsigned tree = job.sum.tree_width;
    float terms[MaxStates] = {};
    float sum = 0.0F;
    for (unsigned n = 0; n < job.states; ++n) {
        const float state = step_state(job, decoder, token, row, n, x);
        const float c = read(job.c, job.c_scale, row, n);
        if (tree == 0) {
            sum = arith::fma(state, c, sum);
        } else {
            terms[n] = state * c;
        }
    }
    return tree == 0 ? sum : tree_block_sum(terms, job.states, tree);
}

template <unsigned MaxStates>
__global__ void decode_channel(ScanJob job) {
    const std::uint64_t flat = std::uint64_t{blockIdx.x} * blockDim.x + threadIdx.x;
    if (flat >= job.batch * job.channels) return;
    const Decoder decoder{scan_channel(job, flat), job.state + flat * job.states,
                          job.carry + flat * job.states};
    const ScanChannel& channel = decoder.channel;
    for (std::uint64_t t = 0; t < job.tokens; ++t) {
        const std::uint64_t row = channel.sequence * job.tokens + t;
        const float x = read_u(job, channel.index, row);
        ScanToken token;
        token.dt = time_step(job, channel, row);
        const float sum = sum_states<MaxStates>(job, decoder, token, row, x);
        const float out = arith::fma(x, channel.d, sum);
        const float z = read(job.z, job.z_scale, row, channel.index);
        job.y[row * job.channels + channel.index] = arith::to_half(out * (z * arith::sigmoid(z)));
    }
}

}  // namespace

void launch_scan_decode(const ScanJob& job) {
    const std::uint64_t padded = job.sum.tree_width > job.states ? job.sum.tree_width : job.states;
    const auto kernel =
        padded <= kFewStates ? decode_channel<kFewStates> : decode_channel<kMaxStates>;
    launch(kernel, blocks_for(job.batch * job.channels, kThreads), kThreads, job);
}

}  // namespace mambasic::cuda_ref
